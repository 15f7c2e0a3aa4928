import type { Checkpoint } from '../../model/checkpoint.js';
import type { ProcessId } from '../../model/ids.js';

/** A checkpoint, and the processes that have it. */
export interface Offer {
  readonly checkpoint: Checkpoint;
  readonly sources: ReadonlySet<ProcessId>;
}

/** Offers are gathered for so long, so that the furthest is taken. */
const OFFER_TICKS = 5;

/** So many different offers are remembered. */
const OFFERS_MAX = 8;

/** The checkpoints that other processes have offered, gathered until one of them is taken. */
export class Offers {
  readonly #byDigest = new Map<string, { readonly checkpoint: Checkpoint; readonly sources: Set<ProcessId> }>();
  /** Since the first of them came. */
  #ticks = 0;

  get isEmpty(): boolean {
    return this.#byDigest.size === 0;
  }

  /** Whether they have been gathered for long enough. */
  get areComplete(): boolean {
    return !this.isEmpty && this.#ticks >= OFFER_TICKS;
  }

  add(from: ProcessId, checkpoint: Checkpoint): void {
    if (this.isEmpty) this.#ticks = 0;
    const known = this.#byDigest.get(checkpoint.digest);
    if (known !== undefined) known.sources.add(from);
    else if (this.#byDigest.size < OFFERS_MAX)
      this.#byDigest.set(checkpoint.digest, { checkpoint, sources: new Set([from]) });
  }

  clear(): void {
    this.#byDigest.clear();
  }

  tick(): void {
    this.#ticks += 1;
  }

  /** Forgets all of them, and returns the one that ends furthest of those that are wanted; null where none is. */
  take(isWanted: (checkpoint: Checkpoint) => boolean): Offer | null {
    const wanted = [...this.#byDigest.values()].filter(({ checkpoint }) => isWanted(checkpoint));
    this.clear();
    return wanted.sort((a, b) => b.checkpoint.next - a.checkpoint.next)[0] ?? null;
  }
}
