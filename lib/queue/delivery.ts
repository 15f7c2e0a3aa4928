/**
 * Delivery turns decided instances into batches for the state holder, each once, in order, from the first one on.
 *
 * Two places in the sequence matter, and mostly they are one. The *front* is where messages get their positions: it
 * follows the decisions as they come, so that `put()` is answered whether anybody reads here or not. A holder that
 * cannot keep up falls behind the front and is served from the log, so that nothing is kept in memory for it.
 */
import type { Decision } from '../consensus/effects.js';
import { assert } from '../model/assert.js';
import type { Batch } from '../model/batch.js';
import { TreplicaError, UnknownOutcomeError } from '../model/errors.js';
import type { Instance, Position } from '../model/ids.js';
import type { LogEntry } from '../model/records.js';
import type { Batcher } from './batcher.js';
import { Cursor, type Passage } from './cursor.js';
import { DecidedLog } from './decided-log.js';
import { Fifo } from './fifo.js';
import { PutTicket } from './put-ticket.js';
import type { StateHolder } from './state-holder.js';

/** A state holder that may push back. */
export interface Consumer extends StateHolder {
  /** When false after a batch, no more come until `resume` is called. */
  readonly ready?: boolean;
}

export interface DeliveryOptions {
  readonly batcher: Pick<Batcher, 'delivered' | 'abandon' | 'batchesInFlight'>;
  /** Reads the log, as `Ledger.read` does. */
  readonly read: (from: Instance, to: Instance, maxBytes: number) => LogEntry[];
  /** How much of the log is read at one go. */
  readonly catchUpBytes: number;
  /** Calls back in a later turn of the event loop. */
  readonly defer: (callback: () => void) => void;
  /** Told once that delivery has stopped, and why; `stop` is still to be called. */
  readonly fail: (error: Error) => void;
}

/** Somebody who waits until the holder has been given everything below `until`. */
interface Waiter {
  readonly until: Instance;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #log: DecidedLog;
  #front = new Cursor();
  /** The holder's place while it is behind the front. */
  #behind: Cursor | null = null;
  #holder: Consumer | null = null;
  /** Ascending by `until`. */
  readonly #waiters = new Fifo<Waiter>();
  #deferred = false;
  #halted = false;
  #stopped = false;
  /** Tickets of the batch whose delivery failed. */
  #failed: readonly unknown[] = [];

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#log = new DecidedLog(options.read, options.catchUpBytes);
  }

  /** What the core has decided: in instance order, without gaps from one call to the next. */
  decided(decisions: readonly Decision[]): void {
    this.#guarded(() => {
      for (const decision of decisions) this.#follow(decision);
    });
    this.#chase();
  }

  /** The log below `instance` is decided and may be read: to be called when a commit is done, and once at the start. */
  readableUntil(instance: Instance): void {
    this.#log.readableUntil(instance);
    this.#chase();
  }

  /**
   * Hands everything to `holder` from now on, from the first message of the sequence. Resolves once it has been given
   * what was decided at the time of the call; rejects if the delivery stops before.
   * @throws TreplicaError QUEUE_BOUND, QUEUE_CLOSED.
   */
  bind(holder: Consumer): Promise<void> {
    if (this.#stopped || this.#halted) throw closedError(null);
    if (this.#holder !== null) throw boundError();
    this.#holder = holder;
    if (this.#front.next > 0) this.#front = new Cursor();
    const bound = this.caughtUp();
    bound.catch(() => undefined); // Whoever does not wait for it learns of the stop in other ways.
    this.#chase();
    return bound;
  }

  /**
   * Resolves once the holder, where there is one, has been given what was decided at the time of the call; rejects with
   * QUEUE_CLOSED if the delivery stops before.
   */
  caughtUp(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#halted) {
        reject(closedError(null));
        return;
      }
      this.#waiters.push({ until: this.#log.end, resolve, reject });
      this.#answerWaiters();
    });
  }

  /** The holder, which was not ready, is again. */
  resume(): void {
    this.#chase();
  }

  /**
   * Delivers nothing any more, closes the batcher and tells those who wait: `put()`s that their outcome is unknown, the
   * holder that the queue has stopped, closed by its owner or by `cause`. Idempotent.
   */
  stop(cause: Error | null): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#halted = true;
    const tickets = [...this.#failed, ...this.#options.batcher.abandon()];
    for (const ticket of tickets) {
      if (ticket instanceof PutTicket) ticket.reject(unknownOutcome(cause));
    }
    for (let next = this.#waiters.shift(); next !== undefined; next = this.#waiters.shift()) {
      next.reject(closedError(cause));
    }
    this.#holder?.stopped(
      tickets.filter((ticket) => !(ticket instanceof PutTicket)),
      cause,
    );
  }

  #follow(decision: Decision): void {
    if (this.#halted) return;
    const { instance, batch } = decision;
    this.#log.append(decision);
    if (instance === this.#front.next) this.#pass(this.#front, instance, batch);
  }

  /** Moves `cursor` over one instance, and hands over what it delivers to whom it concerns. */
  #pass(cursor: Cursor, instance: Instance, batch: Batch): void {
    const passage = cursor.pass(instance, batch);
    if (passage !== null) {
      const tickets = cursor === this.#front ? this.#settle(batch, passage.position) : null;
      if (cursor === this.#holdersCursor) this.#handOver(passage, tickets);
    }
    this.#answerWaiters();
  }

  /** Answers the `put()`s among the tickets of a batch of our own, and returns those that are the holder's. */
  #settle(batch: Batch, position: Position): readonly unknown[] | null {
    const tickets = this.#options.batcher.delivered(batch.id);
    if (tickets === null) return null;
    const holders = tickets.map((ticket, index) => {
      if (ticket instanceof PutTicket) {
        ticket.resolve((position + index) as Position);
        return undefined;
      }
      return ticket;
    });
    const reachesHolder = this.#front === this.#holdersCursor;
    assert(reachesHolder || !holders.some((ticket) => ticket !== undefined), 'a ticket has a holder that it goes to', {
      batch: batch.id,
    });
    return holders;
  }

  #handOver(passage: Passage, tickets: readonly unknown[] | null): void {
    const holder = this.#holder;
    if (holder === null) return;
    const { position, origin, proposedAtMs, messages } = passage;
    try {
      holder.deliver({ position, origin, proposedAtMs, messages, tickets });
    } catch (error) {
      this.#failed = tickets ?? [];
      throw error;
    }
    if (holder.ready === false) this.#behind ??= this.#front.copy();
  }

  get #holdersCursor(): Cursor | null {
    return this.#holder === null ? null : (this.#behind ?? this.#front);
  }

  #answerWaiters(): void {
    const handedOver = this.#holdersCursor?.next ?? this.#log.end;
    for (let next = this.#waiters.at(0); next !== undefined; next = this.#waiters.at(0)) {
      if (next.until > handedOver) return;
      this.#waiters.shift();
      next.resolve();
    }
  }

  /** Goes on in a later turn if a cursor that is wanted elsewhere can move. */
  #chase(): void {
    if (this.#deferred || this.#halted || !(this.#holderCanMove() || this.#frontCanMove())) return;
    this.#deferred = true;
    this.#options.defer(() => {
      this.#deferred = false;
      this.#guarded(() => this.#catchUp());
      this.#chase();
    });
  }

  #holderCanMove(): boolean {
    return this.#behind !== null && this.#holder?.ready !== false;
  }

  /** The front is needed where the holder is, and where own batches wait for their positions. */
  #frontCanMove(): boolean {
    const wanted = this.#front === this.#holdersCursor || this.#options.batcher.batchesInFlight > 0;
    return wanted && this.#log.has(this.#front.next);
  }

  /** One slice for each cursor that can move. */
  #catchUp(): void {
    if (this.#behind !== null && this.#holderCanMove()) {
      this.#advance(this.#behind, this.#front.next);
      if (this.#behind.next === this.#front.next && this.#holderCanMove()) this.#behind = null;
    }
    if (this.#frontCanMove()) this.#advance(this.#front, this.#log.end);
  }

  /** Moves `cursor` on by a slice: until `end` at most, and no further than the holder can take. */
  #advance(cursor: Cursor, end: Instance): void {
    if (cursor.next === end) return;
    const carriesHolder = cursor === this.#holdersCursor;
    for (const { instance, batch } of this.#log.slice(cursor.next, end)) {
      if (this.#halted || (carriesHolder && this.#holder?.ready === false)) return;
      this.#pass(cursor, instance, batch);
    }
  }

  #guarded(action: () => void): void {
    if (this.#halted) return;
    try {
      action();
    } catch (error) {
      this.#halted = true;
      this.#options.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

function boundError(): TreplicaError {
  return new TreplicaError('QUEUE_BOUND', 'The queue is bound: its messages go to one state holder or reader.');
}

function closedError(cause: Error | null): TreplicaError {
  return new TreplicaError('QUEUE_CLOSED', 'The queue has stopped: it delivers no more messages.', causedBy(cause));
}

function unknownOutcome(cause: Error | null): UnknownOutcomeError {
  return new UnknownOutcomeError(
    'The queue has stopped before it was known where the message is ordered.',
    causedBy(cause),
  );
}

function causedBy(cause: Error | null): { readonly cause: Error } | undefined {
  return cause === null ? undefined : { cause };
}
