/** The two places in the sequence, the front and the holder's, how they move over what was decided, and what keeps them. */
import type { Decision } from '../consensus/effects.js';
import { assert } from '../model/assert.js';
import type { Batch } from '../model/batch.js';
import type { Instance } from '../model/ids.js';
import type { Cursor, Passage } from '../sequence/cursor.js';
import type { DecidedLog } from './decided-log.js';
import { HolderPlace } from './holder-place.js';
import type { OwnTickets } from './own-tickets.js';

/** Why nothing moves for a while. */
export type Hold = 'saving' | 'restoring' | 'damage' | 'refuted';

export class Progress {
  readonly place = new HolderPlace();
  readonly holds = new Set<Hold>();
  readonly #log: DecidedLog;
  readonly #tickets: OwnTickets;
  readonly #passed: () => void;
  #front: Cursor;
  #hasHalted = false;

  /** `passed` is called whenever a place has moved over an instance. */
  constructor(log: DecidedLog, tickets: OwnTickets, front: Cursor, passed: () => void) {
    this.#log = log;
    this.#tickets = tickets;
    this.#front = front;
    this.#passed = passed;
  }

  /** Where messages get their positions. */
  get front(): Cursor {
    return this.#front;
  }

  /** Where the holder is; null where there is none. */
  get handedOver(): Cursor | null {
    return this.place.cursor(this.#front);
  }

  get isHalted(): boolean {
    return this.#hasHalted;
  }

  /** Nothing moves any more. */
  halt(): void {
    this.#hasHalted = true;
  }

  /** Both places are where `front` is. Tells the callers whose messages have been delivered elsewhere meanwhile. */
  goOnFrom(front: Cursor): void {
    this.#front = front;
    this.place.isAtFront();
    this.#log.jump(front.next);
    const skipped = this.#tickets.skip(front);
    if (skipped.length > 0) this.place.keeper?.skipped(skipped);
  }

  /** The next instance is decided: the front goes over it at once, unless it is kept or has to catch up. */
  follow(decision: Decision): void {
    if (this.#hasHalted) return;
    const { instance, batch } = decision;
    this.#log.append(decision);
    if (instance === this.#front.next && this.holds.size === 0) this.#pass(this.#front, instance, batch);
  }

  /** Whether a place that is wanted elsewhere can move. */
  get canCatchUp(): boolean {
    return !this.#hasHalted && (this.#holderCanMove() || this.#frontCanMove());
  }

  /** One slice for each place that can move. */
  catchUp(): void {
    const { behind } = this.place;
    if (behind !== null && this.#holderCanMove()) {
      this.#advance(behind, this.#front.next);
      if (this.place.hasReached(this.#front.next) && this.#holderCanMove()) this.place.isAtFront();
    }
    if (this.#frontCanMove()) this.#advance(this.#front, this.#log.end);
  }

  #holderCanMove(): boolean {
    return this.place.behind !== null && this.holds.size === 0 && this.place.isReady;
  }

  /** The front is needed where the holder is, and where own batches wait for their positions. */
  #frontCanMove(): boolean {
    const isWanted = this.#front === this.handedOver || this.#tickets.areAwaited;
    return isWanted && this.holds.size === 0 && this.#log.has(this.#front.next);
  }

  /** Moves `cursor` on by a slice: until `end` at most, and no further than the holder can take. */
  #advance(cursor: Cursor, end: Instance): void {
    if (cursor.next === end) return;
    const carriesHolder = cursor === this.handedOver;
    for (const { instance, batch } of this.#log.slice(cursor.next, end)) {
      if (this.#hasHalted || this.holds.size > 0 || (carriesHolder && !this.place.isReady)) return;
      this.#pass(cursor, instance, batch);
    }
  }

  /** Moves `cursor` over one instance, and hands the delivered batches to the holder and to the callers here. */
  #pass(cursor: Cursor, instance: Instance, batch: Batch): void {
    const isHolders = cursor === this.handedOver;
    for (const passage of cursor.pass(instance, batch)) {
      if (this.#hasHalted) return; // The holder, or a listener that it has told something, may have closed the queue.
      const tickets = cursor === this.#front ? this.#settle(passage) : null;
      if (isHolders) this.#handOver(passage, tickets);
    }
    // All batches that one instance delivers are handed over together.
    if (isHolders && !this.place.isReady) this.place.fallBehind(this.#front);
    this.#passed();
  }

  /** Answers the `put()`s of a batch of our own, and returns the tickets that are the holder's. */
  #settle({ id, position }: Passage): readonly unknown[] | null {
    const tickets = this.#tickets.settle(id, position);
    if (tickets === null) return null;
    const reachesHolder = this.#front === this.handedOver;
    assert(reachesHolder || !tickets.some((ticket) => ticket !== undefined), 'a ticket has a holder that it goes to', {
      batch: id,
    });
    return tickets;
  }

  #handOver(passage: Passage, tickets: readonly unknown[] | null): void {
    try {
      this.place.give(passage, tickets);
    } catch (error) {
      this.#tickets.failed(tickets);
      throw error;
    }
  }
}
