/**
 * The machine: a state in memory, changed by operations that every replica executes in the same order. It knows the queue,
 * whose messages are the same everywhere, and nothing below it.
 */
import { otherCopyOf, twoCopies } from '../model/copies.js';
import { development } from '../model/development.js';
import { TreplicaError, UnknownOutcomeError } from '../model/errors.js';
import type { Position } from '../model/ids.js';
import { MessageHead } from '../queue/message-head.js';
import type { Queue } from '../queue/queue.js';
import { encode } from '../serialization/codec.js';
import type { DeepReadonly } from './deep-readonly.js';
import { checkMachine, checkQuery, type MachineOptions, WAITING_BYTES_MAX, WAITING_MAX } from './machine-options.js';
import { Operation } from './operation.js';
import { answerOf } from './query.js';
import { QueryTurns } from './query-turns.js';
import { originalOf, viewOf, withoutViews } from './read-only-views.js';
import { checkRead, type Consistency, type ReadOptions } from './read-options.js';
import { Reads } from './reads.js';
import { Replica } from './replica.js';
import { checkModule } from './saving-process.js';
import type { StateMachine } from './state-machine.js';
import { PROBE, PROBE_MESSAGE } from './system-operation.js';
import { type ExecuteOptions, Ticket } from './ticket.js';
import { checkClose, checkWait, type CloseOptions, type WaitOptions, within } from './wait-options.js';
import { WaitingOperations } from './waiting-operations.js';

export type { CloseOptions, Consistency, ExecuteOptions, MachineOptions, ReadOptions };

/** How long `ready` waits. */
export type ReadyOptions = WaitOptions;

/**
 * One replica of a state machine.
 *
 * ```ts
 * const machine = await ReplicatedStateMachine.create(new AuctionHouse(), queue);
 * const bid = await machine.execute(new PlaceBid('a1', 'ann', 100), { timeoutMs: 5000 });
 * const highest = await machine.read((house) => house.auctions.get('a1')?.highest);
 * ```
 */
export class ReplicatedStateMachine<S extends StateMachine> {
  readonly #queue: Queue;
  readonly #replica: Replica<S>;
  readonly #waiting: WaitingOperations;
  /** In production `state` is the state itself and no view. */
  readonly #isGuarded = development.isOn;
  readonly #reads: Reads;
  readonly #turns = new QueryTurns();
  #isClosed = false;
  /** It is closed, or is closing and takes nothing more. */
  #isDraining = false;
  #cause: Error | null = null;

  private constructor(initialState: S, queue: Queue, options: MachineOptions) {
    const { module, overflow = 'wait', waitingMax = WAITING_MAX, waitingBytesMax = WAITING_BYTES_MAX } = options;
    this.#queue = queue;
    this.#replica = new Replica(
      initialState,
      (cause) => this.#stop(cause),
      module === undefined ? undefined : checkModule(module),
    );
    this.#waiting = new WaitingOperations({ overflow, operationsMax: waitingMax, bytesMax: waitingBytesMax });
    this.#reads = new Reads(queue, this.#replica.positionWaits);
  }

  /**
   * A replica that has restored the local checkpoint and executed everything in the local log. `initialState` has to be the
   * same at every replica and at every start; it belongs to the machine from now on. Rejects with the errors of `queue.bind`;
   * with CLASS_NOT_REGISTERED or MALFORMED_BYTES if the log holds an operation that this process cannot read; with
   * STATE_MISMATCH or CLASS_NOT_REGISTERED if the checkpoint was made from another state; with NOT_SERIALIZABLE or
   * CLASS_NOT_REGISTERED for an initial state that could not be saved; and with INVALID_OPTION.
   */
  static async create<S extends StateMachine>(
    initialState: S,
    queue: Queue,
    options: MachineOptions = {},
  ): Promise<ReplicatedStateMachine<S>> {
    checkMachine(initialState, queue, options);
    const machine = new ReplicatedStateMachine(initialState, queue, options);
    try {
      await queue.bind(machine.#replica);
    } catch (error) {
      // The cause why the queue has stopped says more than this error.
      throw machine.#cause ?? error;
    }
    return machine;
  }

  /**
   * This replica's live state: operations change it, and only they may. While a replica catches up, the state is stale, and
   * after that it is another object: read this property each time.
   *
   * If NODE_ENV is not 'production' when Treplica is loaded, this is a view that throws STATE_READ_ONLY at every write. Views
   * have the classes and methods of the objects that they show. Built-in functions that need the object itself
   * (structuredClone, Map.prototype.get called on a view) refuse views: take a copy with `read` for them.
   */
  get state(): DeepReadonly<S> {
    const { state } = this.#replica;
    return (this.#isGuarded ? viewOf(state) : state) as DeepReadonly<S>;
  }

  /**
   * How many messages this replica's state includes. A caller that gives it to a later `read` as `position`, here or at another
   * replica, never sees an older state.
   */
  get position(): Position {
    return this.#replica.position;
  }

  /**
   * Executes `operation` at every replica and resolves with its result here: a copy, which does not change when the state
   * does. The operation is copied too, at the call. Operations of one caller are executed in the order of the calls.
   *
   * Rejects with the error that the operation throws. Rejects with UnknownOutcomeError if the wait ends, by `options` or
   * because this process stops, after the operation was submitted. If it was not submitted yet, rejects with the signal's
   * reason, a DOMException named TimeoutError, STATE_MACHINE_CLOSED, or QueueFullError where too much waits here already. Rejects
   * with CLASS_NOT_REGISTERED, NOT_SERIALIZABLE and MESSAGE_TOO_LARGE before anything has happened; with OPERATION_ASYNCHRONOUS, and
   * NOT_SERIALIZABLE for a result that cannot be copied, after the operation has been executed.
   */
  execute<R>(operation: Operation<S, R>, options?: ExecuteOptions): Promise<R> {
    const ticket = new Ticket(operation);
    try {
      if (this.#isDraining) throw this.#closed(`${ticket.name} was not submitted`);
      if (!(operation instanceof Operation)) throw notAnOperation(operation);
      const message = encode(this.#isGuarded ? withoutViews(operation) : operation, MessageHead.operation);
      if (options !== undefined) ticket.watch(options, this.#queue);
      this.#submit(message, ticket, false);
    } catch (error) {
      ticket.reject(error);
    }
    return ticket.promise as Promise<R>;
  }

  /**
   * Runs `query` on a state that includes every operation acknowledged anywhere before the call (a linearizable read; see
   * `ReadOptions.consistency` for less), and resolves with a copy of its result. The query is synchronous and changes nothing: it
   * gets the state as the property `state` gives it.
   *
   * Rejects with the error that the query throws; with NOT_SERIALIZABLE for a result that cannot be copied, QUERY_ASYNCHRONOUS
   * for a promise, and STATE_READ_ONLY. Rejects before the query runs with STATE_MACHINE_CLOSED, INVALID_OPTION, READ_TIMED_OUT
   * when `options.timeoutMs` is over, and with the reason of `options.signal`.
   */
  async read<R>(query: (state: DeepReadonly<S>) => R, options?: ReadOptions): Promise<R> {
    checkQuery(query);
    if (options !== undefined) checkRead(options);
    if (this.#isClosed) throw this.#closed('The query was not run');
    try {
      await (options === undefined ? this.#queue.sync() : this.#reads.ready(options));
      const turn = this.#turns.next();
      if (turn !== null) await turn;
    } catch (error) {
      throw this.#closedOr(error, 'The query was not run');
    }
    return answerOf(() => query(this.state), this.#isGuarded ? originalOf : null);
  }

  /**
   * Checks that this replica works: puts a probe, an operation that changes nothing, into the log, and resolves when it has
   * been executed here. Then a majority has made it durable, and this replica has executed everything that was ordered before
   * it.
   *
   * Rejects with STATE_MACHINE_CLOSED; with a DOMException named TimeoutError when `options.timeoutMs` is over; with the
   * reason of `options.signal`; and with INVALID_OPTION. Never with UnknownOutcomeError: a probe that is executed after its
   * caller has stopped waiting changes nothing.
   */
  async ready(options: ReadyOptions = {}): Promise<void> {
    checkWait('ready', options);
    await within(this.#queue, options, notReady, (signal) => this.#probe({ signal }));
  }

  /**
   * Closes the queue. Nothing more is taken from the call on. Callers whose operations are on their way are rejected with
   * UnknownOutcomeError; with `drain` they are answered first, for as long as `options` allow.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    checkClose(options);
    const { drain = false, ...wait } = options;
    this.#isDraining = true;
    // A probe is executed behind everything that this process has submitted. Where it is not in time, the queue tells whoever waits.
    if (drain) await this.ready(wait).catch(() => undefined);
    this.#isClosed = true;
    await this.#queue.close();
  }

  async #probe(options: WaitOptions): Promise<void> {
    for (;;) {
      const ticket = new Ticket(PROBE);
      try {
        ticket.watch(options, this.#queue);
        this.#submit(PROBE_MESSAGE, ticket, true);
      } catch (error) {
        ticket.reject(error);
      }
      try {
        await ticket.promise;
        return;
      } catch (error) {
        options.signal?.throwIfAborted();
        // The machine has stopped, and the next attempt says so; or it continues from a checkpoint that includes the probe.
        if (!(error instanceof UnknownOutcomeError)) throw error;
      }
    }
  }

  /** @throws QueueFullError, and what `#put` throws */
  #submit(message: Uint8Array, ticket: Ticket, mayOverflow: boolean): void {
    if (!this.#waiting.isEmpty) {
      this.#waiting.add(message, ticket, mayOverflow);
      return;
    }
    const room = this.#put(message, ticket);
    if (room === undefined) return;
    this.#waiting.add(message, ticket, mayOverflow);
    void this.#submitLater(room);
  }

  /** Throws STATE_MACHINE_CLOSED and MESSAGE_TOO_LARGE. Returns a promise if the queue has no room. */
  #put(message: Uint8Array, ticket: Ticket): Promise<void> | undefined {
    if (this.#isClosed) throw this.#closed(`${ticket.name} was not submitted`);
    try {
      const room = this.#queue.submit(message, ticket);
      ticket.isSubmitted = room === undefined;
      return room;
    } catch (error) {
      throw this.#closedOr(error, `${ticket.name} was not submitted`);
    }
  }

  async #submitLater(room: Promise<void>): Promise<void> {
    // A closing queue has no room any more: the next attempt tells each caller.
    for (let next: Promise<void> | undefined = room; next !== undefined; next = this.#submitWaiting())
      await next.catch(() => undefined);
  }

  #submitWaiting(): Promise<void> | undefined {
    return this.#waiting.submit((message, ticket) => this.#put(message, ticket));
  }

  #stop(cause: Error | null): void {
    this.#isClosed = true;
    this.#cause = cause;
    this.#replica.positionWaits.stop(this.#closed('The query was not run'));
    // Rejects all waiting operations.
    void this.#submitWaiting();
  }

  #closed(what: string): TreplicaError {
    const why = this.#cause === null ? 'has been closed' : `has stopped (${this.#cause.message})`;
    return new TreplicaError(
      'STATE_MACHINE_CLOSED',
      `${what}: the state machine ${why}. Ask another replica, or start this one again.`,
      this.#cause === null ? {} : { cause: this.#cause },
    );
  }

  /** The queue may have closed before it has told us. */
  #closedOr(error: unknown, what: string): unknown {
    return error instanceof TreplicaError && error.code === 'QUEUE_CLOSED' ? this.#closed(what) : error;
  }
}

function notReady(timeoutMs: number): DOMException {
  return new DOMException(
    `The state machine was not ready when ${timeoutMs} ms had passed: this replica had not executed a probe that it had put into the log. See whether a majority is up, and whether this replica is catching up.`,
    'TimeoutError',
  );
}

/** Decoded, it would be no operation, and would stop every replica. */
function notAnOperation(operation: object): TreplicaError {
  const elsewhere = otherCopyOf(operation);
  if (elsewhere !== null) {
    const what = `${operation.constructor.name} was not submitted: it is an operation of another copy of Treplica.`;
    return twoCopies(what, elsewhere);
  }
  return new TreplicaError(
    'CLASS_NOT_REGISTERED',
    `${operation.constructor.name} was not submitted: it is no operation. Make it extend Operation and decorate it with @operation.`,
  );
}
