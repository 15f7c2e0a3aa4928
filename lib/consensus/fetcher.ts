import { compareBallots, NO_BALLOT, type Ballot } from '../model/ballot.js';
import { partsOf, type BatchId } from '../model/batch.js';
import type { Instance, ProcessId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import type { Tally } from './instance-log.js';
import type { MessageOf } from './messages.js';
import type { Shared } from './shared.js';

interface Want {
  readonly instance: Instance;
  /** Who has been asked since the questions began, or began anew. */
  readonly asked: Set<ProcessId>;
  /** The highest ballot in which anybody was known to have voted for it at the last question. */
  ballot: Ballot;
  ticks: number;
  wait: number;
}

/** Asks for batches whose ids are known and whose bodies have not come: first those who are known to hold them. */
export class Fetcher {
  readonly #shared: Shared;
  readonly #wants = new Map<BatchId, Want>();

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  want(id: BatchId, instance: Instance): void {
    if (this.#wants.has(id)) return;
    this.#wants.set(id, { instance, asked: new Set(), ballot: NO_BALLOT, ticks: 0, wait: limits.fetchTicks });
  }

  /** Whether the batch is asked for, so that what comes is an answer. */
  wants(id: BatchId): boolean {
    return this.#wants.size > 0 && this.#wants.has(id);
  }

  /** The batch is here. Returns whether anybody has wanted it. */
  got(id: BatchId): boolean {
    return this.#wants.size > 0 && this.#wants.delete(id);
  }

  tick(): void {
    for (const [id, want] of this.#wants) {
      if (want.instance < this.#shared.log.first) this.#wants.delete(id);
      else this.#tickOne(id, want);
    }
  }

  /**
   * Somebody lacks a batch at an instance: it is sent; or that it is known to be a duplicate there; or, where the
   * instance was decided long ago, what was decided.
   */
  onFetch(from: ProcessId, { id, instance }: MessageOf<'fetch'>): void {
    const { log, pool, outbox } = this.#shared;
    const vote = log.find(instance)?.vote;
    const batch = pool.get(id) ?? (vote?.batch.id === id ? vote.batch : undefined);
    if (batch !== undefined && batch.body.length > 0) outbox.send(from, { kind: 'batch', batch });
    else if (batch !== undefined) outbox.send(from, { kind: 'duplicate', id, instance });
    else if (instance < log.first) outbox.supply({ to: from, from: instance, until: null });
  }

  /**
   * The questions go to one after the other, at growing intervals. They begin anew when a vote for the batch in a higher
   * ballot is heard: who has just voted holds it and is alive, which those asked so far need not be.
   */
  #tickOne(id: BatchId, want: Want): void {
    const tallies = this.#talliesOf(id, want.instance);
    const ballot = tallies[0]?.ballot ?? NO_BALLOT;
    const anew = want.asked.size > 0 && compareBallots(ballot, want.ballot) > 0;
    want.ticks += 1;
    if (want.ticks < want.wait && !anew) return;
    want.ticks = 0;
    want.ballot = ballot;
    want.wait = Math.min(2 * (anew ? limits.fetchTicks : want.wait), limits.retryTicksMax);
    if (anew) want.asked.clear();
    this.#ask(id, want, this.#sources(id, want.instance, tallies));
  }

  /** Asks the first who has not been asked; when all have been, the first of all again. */
  #ask(id: BatchId, want: Want, sources: readonly ProcessId[]): void {
    let to = sources.find((source) => !want.asked.has(source));
    if (to === undefined) {
      want.asked.clear();
      to = sources[0];
    }
    if (to === undefined) return;
    want.asked.add(to);
    this.#shared.outbox.send(to, { kind: 'fetch', id, instance: want.instance });
  }

  /** Who is known to have voted for the batch at the instance, the highest ballot first. */
  #talliesOf(id: BatchId, instance: Instance): Tally[] {
    const tallies = this.#shared.log.find(instance)?.tallies.filter((tally) => tally.id === id) ?? [];
    return tallies.sort((a, b) => compareBallots(b.ballot, a.ballot));
  }

  /**
   * Whom to ask, in order. A vote is written with the batch: those whose votes for it are known hold it, and the later
   * they have voted, the likelier they are still alive. Then its proposer, then all others. Among equals everyone begins
   * with the member after itself, lest all ask the same one.
   */
  #sources(id: BatchId, instance: Instance, tallies: readonly Tally[]): ProcessId[] {
    const { self, views } = this.#shared;
    const view = views.at(instance);
    const next = view.rankOf(self) + 1;
    const members = [...view.members.slice(next), ...view.members.slice(0, next)];
    const voters = tallies.flatMap((tally) =>
      members.filter((member) => (tally.members & (1 << view.rankOf(member))) !== 0),
    );
    const sources = new Set([...voters, partsOf(id).process, ...members]);
    sources.delete(self);
    return [...sources];
  }
}
