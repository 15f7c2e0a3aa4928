import { InvariantViolation } from '../model/errors.js';
import type { Instance, ProcessId } from '../model/ids.js';
import type { View } from '../model/view.js';

/** So many places are remembered. */
const PLACES_MAX = 8;

/** What processes say that their checkpoints are at ends of stretches, where equal states make equal ones. */
export class Digests {
  readonly #self: ProcessId;
  readonly #places = new Map<Instance, Map<ProcessId, string>>();

  constructor(self: ProcessId) {
    this.#self = self;
  }

  /**
   * Takes notice of what `from` says. Returns who says what where a member of `view` says something else than this process,
   * and null where nobody is known to.
   * @throws InvariantViolation where a majority says one thing, and this process another
   */
  note(
    from: ProcessId,
    { next, digest }: { readonly next: Instance; readonly digest: string },
    view: View,
  ): object | null {
    if (from !== this.#self && !view.has(from)) return null;
    const digests = this.#at(next);
    digests.set(from, digest);
    const mine = digests.get(this.#self);
    const others = [...digests].filter(([process, other]) => other !== mine && view.has(process));
    if (mine === undefined || others.length === 0) return null;
    const facts = { next, digests: [...digests] };
    const isOutvoted = others.some(
      ([, digest]) => others.filter(([, other]) => other === digest).length >= view.classicQuorum,
    );
    if (isOutvoted) throw new InvariantViolation('equal logs make equal states', facts);
    return facts;
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
