/**
 * Delivery turns decided instances into batches for the state holder, each once, in order, from the first one on or from
 * where a checkpoint ends.
 *
 * Two places in the sequence matter, and mostly they are one. The *front* is where messages get their positions: it
 * follows the decisions as they come, so that `put()` is answered whether anybody reads here or not. A holder that
 * cannot keep up falls behind the front and is served from the log, so that nothing is kept in memory for it. While
 * delivery is *held*, because the holder's state is being saved or restored or the log repaired, neither moves.
 */
import type { Decision } from '../consensus/effects.js';
import { assert } from '../model/assert.js';
import type { Batch } from '../model/batch.js';
import type { Checkpoint } from '../model/checkpoint.js';
import { DamagedLogError, isDamage, TreplicaError, UnknownOutcomeError } from '../model/errors.js';
import type { Instance } from '../model/ids.js';
import type { LogEntry } from '../model/records.js';
import type { Batcher } from './batcher.js';
import { BEGINNING_STATE, Cursor, type CursorState, type Passage, type Stretch } from '../sequence/cursor.js';
import { DecidedLog } from './decided-log.js';
import { answerPuts, refusePuts } from './put-ticket.js';
import { handOver } from '../queue/holder-checks.js';
import type { Consumer, StateKeeper, StateSink } from '../queue/state-holder.js';
import { Waiters } from './waiters.js';

export interface DeliveryOptions {
  readonly batcher: Pick<Batcher, 'delivered' | 'abandon' | 'batchesInFlight' | 'idsInFlight'>;
  /** Where the local checkpoint ends; null where there is none or it cannot be read. */
  readonly base: Base | null;
  /** The beginning of the log is missing, and the checkpoint in its place cannot be read: another is to be installed. */
  readonly isAdrift: boolean;
  /** After how much a stretch of the sequence ends. */
  readonly stretch: Stretch;
  /** Processes that the table of delivered batches knows. */
  readonly deliveryRowsMax?: number | undefined;
  /** Reads the log, as `Ledger.read` does. */
  readonly read: (from: Instance, to: Instance, maxBytes: number) => LogEntry[];
  /** How much of the log is read at one go. */
  readonly catchUpBytes: number;
  /** Calls back in a later turn of the event loop. */
  readonly defer: (callback: () => void) => void;
  /**
   * Gives a checkpoint's state to a holder, in its own time, and leaves it to the caller to finish.
   * @throws TreplicaError LEDGER_DAMAGED where the checkpoint cannot be read
   */
  readonly restore: (checkpoint: Checkpoint, keeper: StateKeeper) => Promise<StateSink>;
  /** Told once that delivery has stopped, and why; `stop` is still to be called. */
  readonly fail: (error: Error) => void;
}

/** Calls of delivery to the parts that make checkpoints, and that learn damaged entries again. */
export interface DeliveryListener {
  /** The local checkpoint cannot be read: delivery is held until `install` or `startFromLog` is called. */
  lostCheckpoint(error: TreplicaError): void;
  /** The log cannot be read there: delivery is held until `repaired` is called. */
  damagedHere(damage: DamagedLogError): void;
  /** Something has been delivered. */
  progressed(): void;
}

/** A checkpoint, and how to go on from where it ends. */
export interface Base {
  readonly checkpoint: Checkpoint;
  readonly cursor: CursorState;
}

/** Why nothing moves for a while. */
type Hold = 'saving' | 'restoring' | 'damage' | 'refuted';

export class Delivery {
  readonly #options: DeliveryOptions;
  /** Null before delivery begins. */
  #begunListener: DeliveryListener | null = null;
  readonly #log: DecidedLog;
  #base: Base | null;
  #front: Cursor;
  readonly #holds = new Set<Hold>();
  /** The holder's place while it is behind the front. */
  #behind: Cursor | null = null;
  #holder: Consumer | null = null;
  readonly #waiters = new Waiters();
  /** Whether the holder still has the state that it had when it was bound. */
  #isHolderFresh = true;
  #deferred = false;
  #halted = false;
  #stopped = false;
  /** Tickets of the batch whose delivery failed. */
  #failed: readonly unknown[] = [];

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#log = new DecidedLog(options.read, options.catchUpBytes);
    this.#base = options.base;
    this.#front = this.#cursorAtBase();
    if (options.base !== null) this.#log.jump(options.base.checkpoint.next);
    if (options.isAdrift) this.#holds.add('restoring');
  }

  /** To be called before anything is decided, readable or bound. */
  begin(listener: DeliveryListener): void {
    this.#begunListener = listener;
  }

  /** Where messages get their positions. */
  get front(): Cursor {
    return this.#front;
  }

  /** Where the holder is; null where there is none. */
  get handedOver(): Cursor | null {
    return this.#holder === null ? null : (this.#behind ?? this.#front);
  }

  /** How to save what the holder holds; null where there is no holder, or none that can. */
  get keeper(): StateKeeper | null {
    return this.#holder?.keeper ?? null;
  }

  /**
   * The decided time of the latest batch that the holder was given, in milliseconds since 1970; undefined if no holder knows
   * it.
   */
  get decidedTimeMs(): number | undefined {
    return this.#holder?.decidedTimeMs;
  }

  /** Takes the core's decisions: in instance order, without gaps from one call to the next. */
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
   * Hands everything to `holder` from now on: the state of the checkpoint, if there is one, and then every message from there
   * on. Resolves once it has got the messages decided at the time of the call; rejects if the delivery stops before.
   * @throws TreplicaError QUEUE_BOUND, QUEUE_CLOSED.
   */
  bind(holder: Consumer): Promise<void> {
    if (this.#stopped || this.#halted) throw closedError(null);
    if (this.#holder !== null) throw boundError();
    this.#holder = holder;
    // The front may have gone ahead for messages that were put here: it goes back to the holder's beginning before the wait.
    if (this.#base === null) this.#goOnFromBase();
    else this.#holds.add('restoring');
    const bound = this.caughtUp();
    bound.catch(() => undefined); // Whoever does not wait for it learns of the stop in other ways.
    if (this.#base !== null) void this.#restore(this.#base);
    return bound;
  }

  /**
   * Delivery continues from the end of `base`: undelivered messages below it never will be delivered, but the holder gets a
   * state that includes them. The checkpoint and the record of it are durable.
   */
  install(base: Base): void {
    if (this.#hasPassed(base)) {
      this.#release('damage');
      return;
    }
    this.#base = base;
    this.#log.jump(base.checkpoint.next); // The next decision comes from there on, long before the state is restored.
    this.#holds.delete('damage');
    if (this.#holder === null) {
      this.#holds.delete('restoring');
      this.#goOnFromBase();
    } else void this.#restore(base);
  }

  /** Whether a complete log may serve in place of a checkpoint: not if the holder has executed part of it. */
  get mayStartFromLog(): boolean {
    return this.#isHolderFresh;
  }

  /** The log holds everything from the beginning: it serves in place of a checkpoint that cannot be read. */
  startFromLog(): void {
    assert(this.#isHolderFresh, 'nothing is executed twice', { front: this.#front.next });
    this.#base = null;
    this.#goOnFromBase();
    this.#release('restoring');
  }

  /** Delivers nothing from now on, until the returned function is called: for saving the holder's state. */
  hold(): () => void {
    this.#holds.add('saving');
    return () => {
      this.#release('saving');
    };
  }

  /** Delivers nothing any more: the holder's state is wrong. */
  freeze(): void {
    this.#holds.add('refuted');
  }

  /** Whether something else than saving keeps delivery from moving. */
  get isDisturbed(): boolean {
    return this.#holds.has('restoring') || this.#holds.has('damage');
  }

  /** The log can be read again where it was damaged. */
  repaired(): void {
    this.#release('damage');
  }

  /**
   * Resolves once the holder, if there is one, has got the messages decided at the time of the call; rejects with QUEUE_CLOSED
   * if the delivery stops before.
   */
  caughtUp(): Promise<void> {
    if (this.#halted) return Promise.reject(closedError(null));
    const caughtUp = this.#waiters.wait(this.#log.end);
    this.#answerWaiters();
    return caughtUp;
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
    const tickets = refusePuts([...this.#failed, ...this.#options.batcher.abandon()], unknownOutcome(cause));
    this.#waiters.refuse(closedError(cause));
    this.#holder?.stopped(tickets, cause);
  }

  #follow(decision: Decision): void {
    if (this.#halted) return;
    const { instance, batch } = decision;
    this.#log.append(decision);
    if (instance === this.#front.next && this.#holds.size === 0) this.#pass(this.#front, instance, batch);
  }

  /**
   * Whether the holder already has everything that `base` includes: a checkpoint that replaces damaged entries may end
   * anywhere.
   */
  #hasPassed({ checkpoint }: Base): boolean {
    const cursor = this.handedOver;
    return cursor !== null && cursor.next >= checkpoint.next && !this.#holds.has('restoring');
  }

  #cursorAtBase(): Cursor {
    const { stretch, deliveryRowsMax } = this.#options;
    return new Cursor(this.#base?.cursor ?? BEGINNING_STATE, stretch, deliveryRowsMax);
  }

  async #restore(base: Base): Promise<void> {
    this.#holds.add('restoring');
    try {
      const keeper = this.#holder?.keeper;
      if (keeper === undefined) throw unsavable(base);
      const sink = await this.#options.restore(base.checkpoint, keeper);
      // A later one may have taken its place meanwhile.
      if (this.#base !== base || this.#halted) return;
      sink.finish();
      this.#isHolderFresh = false;
      this.#goOnFromBase();
      this.#release('restoring');
    } catch (error) {
      if (this.#base !== base) return;
      if (isDamage(error)) this.#listener.lostCheckpoint(error);
      else this.#fail(error);
    }
  }

  /** Tells the callers whose messages have been delivered elsewhere meanwhile. */
  #goOnFromBase(): void {
    this.#front = this.#cursorAtBase();
    this.#behind = null;
    this.#log.jump(this.#front.next);
    const { batcher } = this.#options;
    const tickets = batcher.idsInFlight
      .filter((id) => this.#front.isOver(id))
      .flatMap((id) => batcher.delivered(id) ?? []);
    const holders = refusePuts(tickets, skippedError());
    if (holders.length > 0) this.#holder?.keeper?.skipped(holders);
    this.#answerWaiters();
    this.#chase();
  }

  #release(hold: Hold): void {
    this.#holds.delete(hold);
    this.#answerWaiters();
    this.#chase();
  }

  /** Moves `cursor` over one instance, and hands the delivered batches to the holder and to the callers here. */
  #pass(cursor: Cursor, instance: Instance, batch: Batch): void {
    const isHolders = cursor === this.handedOver;
    for (const passage of cursor.pass(instance, batch)) {
      const tickets = cursor === this.#front ? this.#settle(passage) : null;
      if (isHolders) this.#handOver(passage, tickets);
    }
    // All batches that one instance delivers are handed over together.
    if (isHolders && this.#holder?.ready === false) this.#behind ??= this.#front.copy();
    this.#answerWaiters();
  }

  /** Answers the `put()`s among the tickets of a batch of our own, and returns those that are the holder's. */
  #settle({ id, position }: Passage): readonly unknown[] | null {
    const tickets = this.#options.batcher.delivered(id);
    if (tickets === null) return null;
    const holders = answerPuts(tickets, position);
    const reachesHolder = this.#front === this.handedOver;
    assert(reachesHolder || !holders.some((ticket) => ticket !== undefined), 'a ticket has a holder that it goes to', {
      batch: id,
    });
    return holders;
  }

  #handOver(passage: Passage, tickets: readonly unknown[] | null): void {
    const holder = this.#holder;
    if (holder === null) return;
    const { position, origin, proposedAtMs, messages } = passage;
    this.#isHolderFresh = false;
    try {
      handOver(holder, { position, origin, proposedAtMs, messages, tickets });
    } catch (error) {
      this.#failed = tickets ?? [];
      throw error;
    }
  }

  get #listener(): DeliveryListener {
    assert(this.#begunListener !== null, 'a delivery begins before it delivers', {});
    return this.#begunListener;
  }

  /** Nobody is told that the holder has been given something before its state has been restored, however far that goes. */
  #answerWaiters(): void {
    if (this.#holds.has('restoring')) return;
    this.#waiters.answer(this.handedOver?.next ?? this.#log.end);
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
    return this.#behind !== null && this.#holds.size === 0 && this.#holder?.ready !== false;
  }

  /** The front is needed where the holder is, and where own batches wait for their positions. */
  #frontCanMove(): boolean {
    const wanted = this.#front === this.handedOver || this.#options.batcher.batchesInFlight > 0;
    return wanted && this.#holds.size === 0 && this.#log.has(this.#front.next);
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
    const carriesHolder = cursor === this.handedOver;
    for (const { instance, batch } of this.#log.slice(cursor.next, end)) {
      if (this.#halted || this.#holds.size > 0 || (carriesHolder && this.#holder?.ready === false)) return;
      this.#pass(cursor, instance, batch);
    }
  }

  #guarded(action: () => void): void {
    if (this.#halted) return;
    try {
      action();
    } catch (error) {
      if (error instanceof DamagedLogError) {
        this.#holds.add('damage');
        this.#listener.damagedHere(error);
      } else this.#fail(error);
      return;
    }
    this.#listener.progressed();
  }

  #fail(error: unknown): void {
    if (this.#halted) return;
    this.#halted = true;
    this.#options.fail(error instanceof Error ? error : new Error(String(error)));
  }
}

function boundError(): TreplicaError {
  return new TreplicaError('QUEUE_BOUND', 'The queue is bound: its messages go to one state holder or reader.');
}

function closedError(cause: Error | null): TreplicaError {
  return new TreplicaError('QUEUE_CLOSED', 'The queue has stopped: it delivers no more messages.', causedBy(cause));
}

function unsavable({ checkpoint }: Base): TreplicaError {
  return new TreplicaError(
    'STATE_MISMATCH',
    `The log before position ${String(checkpoint.position)} is in a checkpoint, and what the queue is bound to has no state to put it in: bind what has made the checkpoint, or something that keeps a state as that does.`,
  );
}

function skippedError(): UnknownOutcomeError {
  return new UnknownOutcomeError(
    'The message has been ordered or refused while this process was behind, and it goes on from a checkpoint.',
  );
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
