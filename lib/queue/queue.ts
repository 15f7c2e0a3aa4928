/**
 * The port: the asynchronous persistent queue, the same ordered, durable list of messages at every process of a group,
 * whichever processes crash and restart (Vieira and Buzato, section 3). This file binds every engine; `spec/queue/compliance.ts`
 * tests each of them.
 *
 * Obligations of every engine: all processes get the same messages in the same order, each once, also if the engine sends it
 * twice. An acknowledged message is never lost, and is there again after a restart of all. The messages of one process come in
 * the order of its calls. An engine that has stopped, closed by its owner or for a cause, tells every waiting caller: none
 * waits for ever.
 */
import type { Checkpoint } from '../model/checkpoint.js';
import type { Position, ProcessId } from '../model/ids.js';
import type { QueueListener } from './events.js';
import type { ParticipantFacts } from './facts.js';
import type { QueueMessage } from './reader.js';
import type { StateHolder } from './state-holder.js';
import type { QueueStatus } from './status.js';

/** The asynchronous persistent queue, as applications and state machines see it, with any engine behind it. */
export interface Queue extends AsyncIterable<QueueMessage> {
  /** The name of the queue, the same at every process of its group. */
  readonly queueId: string;

  /** The id of this process: the `origin` of its messages. */
  readonly processId: ProcessId;

  /** The facts that the processes of the group publish about themselves. */
  readonly facts: ParticipantFacts;

  /**
   * Tells `listener` what happens to this queue from now on, in the order in which it happens, until the returned function is
   * called: see `QueueListener`. Every engine tells `founded` when a group comes about with this process, `checkpoint-made`
   * before `checkpoint()` resolves, and `stopped` once, with its cause, before `closed` settles; most engines tell more. A
   * listener that is to hear what happens before there is a queue is given where the queue is opened. Does not throw, also on a
   * queue that has stopped.
   */
  subscribe(listener: QueueListener): () => void;

  /** Where the queue is at this moment, also after it has stopped: then as it stood at the end. Does not throw. */
  status(): QueueStatus;

  /**
   * Resolves when the owner has closed the queue and all resources are released; rejects with the cause if it had to stop by
   * itself.
   */
  readonly closed: Promise<void>;

  /**
   * Appends a message, and resolves with its position once it is ordered and durable. While too much is pending it waits for
   * room first. `value` is any value that the codec carries: bytes travel as they are, all others as a copy, both as at the
   * moment of the call. Encoded, with a head of one byte, it may have 64 MiB.
   * @throws TreplicaError NOT_SERIALIZABLE and CLASS_NOT_REGISTERED for a value that cannot be carried, MESSAGE_TOO_LARGE,
   * QUEUE_CLOSED or, if the holder that the queue is bound to accepts only its own messages, QUEUE_BOUND: nothing was put.
   * UnknownOutcomeError if the queue stops before the message is known to be ordered.
   */
  put(value: unknown): Promise<Position>;

  /**
   * As `put`, for the bound state holder, with a message of 0 bytes to 64 MiB, which must not be changed afterwards; its first
   * byte says what follows, see `MessageHead`. The holder gets the ticket with the message, only at this process and in this
   * start, or when the queue stops. Returns a promise only if there is no room: then nothing was taken; wait for it, and submit
   * the same message again at once. Waiting callers come before later ones. The promise rejects with QUEUE_CLOSED when the
   * queue stops. A queue that no holder is bound to takes only messages without a ticket, which is undefined then.
   * @throws TreplicaError QUEUE_CLOSED, MESSAGE_TOO_LARGE, INVALID_OPTION if it is no message, or has a ticket and no holder is
   * bound, or QUEUE_BOUND if the holder does not accept the ticket. Nothing was put.
   */
  submit(message: Uint8Array, ticket: unknown): Promise<void> | undefined;

  /**
   * The next value that was put, from the first one that the group has ever ordered. Each is given once; callers are served in
   * the order of their calls. Operations of state machines are skipped. A queue is read
   * either this way or by the state holder that it is bound to.
   * @throws TreplicaError QUEUE_CLOSED, also when the queue stops before there is a message; QUEUE_BOUND; CLASS_NOT_REGISTERED,
   * MALFORMED_BYTES or MESSAGE_VERSION for a message that this process cannot read: the next call gives the one after it.
   */
  get(): Promise<QueueMessage>;

  /**
   * All messages, as `get` gives them; ends when the owner closes the queue.
   * @throws TreplicaError QUEUE_CLOSED if the queue stops for a cause; QUEUE_BOUND.
   */
  [Symbol.asyncIterator](): AsyncGenerator<QueueMessage, void, undefined>;

  /**
   * Hands every message to `holder` from now on: from the first one on, or from the end of a checkpoint, after the holder's
   * keeper has got its state. Resolves when the holder has got every message that this process knew to be decided at the time
   * of the call; rejects if the queue stops before, for example because the holder throws.
   * @throws TreplicaError QUEUE_BOUND if it is bound or read already; QUEUE_CLOSED; INVALID_OPTION if it is no holder, or has
   * async methods.
   */
  bind(holder: StateHolder): Promise<void>;

  /**
   * Resolves once the holder here has got every message that was acknowledged anywhere before the call: a later read of the
   * state is linearizable. If `signal` aborts before, rejects with its reason and keeps nothing for the call.
   * @throws TreplicaError QUEUE_CLOSED.
   */
  sync(signal?: AbortSignal): Promise<void>;

  /**
   * Saves the state of the bound holder now and resolves when it is durable: a restart continues from there.
   * @throws TreplicaError the reason why the state cannot be saved, such as NOT_SERIALIZABLE or CLASS_NOT_REGISTERED;
   * LEDGER_FAILED if it cannot be stored; QUEUE_CLOSED, also if no holder is bound whose state can be saved.
   */
  checkpoint(): Promise<Checkpoint>;

  /**
   * Calls back once after `ms` milliseconds, at most 2³¹ − 1, of the queue's clock. The returned function cancels this. For
   * holders that limit a wait.
   */
  after(ms: number, callback: () => void): () => void;

  /**
   * Stops taking part, and releases all resources of the queue. All waiting callers are rejected: a `put` that may have been
   * ordered with UnknownOutcomeError, all others with QUEUE_CLOSED. The holder's `stopped` is called once, with the tickets
   * whose messages may have been ordered. From the call on, nothing is taken and nothing is delivered. Idempotent; an error of
   * the holder does not make it reject.
   */
  close(): Promise<void>;
}
