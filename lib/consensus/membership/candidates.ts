import { type GroupBase, isSameBase } from '../../model/base.js';
import { constants } from '../../model/constants.js';
import type { ProcessId } from '../../model/ids.js';
import type { Founding } from '../../model/records.js';
import { groupIdOf } from '../../model/view.js';
import type { Intent, MessageOf } from '../messages.js';
import type { Shared } from '../shared.js';
import type { FoundingOptions } from './founding-options.js';
import type { Signature } from './signature.js';

/**
 * The processes that belong to no group and would found one like this one would: with as many replicas, from the same backup
 * and with the same α. The lowest of them proposes the founding.
 */
export class Candidates {
  readonly #shared: Shared;
  readonly #options: FoundingOptions;
  readonly #base: GroupBase;
  readonly #borderInstances: number;
  readonly #signature: Signature;
  /** Processes heard of that have not come to join a group, and when. */
  readonly #candidates = new Map<ProcessId, { readonly heard: number; readonly isWilling: boolean }>();
  /** Processes heard of that were started for another number of replicas, from another backup or with another α. */
  readonly #differing = new Set<ProcessId>();
  #stableSince = 0;
  #lastSet = '';

  constructor(shared: Shared, options: FoundingOptions, base: GroupBase, signature: Signature) {
    this.#shared = shared;
    this.#options = options;
    this.#base = base;
    this.#borderInstances = options.borderInstances ?? constants.borderInstances;
    this.#signature = signature;
  }

  /** What this process announces. */
  hello(intent: Intent): MessageOf<'hello'> {
    const { replicas } = this.#options;
    return { kind: 'hello', replicas, intent, base: this.#base.digest, borderInstances: this.#borderInstances };
  }

  onHello(from: ProcessId, hello: MessageOf<'hello'>): void {
    const { replicas, intent, base, borderInstances } = hello;
    const areFounders = intent !== 'join' && this.#options.founds;
    const foundsAlike = base === this.#base.digest && borderInstances === this.#borderInstances;
    const differs = areFounders && (replicas !== this.#options.replicas || !foundsAlike);
    if (differs) this.#onDifference(from, hello);
    else if (intent !== 'join')
      this.#candidates.set(from, { heard: this.#signature.now, isWilling: intent === 'found' });
  }

  /** Whether this process would found this group, if it is asked to. */
  mayFound({ members, base, borderInstances }: Founding): boolean {
    const { replicas, founds } = this.#options;
    const isAlike = isSameBase(base, this.#base) && borderInstances === this.#borderInstances;
    return founds && members.length === replicas && isAlike;
  }

  /**
   * The founding of the n lowest candidates, if it is for this process to propose: it is the lowest, and the candidates have
   * not changed for a while. Otherwise null. Asked in each tick.
   */
  choose(): Founding | null {
    const { self, settings } = this.#shared;
    const { replicas } = this.#options;
    const { now, releasedAt } = this.#signature;
    for (const [candidate, { heard, isWilling }] of this.#candidates) {
      if (now - heard > settings.helloExpiryTicks) this.#candidates.delete(candidate);
      else if (!isWilling) return null; // It has signed: a group is being founded, and a second one beside it would help nobody.
    }
    const lowest = [self, ...this.#candidates.keys()].sort().slice(0, replicas);
    const set = lowest.join();
    if (set !== this.#lastSet) {
      this.#lastSet = set;
      this.#stableSince = now;
    }
    if (lowest.length < replicas || lowest[0] !== self) return null;
    // After a release the others become willing again as they hear of it.
    const stableTicks = now - Math.max(this.#stableSince, releasedAt);
    if (replicas > 1 && stableTicks < settings.helloTicks) return null;
    return this.#foundingOf(lowest);
  }

  /** The first founding of these members that has not been given up. */
  #foundingOf(members: readonly ProcessId[]): Founding {
    const [base, borderInstances] = [this.#base, this.#borderInstances];
    for (let attempt = 0; ; attempt += 1) {
      const group = groupIdOf(members, attempt, base, borderInstances);
      if (!this.#signature.isGivenUp(group)) return { group, attempt, members, base, borderInstances };
    }
  }

  /** This process gives up now. The other one may have come after its last hello, and must know as well. */
  #onDifference(from: ProcessId, { replicas, base, borderInstances }: MessageOf<'hello'>): void {
    const { outbox } = this.#shared;
    if (!this.#differing.has(from)) outbox.send(from, this.hello('wait'));
    this.#differing.add(from);
    if (replicas !== this.#options.replicas) outbox.notice({ kind: 'replicas-differ', process: from, replicas });
    else if (base !== this.#base.digest)
      outbox.notice({ kind: 'bases-differ', process: from, base, own: this.#base.digest });
    else outbox.notice({ kind: 'borders-differ', process: from, borderInstances, own: this.#borderInstances });
  }
}
