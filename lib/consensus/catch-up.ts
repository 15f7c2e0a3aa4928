import type { BatchId } from '../model/batch.js';
import { after, laterOf, type Instance, type ProcessId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import { mayPrecedeAnswer, type Arriving } from './arriving.js';
import { batchOf, type Shared } from './shared.js';

/** How many ticks without progress mean that something was lost rather than that it is on its way. */
const STALLED_TICKS = 2;

/** Nobody is waited for longer, who says nothing. */
const PATIENCE_TICKS_MAX = 500;

/** Instances of one question: as many questions as may be open at once ask for the whole window. */
const QUESTION_INSTANCES = Math.ceil(limits.windowInstances / limits.catchUpQuestions);

/** A member that may be asked for what it knows to be decided. Times are in ticks since the start. */
interface Source {
  readonly process: ProcessId;
  watermark: Instance;
  askedAt: number;
  answeredAt: number;
  /** It has answered nothing in the time it was given: it is asked after all others, and one question at a time. */
  isSilent: boolean;
  /** How long it may be silent: doubles each time that it is, until it answers in less. */
  patienceTicks: number;
}

/** Asks for what was decided from `from` on and below `to`. */
interface Question {
  readonly from: Instance;
  readonly to: Instance;
  readonly source: Source;
  readonly askedAt: number;
  readonly patienceTicks: number;
  /** When anything last came from the source, and how much since the question. */
  arrivedAt: number;
  arrivedBytes: number;
}

/**
 * Repairs gaps from members that are ahead: every message tells its sender's watermark, and who is behind and makes no
 * progress asks those for what was decided. Several questions are open at once, for different parts of the window and
 * spread over all that are ahead, so that their disks and connections work at the same time. Nothing is remembered of
 * what has been answered: the log tells what is still lacking.
 */
export class CatchUp {
  readonly #shared: Shared;
  readonly #isComing: (id: BatchId) => boolean;
  readonly #sources = new Map<ProcessId, Source>();
  #open: readonly Question[] = [];
  #now = 0;
  #lastFirst = -1;
  #idleTicks = 0;

  /** `isComing` says whether a batch is known to be on its way, so that only its fetcher need ask for it. */
  constructor(shared: Shared, isComing: (id: BatchId) => boolean) {
    this.#shared = shared;
    this.#isComing = isComing;
  }

  /**
   * Whether somebody is ahead by more than the window. That is never so of a whole quorum: whoever voted for the last
   * decision wrote, along with the vote, a watermark that is at most a window behind it.
   */
  get isFarBehind(): boolean {
    return this.#lag > limits.windowInstances;
  }

  /** Below this instance a member knows what was decided. */
  get known(): Instance {
    const { log } = this.#shared;
    const isDecided = (log.find(log.first)?.decided ?? null) !== null;
    return laterOf(this.#furthest, isDecided ? after(log.first) : log.first);
  }

  /** Of those who are no members nobody is asked: see docs/protocol.md, "Repair". */
  heard(from: ProcessId, watermark: Instance): void {
    const { views, log } = this.#shared;
    if (!views.isMember(from)) return;
    const known = this.#sources.get(from);
    if (known === undefined) {
      const { retryTicks: patienceTicks } = limits;
      this.#sources.set(from, { process: from, watermark, askedAt: 0, answeredAt: 0, isSilent: false, patienceTicks });
    } else {
      known.watermark = watermark;
      // A mute source may have recovered by the next time that anything is lacking; a dead one is not heard.
      if (this.#open.length === 0) known.isSilent = false;
    }
    this.#forgetPassed();
    if (this.#open.length === 0 && watermark - log.first > limits.windowInstances / 2) this.#ask(this.#furthest);
  }

  /**
   * What was decided from `first` on has been taken in. If that is what was asked for, whatever is still lacking is asked
   * for at once; an answer that comes late or twice leads to no question, lest they multiply.
   */
  answered(from: ProcessId, first: Instance): void {
    const source = this.#sources.get(from);
    if (source === undefined) return;
    source.isSilent = false;
    source.answeredAt = this.#now;
    if (this.#now - source.askedAt <= limits.retryTicks) source.patienceTicks = limits.retryTicks;
    const question = this.#open.find((open) => open.source === source && open.from === first);
    if (question === undefined || this.#lacks(first)) return;
    this.#open = this.#open.filter((open) => open !== question);
    this.#forgetPassed();
    // What the others have decided since the answer left is on its way, unless there is so much of it.
    this.#ask(this.#lag > limits.windowInstances / 2 ? this.#furthest : source.watermark);
  }

  /**
   * Something large is coming from a process: what it was asked for may be behind that, as it may be behind whatever waited
   * to be sent when it was asked, and no more than that.
   */
  arriving({ from, bytes, agoTicks }: Arriving): void {
    for (const question of this.#open) {
      if (question.source.process !== from || !mayPrecedeAnswer(agoTicks, this.#now - question.askedAt)) continue;
      question.arrivedBytes += bytes;
      if (question.arrivedBytes <= limits.arrivalBytesMax) question.arrivedAt = this.#now;
    }
  }

  tick(): void {
    const { first } = this.#shared.log;
    this.#now += 1;
    this.#idleTicks = first === this.#lastFirst ? this.#idleTicks + 1 : 0;
    this.#lastFirst = first;
    this.#forgetPassed();
    const before = this.#open.length;
    this.#giveUpOverdue();
    const isStalled = before === 0 && this.#idleTicks >= STALLED_TICKS;
    if (isStalled || this.#open.length < before) this.#ask(this.#furthest);
  }

  get #furthest(): Instance {
    let furthest = 0 as Instance;
    for (const { watermark } of this.#sources.values()) furthest = laterOf(furthest, watermark);
    return furthest;
  }

  get #lag(): number {
    return this.#furthest - this.#shared.log.first;
  }

  /** Whatever else has moved the window, nobody needs the answers to questions below it. */
  #forgetPassed(): void {
    const { first } = this.#shared.log;
    if (this.#open.some(({ to }) => to <= first)) this.#open = this.#open.filter(({ to }) => to > first);
  }

  /** A source that has answered nothing since an overdue question is given up with all questions that it was asked. */
  #giveUpOverdue(): void {
    const overdue = this.#open.filter(({ arrivedAt, patienceTicks }) => this.#now - arrivedAt >= patienceTicks);
    for (const { source, askedAt } of overdue) {
      if (source.answeredAt > askedAt || source.isSilent) continue;
      source.isSilent = true;
      source.patienceTicks = Math.min(2 * source.patienceTicks, PATIENCE_TICKS_MAX);
    }
    const isGivenUp = (question: Question) =>
      overdue.includes(question) || overdue.some(({ source }) => source.isSilent && source === question.source);
    if (overdue.length > 0) this.#open = this.#open.filter((question) => !isGivenUp(question));
  }

  /** Asks for what is lacking below `end`, as far as the window and the number of questions allow. */
  #ask(end: Instance): void {
    while (this.#open.length < limits.catchUpQuestions) {
      const range = this.#nextRange(end);
      const source = range === null ? null : this.#sourceOf(range.from, range.to);
      if (range === null || source === null) return;
      this.#question(source, range.from, range.to);
    }
  }

  #question(source: Source, from: Instance, to: Instance): void {
    const asked = [...this.#open.filter((open) => open.source === source), { from, to }];
    const bytes = asked.reduce((sum, open) => sum + expectedBytes(open.from, open.to, source.watermark), 0);
    const patienceTicks = source.patienceTicks + Math.floor(bytes / limits.bytesATick);
    const askedAt = this.#now;
    source.askedAt = askedAt;
    this.#open = [...this.#open, { from, to, source, askedAt, patienceTicks, arrivedAt: askedAt, arrivedBytes: 0 }];
    this.#shared.outbox.send(source.process, { kind: 'catch-up', from, to });
  }

  /** The first instances of the window that are lacking below `end` and are not asked for; null where there are none. */
  #nextRange(end: Instance): { readonly from: Instance; readonly to: Instance } | null {
    const { log } = this.#shared;
    let from = log.first;
    while (from < end && from < log.limit) {
      const open = this.#open.find((question) => question.from <= from && from < question.to);
      if (open === undefined && this.#lacks(from)) {
        const nextOpen = this.#open.map((question) => question.from).filter((instance) => instance > from);
        let to = Math.min(after(from, QUESTION_INSTANCES), log.limit, ...nextOpen) as Instance;
        while (!this.#lacks(after(to, -1))) to = after(to, -1);
        return { from, to };
      }
      from = open?.to ?? after(from);
    }
    return null;
  }

  #lacks(instance: Instance): boolean {
    const { log } = this.#shared;
    if (instance < log.first) return false;
    const slot = log.find(instance);
    if (slot === undefined || slot.decided === null) return true;
    return batchOf(this.#shared, slot, slot.decided) === undefined && !this.#isComing(slot.decided);
  }

  #sourceOf(from: Instance, to: Instance): Source | null {
    let best: Source | null = null;
    for (const source of this.#sources.values()) {
      if (source.watermark <= from || (source.isSilent && this.#questionsTo(source) > 0)) continue;
      if (best === null || this.#isBetter(source, best, to)) best = source;
    }
    return best;
  }

  /** Whether `a` is rather to be asked than `b`: it answers, has all that is asked for, has less to do, was asked earlier. */
  #isBetter(a: Source, b: Source, to: Instance): boolean {
    if (a.isSilent !== b.isSilent) return b.isSilent;
    if (!a.isSilent) {
      const more = Math.min(a.watermark, to) - Math.min(b.watermark, to);
      if (more !== 0) return more > 0;
      const busier = this.#questionsTo(a) - this.#questionsTo(b);
      if (busier !== 0) return busier < 0;
    }
    return a.askedAt < b.askedAt;
  }

  #questionsTo(source: Source): number {
    return this.#open.filter((question) => question.source === source).length;
  }
}

/** What an answer may hold at most, as far as is known; answers to several questions come one after the other. */
function expectedBytes(from: Instance, to: Instance, watermark: Instance): number {
  return Math.min(limits.catchUpBytes, (Math.min(to, watermark) - from) * limits.batchBytesMax);
}
