import type { Ballot } from '../model/ballot.js';
import { after, laterOf, type Instance, type ProcessId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import type { View } from '../model/view.js';
import { EVERYONE, type MessageOf, type ReportedVote } from './messages.js';
import type { Outbox } from './outbox.js';

/** What one member has promised: complete once `next` is null. */
export interface Promised {
  /** Everything below is decided, as the member has said last. */
  readonly watermark: Instance;
  readonly votes: readonly ReportedVote[];
}

interface Answer {
  watermark: Instance;
  readonly votes: ReportedVote[];
  /** Where the next part begins; null after the last. */
  next: Instance | null;
}

/**
 * Phase 1 of one reign. A promise that does not fit a datagram comes in parts, of which each covers the instances from
 * where the one before has ended; a member counts once all of them are here. Why parts of different moments make one
 * promise is said in docs/protocol.md.
 */
export class Preparation {
  readonly ballot: Ballot;
  readonly #from: Instance;
  readonly #view: View;
  readonly #outbox: Outbox;
  readonly #answers = new Map<ProcessId, Answer>();
  /** For how long promises of those who are ahead are left out, if the others may make a quorum. */
  #waryTicks: number;
  #ticks = 0;
  #wait: number = limits.prepareTicks;

  /** `isWary` where somebody is ahead and does not tell what was decided: whoever is not can decide the same again. */
  constructor(ballot: Ballot, from: Instance, view: View, outbox: Outbox, isWary: boolean) {
    this.ballot = ballot;
    this.#waryTicks = isWary ? limits.waryTicks : 0;
    this.#from = from;
    this.#view = view;
    this.#outbox = outbox;
  }

  /** Phase 1a, to everyone. */
  begin(): void {
    this.#ask(EVERYONE, this.#from);
  }

  /** The complete promises, once a classic quorum is; otherwise null. */
  get quorum(): readonly Promised[] | null {
    const complete = [...this.#answers.values()].filter(({ next }) => next === null);
    const level = complete.filter(({ watermark }) => watermark <= this.#from);
    if (level.length >= this.#view.classicQuorum) return level;
    if (this.#waryTicks > 0) return null;
    return complete.length < this.#view.classicQuorum ? null : complete;
  }

  /** Takes a part of a promise, and asks for the next. Returns whether it was the one that was awaited. */
  onPromise(from: ProcessId, promise: MessageOf<'promise'>): boolean {
    if (!this.#view.has(from)) return false;
    const answer = this.#answers.get(from) ?? { watermark: promise.watermark, votes: [], next: this.#from };
    if (promise.from !== answer.next) return false;
    answer.watermark = laterOf(answer.watermark, promise.watermark);
    for (const vote of promise.votes) answer.votes.push(vote);
    answer.next = promise.until;
    this.#answers.set(from, answer);
    this.#wait = limits.prepareTicks;
    if (answer.next !== null) this.#ask(from, answer.next);
    return true;
  }

  /** Asks again, at growing intervals: whoever has not answered at all, and each of the others for what it has left out. */
  tick(): void {
    if (this.#waryTicks > 0) this.#waryTicks -= 1;
    this.#ticks += 1;
    if (this.#ticks < this.#wait) return;
    this.#ticks = 0;
    this.#wait = Math.min(2 * this.#wait, limits.retryTicksMax);
    if (this.#view.members.some((member) => !this.#answers.has(member))) this.#ask(EVERYONE, this.#from);
    for (const [member, { next }] of this.#answers) if (next !== null) this.#ask(member, next);
  }

  /** The own promise is durable before anyone hears of the ballot. */
  #ask(to: ProcessId | typeof EVERYONE, from: Instance): void {
    this.#outbox.sendOnceDurable(to, { kind: 'prepare', ballot: this.ballot, from });
  }
}

/**
 * Whether a part is one that an acceptor can have made: it has votes only where the part says that it has, in their order,
 * and within a window from its watermark on.
 */
export function isPartOfPromise({ from, until, watermark, votes }: MessageOf<'promise'>): boolean {
  const limit = after(watermark, limits.windowInstances);
  if (until !== null && (until <= from || until > limit)) return false;
  let next = laterOf(from, watermark);
  for (const { instance } of votes) {
    if (instance < next) return false;
    next = after(instance);
  }
  return votes.length === 0 || next <= (until ?? limit);
}
