import type { Instance } from '../../model/ids.js';
import { plus } from './inventory.js';
import type { Doubt, SegmentChecks } from './segment-checks.js';

/** The digest of a segment after a repair, given that before; null where it is not known. */
export type DigestChange = (digest: number | null) => number | null;

/** The repairs of one commit: entries below the watermark that were learnt again, and the digests that they change. */
export class CommitRepairs {
  readonly #checks: SegmentChecks;
  /** The digests' shares of the entries. */
  readonly #shares = new Map<Instance, number>();

  constructor(checks: SegmentChecks) {
    this.#checks = checks;
  }

  add(instance: Instance, share: number): void {
    this.#shares.set(instance, share);
  }

  /**
   * Calls `change` for each change of a segment's digest, with an instance of the segment. A single entry that is replaced
   * leaves its segment's digest unknown; a part in doubt that is replaced whole does not.
   */
  changeDigests(change: (instance: Instance, digestAfter: DigestChange) => void): void {
    for (const instance of this.#shares.keys())
      if (this.#checks.doubtAround(instance) === null) change(instance, unknown);
    for (const doubt of this.#doubtsLearntAgain()) {
      const sum = [...this.#repairedIn(doubt).values()].reduce(plus, 0);
      change(doubt.from, (digest) => (digest === null ? null : plus(digest, sum - doubt.expected)));
    }
  }

  /** They are durable. */
  done(): void {
    const settled = this.#doubtsLearntAgain();
    for (const [instance, share] of this.#shares) {
      const doubt = this.#checks.doubtAround(instance);
      if (doubt) doubt.repaired.set(instance, share);
      else this.#checks.forgetLoaded(instance);
    }
    for (const doubt of settled) this.#checks.settle(doubt);
  }

  #doubtsLearntAgain(): Doubt[] {
    const doubts = new Set([...this.#shares.keys()].map((instance) => this.#checks.doubtAround(instance)));
    return [...doubts]
      .filter((doubt) => doubt !== null)
      .filter((doubt) => this.#repairedIn(doubt).size === doubt.end - doubt.from);
  }

  #repairedIn({ from, end, repaired }: Doubt): Map<Instance, number> {
    const now = [...this.#shares].filter(([instance]) => from <= instance && instance < end);
    return new Map([...repaired, ...now]);
  }
}

function unknown(): null {
  return null;
}
