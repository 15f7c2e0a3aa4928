import type { ProcessId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import type { Outbox } from './outbox.js';

/** Why a well-formed message counts for nothing. */
export type RefusalReason =
  /** A ballot of a process that is no member. */
  | 'coordinator of no view'
  /** A reign number or watermark far beyond all that is known. */
  | 'number beyond reason'
  /** A batch whose body is not the one that its id names, or none that a proposer makes. */
  | 'unsound batch'
  /** A batch that neither its proposer has sent nor anybody who was asked for it. */
  | 'batch of another'
  /** Decisions that nobody has asked for. */
  | 'unasked'
  /** What no role of the protocol says: a fast ballot where only a classic one may be, votes outside of the part they are in. */
  | 'against the protocol';

/**
 * Counts what is refused, and says so from time to time: it may come from a process of another release, from damaged memory,
 * or from somebody who wants to do harm.
 */
export class Refusals {
  readonly #outbox: Outbox;
  readonly #counts = new Map<RefusalReason, number>();
  #latest: ProcessId | null = null;
  /** Ticks until it may be said again. */
  #silence = 0;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  count(from: ProcessId, reason: RefusalReason): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    this.#latest = from;
  }

  tick(): void {
    if (this.#silence > 0) this.#silence -= 1;
    if (this.#latest === null || this.#silence > 0) return;
    this.#outbox.notice({ kind: 'refused', counts: Object.fromEntries(this.#counts), latest: this.#latest });
    this.#latest = null;
    this.#silence = limits.refusalsToldTicks;
  }
}
