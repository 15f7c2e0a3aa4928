import type { Verdict } from '../../model/checkpoint.js';
import type { Instance, ProcessId } from '../../model/ids.js';
import type { View } from '../../model/view.js';

/** So many places are remembered. */
const PLACES_MAX = 8;

/** States at one place that are not equal. */
export interface Difference {
  readonly facts: Readonly<Record<string, unknown>>;
  /** Null while no majority is known to agree against this process. */
  readonly verdict: Verdict | null;
}

/** The digests that processes announce of their checkpoints at ends of stretches, where equal states make equal checkpoints. */
export class Digests {
  readonly #self: ProcessId;
  readonly #places = new Map<Instance, Map<ProcessId, string>>();

  constructor(self: ProcessId) {
    this.#self = self;
  }

  /**
   * Takes notice of what `from` says. Returns who says what where a member of `view` says something else than this process,
   * with the verdict where a majority says one thing, and this process another; null where nobody is known to differ.
   */
  note(
    from: ProcessId,
    { next, digest }: { readonly next: Instance; readonly digest: string },
    view: View,
  ): Difference | null {
    if (from !== this.#self && !view.has(from)) return null;
    const digests = this.#at(next);
    digests.set(from, digest);
    const mine = digests.get(this.#self);
    const others = [...digests].filter(([process, other]) => other !== mine && view.has(process));
    if (mine === undefined || others.length === 0) return null;
    const upheld = others
      .map(([, other]) => other)
      .find((other) => others.filter(([, another]) => another === other).length >= view.classicQuorum);
    return {
      facts: { next, digests: [...digests] },
      verdict: upheld === undefined ? null : { next, refuted: mine, upheld },
    };
  }

  #at(next: Instance): Map<ProcessId, string> {
    const known = this.#places.get(next);
    if (known !== undefined) return known;
    const digests = new Map<ProcessId, string>();
    this.#places.set(next, digests);
    for (const oldest of this.#places.keys()) {
      if (this.#places.size <= PLACES_MAX) break;
      this.#places.delete(oldest);
    }
    return digests;
  }
}
