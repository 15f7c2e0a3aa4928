/**
 * The port: the asynchronous persistent queue, the same ordered, durable list of messages at every process of a group, whichever
 * crashes and comes back (Vieira and Buzato, section 3). What stands here binds every engine; `spec/queue/compliance.ts` shows
 * it of each.
 *
 * What every engine owes: all processes get the same messages in the same order, each once, whatever is put twice on the way.
 * What was acknowledged is never lost, and comes back after a restart of all. The messages of one process come in the order of
 * its calls. An engine that has stopped, closed by its owner or for a cause, says so to every caller that waits: none waits
 * for ever.
 */
import type { Checkpoint } from '../model/checkpoint.js';
import type { Position, ProcessId } from '../model/ids.js';
import type { ParticipantFacts } from './facts.js';
import type { QueueMessage } from './reader.js';
import type { StateHolder } from './state-holder.js';

/** The asynchronous persistent queue, as applications and state machines see it, whatever engine is behind it. */
export interface Queue extends AsyncIterable<QueueMessage> {
  /** The name of the queue, the same at every process of its group. */
  readonly queueId: string;

  /** This process, as `origin` names it at all others. */
  readonly processId: ProcessId;

  /** What the processes of the group publish of themselves. */
  readonly facts: ParticipantFacts;

  /** Resolves when the owner has closed the queue and all is released; rejects with the cause when it had to stop by itself. */
  readonly closed: Promise<void>;

  /**
   * Appends a message, and resolves with its position once it is ordered and durable. While too much is pending it waits for
   * room first. `value` is anything that the codec carries: bytes travel as they are, all else as a copy, both of them as of the
   * call. Encoded, with a head of one byte, it may have 64 MiB.
   * @throws TreplicaError NOT_SERIALIZABLE and CLASS_NOT_REGISTERED for what cannot be carried, MESSAGE_TOO_LARGE, QUEUE_CLOSED or,
   * where the holder that the
   * queue is bound to accepts only its own, QUEUE_BOUND: nothing was put. UnknownOutcomeError when the queue stops before
   * the message is known to be ordered.
   */
  put(value: unknown): Promise<Position>;

  /**
   * As `put`, for the state holder that is bound, with a message of 0 bytes to 64 MiB as it is, which must not be changed
   * afterwards; its first byte says what follows, see `MessageHead`: the ticket comes back to it with the message, at this process and this start of it alone, or
   * when the queue stops. Returns a promise only where there is no room: nothing was taken then; wait for it, and submit the
   * very same message again at once. Callers that wait come before later ones. The promise rejects with QUEUE_CLOSED when the
   * queue stops.
   * @throws TreplicaError QUEUE_CLOSED, MESSAGE_TOO_LARGE, INVALID_OPTION for what is no message, or QUEUE_BOUND where the
   * holder does not accept the ticket. Nothing was put.
   */
  submit(message: Uint8Array, ticket: unknown): Promise<void> | undefined;

  /**
   * The next value that was put, from the first one that the group has ever ordered; each is given once, and callers are served first
   * come, first served. What was not put as a value, such as an operation of a state machine, is passed over. A queue is read
   * either so or by the state holder that it is bound to.
   * @throws TreplicaError QUEUE_CLOSED, also when the queue stops before there is a message; QUEUE_BOUND; CLASS_NOT_REGISTERED or
   * MALFORMED_BYTES for a message that this process cannot read: the next call gives the one after it.
   */
  get(): Promise<QueueMessage>;

  /**
   * All messages, as `get` gives them; ends when the owner closes the queue.
   * @throws TreplicaError QUEUE_CLOSED where the queue stops for a cause; QUEUE_BOUND.
   */
  [Symbol.asyncIterator](): AsyncGenerator<QueueMessage, void, undefined>;

  /**
   * Hands every message to `holder` from now on: from the first one on, or from where a checkpoint ends whose state it gives to
   * the holder's keeper before. Resolves when the holder has been given everything that was decided, as far as this
   * process knew, at the time of the call; rejects where the queue stops before, as it does when the holder throws.
   * @throws TreplicaError QUEUE_BOUND where it is bound or read already; QUEUE_CLOSED; INVALID_OPTION for what is no holder, or
   * has async methods.
   */
  bind(holder: StateHolder): Promise<void>;

  /**
   * Resolves once everything that was acknowledged anywhere before the call has been handed over here: what is read from the
   * state afterwards is linearizable. Where `signal` aborts before, rejects with its reason and keeps nothing for the call.
   * @throws TreplicaError QUEUE_CLOSED.
   */
  sync(signal?: AbortSignal): Promise<void>;

  /**
   * Saves the state of the bound holder now and resolves when it is durable: a restart goes on from there.
   * @throws TreplicaError what makes it impossible to save the state, as NOT_SERIALIZABLE or CLASS_NOT_REGISTERED;
   * LEDGER_FAILED where it cannot be stored; QUEUE_CLOSED, also where nothing is bound whose state can be saved.
   */
  checkpoint(): Promise<Checkpoint>;

  /**
   * Calls back once after `ms` milliseconds, at most 2³¹ − 1, of the clock that the queue runs by, unless the returned function
   * is called before: for holders that limit a wait.
   */
  after(ms: number, callback: () => void): () => void;

  /**
   * Stops taking part, and releases all that the queue holds. All callers that wait are told: a `put` that may have been ordered with
   * UnknownOutcomeError, all else with QUEUE_CLOSED; the holder by `stopped`, once, with the tickets whose messages may have
   * been ordered. From the call on, nothing is taken and nothing is handed over. Idempotent; never rejects for the holder's sake.
   */
  close(): Promise<void>;
}
