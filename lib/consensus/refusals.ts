import type { ProcessId } from '../model/ids.js';
import type { Settings } from '../model/settings.js';
import type { Outbox } from './outbox.js';

/** The reason why a well-formed message does not count. */
export type RefusalReason =
  /** A ballot of a process that is no member. */
  | 'coordinator of no view'
  /** A reign number or watermark far above all known ones. */
  | 'number beyond reason'
  /** A batch whose body does not match its id, or that no proposer makes. */
  | 'unsound batch'
  /** A batch that neither its proposer has sent nor a process that was asked for it. */
  | 'batch of another'
  /** Decisions that nobody has asked for. */
  | 'unasked'
  /**
   * A message that no role of the protocol sends: a fast ballot where only a classic one may be, votes outside of the part that
   * names them.
   */
  | 'against the protocol';

/**
 * Counts refused messages, and reports them from time to time: they may come from a process of another release, from damaged
 * memory, or from an attacker.
 */
export class Refusals {
  readonly #outbox: Outbox;
  readonly #settings: Settings;
  readonly #counts = new Map<RefusalReason, number>();
  #latest: ProcessId | null = null;
  /** Ticks until the next report. */
  #silence = 0;

  constructor(outbox: Outbox, settings: Settings) {
    this.#settings = settings;
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
    this.#silence = this.#settings.refusalsToldTicks;
  }
}
