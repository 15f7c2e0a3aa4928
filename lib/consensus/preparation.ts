import type { Ballot } from '../model/ballot.js';
import { after, type Instance, laterOf, type ProcessId } from '../model/ids.js';
import type { View } from '../model/view.js';
import { EVERYONE, type MessageOf, type ReportedVote } from './messages.js';
import type { Shared } from './shared.js';

type PreparationShared = Pick<Shared, 'log' | 'views' | 'outbox' | 'settings' | 'roundTrips'>;

/** The promise of one member. */
interface Promised {
  /** Everything below is decided, as the member has said last. */
  readonly watermark: Instance;
  readonly votes: readonly ReportedVote[];
}

/**
 * The promises of the members of one view: a classic quorum is needed if the view governs an instance that the promises leave
 * undecided.
 */
export interface PromisesOfView {
  readonly view: View;
  readonly promises: readonly Promised[];
}

/** Complete once `next` is null. */
interface Answer {
  watermark: Instance;
  readonly votes: ReportedVote[];
  /** Where the next part begins; null after the last. */
  next: Instance | null;
}

/**
 * Phase 1 of one reign. A promise that does not fit what leaves as datagrams comes in parts, of which each covers the instances from
 * where the one before has ended; a member counts once all of them are here, in each view that it belongs to. Why parts of different moments make one
 * promise is said in docs/protocol.md.
 */
export class Preparation {
  readonly ballot: Ballot;
  readonly #from: Instance;
  readonly #shared: PreparationShared;
  /** The views that govern undecided instances, and the answers of their members. */
  readonly #asked: readonly { readonly view: View; readonly answers: Map<ProcessId, Answer> }[];
  /** For how long promises of members that are ahead are left out, if the others may make a quorum. */
  #waryTicks: number;
  #ticks = 0;
  #wait: number;

  /**
   * `isWary` if a member is ahead and does not tell the decisions: the members that are not ahead can decide the same again.
   */
  constructor(ballot: Ballot, shared: PreparationShared, isWary: boolean) {
    const { settings, log, views, roundTrips } = shared;
    this.#shared = shared;
    this.#wait = settings.prepareTicks;
    this.ballot = ballot;
    this.#waryTicks = isWary ? settings.waryTicks + roundTrips.toFarthest : 0;
    this.#from = log.first;
    this.#asked = [...new Set([views.current, views.latest])].map((view) => ({ view, answers: new Map() }));
  }

  /** Phase 1a, to everyone. */
  begin(): void {
    this.#ask(EVERYONE, this.#from);
  }

  /** The complete promises, once they are quorums; otherwise null. */
  get quorums(): readonly PromisesOfView[] | null {
    const level = this.#promises((answer) => answer.next === null && answer.watermark <= this.#from);
    if (this.#areQuorums(level)) return level;
    if (this.#waryTicks > 0) return null;
    const complete = this.#promises((answer) => answer.next === null);
    return this.#areQuorums(complete) ? complete : null;
  }

  #promises(counts: (answer: Answer) => boolean): PromisesOfView[] {
    return this.#asked.map(({ view, answers }) => ({ view, promises: [...answers.values()].filter(counts) }));
  }

  /** Of a view that governs only what is decided no quorum is needed: its members may be gone. */
  #areQuorums(quorums: readonly PromisesOfView[]): boolean {
    const { log, views } = this.#shared;
    const { number } = views.governing(baseOf(quorums, log.first));
    return quorums.every(({ view, promises }) => view.number < number || promises.length >= view.classicQuorum);
  }

  /** Takes a part of a promise, and asks for the next. Returns whether it was the one that was awaited. */
  onPromise(from: ProcessId, promise: MessageOf<'promise'>): boolean {
    const asked = this.#asked.filter(({ view }) => view.has(from));
    const known = asked[0]?.answers.get(from);
    if (asked.length === 0) return false;
    const answer = known ?? { watermark: promise.watermark, votes: [], next: this.#from };
    if (promise.from !== answer.next) return false;
    answer.watermark = laterOf(answer.watermark, promise.watermark);
    for (const vote of promise.votes) answer.votes.push(vote);
    answer.next = promise.until;
    for (const { answers } of asked) answers.set(from, answer);
    this.#wait = this.#shared.settings.prepareTicks;
    if (answer.next !== null) this.#ask(from, answer.next);
    return true;
  }

  /**
   * Asks again, at growing intervals: everyone while a member has not answered at all, and each member for the parts that are
   * missing.
   */
  tick(): void {
    if (this.#waryTicks > 0) this.#waryTicks -= 1;
    this.#ticks += 1;
    const { settings, roundTrips } = this.#shared;
    if (this.#ticks < this.#wait + roundTrips.toQuorum) return;
    this.#ticks = 0;
    this.#wait = Math.min(2 * this.#wait, settings.retryTicksMax);
    if (this.#asked.some(({ view, answers }) => answers.size < view.size)) this.#ask(EVERYONE, this.#from);
    const answers = new Map(this.#asked.flatMap((asked) => [...asked.answers]));
    for (const [member, { next }] of answers) if (next !== null) this.#ask(member, next);
  }

  /** The own promise is durable before anyone hears of the ballot. */
  #ask(to: ProcessId | typeof EVERYONE, from: Instance): void {
    this.#shared.outbox.sendOnceDurable(to, { kind: 'prepare', ballot: this.ballot, from });
  }
}

/** Below this instance everything is decided, as a promise says; `from` if no promise names a higher one. */
export function baseOf(quorums: readonly PromisesOfView[], from: Instance): Instance {
  let base = from;
  for (const { promises } of quorums) for (const { watermark } of promises) base = laterOf(base, watermark);
  return base;
}

/**
 * Whether a part is one that an acceptor can have made: it has votes only where the part says that it has, in their order,
 * and within α from its watermark on: the window of its acceptor, which may be another one than here, is never larger.
 */
export function isPartOfPromise(
  { from, until, watermark, votes }: MessageOf<'promise'>,
  borderInstances: number,
): boolean {
  const limit = after(watermark, borderInstances);
  if (until !== null && (until <= from || until > limit)) return false;
  let next = laterOf(from, watermark);
  for (const { instance } of votes) {
    if (instance < next) return false;
    next = after(instance);
  }
  return votes.length === 0 || next <= (until ?? limit);
}
