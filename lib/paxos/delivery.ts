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
import { DamagedLogError, isDamage } from '../model/errors.js';
import type { Instance } from '../model/ids.js';
import type { Consumer, HolderContext, StateKeeper } from '../queue/state-holder.js';
import { BEGINNING_STATE, Cursor } from '../sequence/cursor.js';
import type { Base } from './base.js';
import { DecidedLog } from './decided-log.js';
import { boundError, stoppedError, unsavable } from './delivery-errors.js';
import type { DeliveryListener, DeliveryOptions } from './delivery-options.js';
import { OwnTickets } from './own-tickets.js';
import { type Hold, Progress } from './progress.js';
import { Waiters } from './waiters.js';

export class Delivery {
  readonly #options: DeliveryOptions;
  /** Null before delivery begins. */
  #begunListener: DeliveryListener | null = null;
  readonly #log: DecidedLog;
  #base: Base | null;
  readonly #progress: Progress;
  readonly #tickets: OwnTickets;
  readonly #waiters = new Waiters();
  #isDeferred = false;
  #hasStopped = false;
  readonly #holderContext: HolderContext = {
    tell: (event) => {
      if (!this.#hasStopped) this.#options.tell(event);
    },
  };

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#log = new DecidedLog(options.read, options.catchUpBytes);
    this.#tickets = new OwnTickets(options.batcher);
    this.#base = options.base;
    this.#progress = new Progress(this.#log, this.#tickets, this.#cursorAtBase(), () => {
      this.#answerWaiters();
    });
    if (options.base !== null) this.#log.jump(options.base.checkpoint.next);
    if (options.isAdrift) this.#progress.holds.add('restoring');
  }

  /** To be called before anything is decided, readable or bound. */
  begin(listener: DeliveryListener): void {
    this.#begunListener = listener;
  }

  /** Where messages get their positions. */
  get front(): Cursor {
    return this.#progress.front;
  }

  /** Where the holder is; null where there is none. */
  get handedOver(): Cursor | null {
    return this.#progress.handedOver;
  }

  /** How to save what the holder holds; null where there is no holder, or none that can. */
  get keeper(): StateKeeper | null {
    return this.#progress.place.keeper;
  }

  /**
   * The decided time of the latest batch that the holder was given, in milliseconds since 1970; undefined if no holder knows
   * it.
   */
  get decidedTimeMs(): number | undefined {
    return this.#progress.place.holder?.decidedTimeMs;
  }

  /** Takes the core's decisions: in instance order, without gaps from one call to the next. */
  decided(decisions: readonly Decision[]): void {
    this.#guarded(() => {
      for (const decision of decisions) this.#progress.follow(decision);
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
   * @throws TreplicaError QUEUE_BOUND, QUEUE_CLOSED; what the holder throws when it is bound.
   */
  bind(holder: Consumer): Promise<void> {
    if (this.#hasStopped || this.#progress.isHalted) throw stoppedError(null);
    if (this.#progress.place.holder !== null) throw boundError();
    this.#progress.place.bind(holder, this.#holderContext);
    // The front may have gone ahead for messages that were put here: it goes back to the holder's beginning before the wait.
    if (this.#base === null) this.#goOnFromBase();
    else this.#progress.holds.add('restoring');
    const bound = this.caughtUp();
    bound.catch(() => undefined); // A caller that does not wait for it learns of the stop in other ways.
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
    this.#progress.holds.delete('damage');
    if (this.#progress.place.holder === null) {
      this.#progress.holds.delete('restoring');
      this.#goOnFromBase();
    } else void this.#restore(base);
  }

  /** Whether a complete log may serve in place of a checkpoint: not if the holder has executed part of it. */
  get mayStartFromLog(): boolean {
    return this.#progress.place.isFresh;
  }

  /** The log holds everything from the beginning: it serves in place of a checkpoint that cannot be read. */
  startFromLog(): void {
    assert(this.#progress.place.isFresh, 'nothing is executed twice', { front: this.#progress.front.next });
    this.#base = null;
    this.#goOnFromBase();
    this.#release('restoring');
  }

  /** Delivers nothing from now on, until the returned function is called: for saving the holder's state. */
  hold(): () => void {
    this.#progress.holds.add('saving');
    return () => {
      this.#release('saving');
    };
  }

  /** Delivers nothing any more: the holder's state is wrong. */
  freeze(): void {
    this.#progress.holds.add('refuted');
  }

  /** Whether something else than saving keeps delivery from moving. */
  get isDisturbed(): boolean {
    return this.#progress.holds.has('restoring') || this.#progress.holds.has('damage');
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
    if (this.#progress.isHalted) return Promise.reject(stoppedError(null));
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
    if (this.#hasStopped) return;
    this.#hasStopped = true;
    this.#progress.halt();
    const tickets = this.#tickets.abandon(cause);
    this.#waiters.refuse(stoppedError(cause));
    this.#progress.place.holder?.stopped(tickets, cause);
  }

  /**
   * Whether the holder already has everything that `base` includes: a checkpoint that replaces damaged entries may end
   * anywhere.
   */
  #hasPassed({ checkpoint }: Base): boolean {
    const cursor = this.#progress.handedOver;
    return cursor !== null && cursor.next >= checkpoint.next && !this.#progress.holds.has('restoring');
  }

  #cursorAtBase(): Cursor {
    const { stretch, deliveryRowsMax } = this.#options;
    return new Cursor(this.#base?.cursor ?? BEGINNING_STATE, stretch, deliveryRowsMax);
  }

  async #restore(base: Base): Promise<void> {
    this.#progress.holds.add('restoring');
    try {
      const { keeper } = this.#progress.place;
      if (keeper === null) throw unsavable(base);
      const sink = await this.#options.restore(base.checkpoint, keeper);
      // A later one may have taken its place meanwhile.
      if (this.#base !== base || this.#progress.isHalted) return;
      sink.finish();
      this.#progress.place.restored();
      this.#goOnFromBase();
      this.#release('restoring');
    } catch (error) {
      if (this.#base !== base) return;
      if (isDamage(error)) this.#listener.lostCheckpoint(error);
      else this.#fail(error);
    }
  }

  #goOnFromBase(): void {
    this.#progress.goOnFrom(this.#cursorAtBase());
    this.#answerWaiters();
    this.#chase();
  }

  #release(hold: Hold): void {
    this.#progress.holds.delete(hold);
    this.#answerWaiters();
    this.#chase();
  }

  get #listener(): DeliveryListener {
    assert(this.#begunListener !== null, 'a delivery begins before it delivers', {});
    return this.#begunListener;
  }

  /** Nobody is told that the holder has been given something before its state has been restored, however far that goes. */
  #answerWaiters(): void {
    if (this.#progress.holds.has('restoring')) return;
    this.#waiters.answer(this.#progress.handedOver?.next ?? this.#log.end);
  }

  /** Goes on in a later turn if a cursor that is wanted elsewhere can move. */
  #chase(): void {
    if (this.#isDeferred || !this.#progress.canCatchUp) return;
    this.#isDeferred = true;
    this.#options.defer(() => {
      this.#isDeferred = false;
      this.#guarded(() => this.#progress.catchUp());
      this.#chase();
    });
  }

  #guarded(action: () => void): void {
    if (this.#progress.isHalted) return;
    try {
      action();
    } catch (error) {
      if (error instanceof DamagedLogError) {
        this.#progress.holds.add('damage');
        this.#listener.damagedHere(error);
      } else this.#fail(error);
      return;
    }
    this.#listener.progressed();
  }

  #fail(error: unknown): void {
    if (this.#progress.isHalted) return;
    this.#progress.halt();
    this.#options.fail(error instanceof Error ? error : new Error(String(error)));
  }
}
