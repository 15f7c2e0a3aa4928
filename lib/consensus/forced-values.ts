import { assert } from '../model/assert.js';
import { after, earlierOf, type Instance, laterOf } from '../model/ids.js';
import type { View } from '../model/view.js';
import type { GroupViews } from './membership/views.js';
import type { Item, ReportedVote } from './messages.js';
import { pick } from './picking.js';
import { baseOf, type PromisesOfView } from './preparation.js';

/**
 * The values that phase 1 of a reign forces: below the highest watermark promised everything is decided; from there to the
 * highest vote the picking rule gives the values to propose. They are picked as the coordinator's window moves, because a member
 * that is ahead may have voted where the coordinator cannot know yet which view governs.
 */
export class ForcedValues {
  /** Everything below is decided. */
  readonly base: Instance;
  /** Nothing is forced from here on. */
  readonly end: Instance;
  /** The answers of the members of each view, by instance. */
  readonly #votes: ReadonlyMap<View, readonly ReadonlyMap<Instance, ReportedVote>[]>;
  #next: Instance;

  /** `first` is the coordinator's own watermark. */
  constructor(quorums: readonly PromisesOfView[], first: Instance) {
    const votes = quorums.flatMap(({ promises }) => promises.flatMap((promise) => promise.votes));
    this.base = baseOf(quorums, first);
    this.end = votes.reduce((highest, vote) => laterOf(highest, after(vote.instance)), this.base);
    this.#next = this.base;
    this.#votes = new Map(
      quorums.map(({ view, promises }) => [
        view,
        promises.map((promise) => new Map(promise.votes.map((vote) => [vote.instance, vote]))),
      ]),
    );
  }

  /** Whether all have been taken. */
  get areTaken(): boolean {
    return this.#next === this.end;
  }

  /** Takes those below `limit`, where `views` are known: each is given once. */
  *take(limit: Instance, views: GroupViews): Generator<Item> {
    const end = earlierOf(this.end, limit);
    while (this.#next < end) {
      const instance = this.#next;
      this.#next = after(instance);
      yield { instance, id: this.#pickAt(instance, views.governing(instance)) };
    }
  }

  /** The votes of the members of the view that governs the instance count, and no others. */
  #pickAt(instance: Instance, view: View): Item['id'] {
    const answers = this.#votes.get(view);
    assert(answers !== undefined, 'a reign has the promises of each view that it proposes in', { instance, view });
    return pick(
      answers.map((answer) => answer.get(instance) ?? null),
      view,
    );
  }
}
