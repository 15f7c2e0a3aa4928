import type { BatchId } from '../model/batch.js';
import { constants } from '../model/constants.js';
import { after, type Instance, laterOf, type ProcessId } from '../model/ids.js';
import type { Settings } from '../model/settings.js';
import { type Arriving, mayPrecedeAnswer } from './arriving.js';
import { batchOf, type Shared } from './shared.js';

/** How many ticks without progress mean that something was lost rather than that it is on its way. */
const STALLED_TICKS = 2;

/** The longest wait for a silent process, in ticks. */
const PATIENCE_TICKS_MAX = 500;

/** A member that may be asked for decisions. Times are in ticks since the start. */
interface Source {
  readonly process: ProcessId;
  watermark: Instance;
  askedAt: number;
  answeredAt: number;
  /** It has not answered in its time: it is asked after all others, and one question at a time. */
  isSilent: boolean;
  /** How long it may be silent: doubles each time that it does not answer, until it answers in less. */
  patienceTicks: number;
}

/** A question for the decisions from `from` on and below `to`. */
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
 * Catches up from members that are ahead: every message tells its sender's watermark, and a process that is behind and makes no
 * progress asks those members for decisions. Several questions are open at once, for different parts of the window and spread
 * over all members that are ahead, so that their disks and connections work at the same time. Answers are not remembered: the
 * log shows which instances are still missing.
 */
export class CatchUp {
  readonly #shared: Shared;
  readonly #isComing: (id: BatchId) => boolean;
  /** The instances that one question asks for: all questions together ask for the window. */
  readonly #questionInstances: number;
  readonly #sources = new Map<ProcessId, Source>();
  #open: readonly Question[] = [];
  #now = 0;
  #lastFirst = -1;
  #idleTicks = 0;
  /** For how long no member has been heard, and how long that may last before one is asked. */
  #quietTicks = 0;
  #quietWait: number;
  /** How many times a member that was not heard has been asked. */
  #probes = 0;

  /** `isComing` says whether a batch is known to be on its way, so that only its fetcher need ask for it. */
  constructor(shared: Shared, isComing: (id: BatchId) => boolean) {
    this.#shared = shared;
    const { windowInstances, catchUpQuestions } = shared.settings;
    this.#questionInstances = Math.ceil(windowInstances / catchUpQuestions);
    this.#quietWait = shared.settings.silenceTicks;
    this.#isComing = isComing;
  }

  /**
   * Whether a member is ahead by more than the window. A whole quorum never is: the voters of the last decision wrote, along
   * with the vote, a watermark that is at most a window behind it.
   */
  get isFarBehind(): boolean {
    return this.#lag > this.#shared.settings.windowInstances;
  }

  /** Below this instance a member knows all decisions. */
  get known(): Instance {
    const { log } = this.#shared;
    const isDecided = (log.find(log.first)?.decided ?? null) !== null;
    return laterOf(this.#furthest, isDecided ? after(log.first) : log.first);
  }

  /** Only members are asked: see docs/protocol.md, "Repair". */
  heard(from: ProcessId, watermark: Instance): void {
    const { views, log } = this.#shared;
    if (!views.hears(from)) return;
    this.#quietTicks = 0;
    this.#quietWait = this.#shared.settings.silenceTicks;
    const known = this.#sources.get(from);
    if (known === undefined) {
      const { retryTicks: patienceTicks } = this.#shared.settings;
      this.#sources.set(from, { process: from, watermark, askedAt: 0, answeredAt: 0, isSilent: false, patienceTicks });
    } else {
      known.watermark = watermark;
      // A silent source may have recovered by the next time that something is missing; a dead one is not heard.
      if (this.#open.length === 0) known.isSilent = false;
    }
    this.#forgetPassed();
    if (this.#open.length === 0 && watermark - log.first > this.#shared.settings.windowInstances / 2)
      this.#ask(this.#furthest);
  }

  /**
   * The decisions from `first` on have been taken in. If they were asked for, the process asks at once for the instances that
   * are still missing; an answer that comes late or twice leads to no question, so that questions do not multiply.
   */
  answered(from: ProcessId, first: Instance): void {
    const source = this.#sources.get(from);
    if (source === undefined) return;
    source.isSilent = false;
    source.answeredAt = this.#now;
    const { settings, roundTrips } = this.#shared;
    if (this.#now - source.askedAt <= settings.retryTicks + roundTrips.to(from))
      source.patienceTicks = settings.retryTicks;
    const question = this.#open.find((open) => open.source === source && open.from === first);
    if (question === undefined || this.#lacks(first)) return;
    this.#open = this.#open.filter((open) => open !== question);
    this.#forgetPassed();
    // Few decisions since the answer left are on their way by themselves; many are asked for.
    this.#ask(this.#lag > settings.windowInstances / 2 ? this.#furthest : source.watermark);
  }

  /**
   * A large message is coming from a process: the answer may be behind it, as it may be behind the bytes that waited to be sent
   * when the question came, but behind no more than these.
   */
  arriving({ from, bytes, agoTicks }: Arriving): void {
    const { settings, roundTrips } = this.#shared;
    for (const question of this.#open) {
      if (question.source.process !== from) continue;
      if (!mayPrecedeAnswer(agoTicks, this.#now - question.askedAt, roundTrips.to(from), settings)) continue;
      question.arrivedBytes += bytes;
      if (question.arrivedBytes <= constants.arrivalBytesMax) question.arrivedAt = this.#now;
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
    this.#probe();
  }

  /**
   * No member is heard: perhaps the view has changed without this process, and those heard are members that it does not know,
   * or it is a member itself without which the others can decide nothing. The members that it knows are asked in turn for the
   * next decision. A member of the latest view that may vote asks them with its canvass; one that is not admitted, perhaps because
   * it is no member any more, asks them so.
   */
  #probe(): void {
    const { views, right, self, outbox, log, settings } = this.#shared;
    if (views.latest.has(self) && right.isAdmitted) return;
    this.#quietTicks += 1;
    if (this.#quietTicks < this.#quietWait) return;
    this.#quietTicks = 0;
    this.#quietWait = Math.min(2 * this.#quietWait, Math.max(settings.retryTicksMax, settings.silenceTicks));
    // Those told of first; where they have nothing to tell, as this process may be one of them, those of before do.
    const all = new Set([...(views.told?.members ?? []), ...views.latest.members]);
    const members = [...all].filter((member) => member !== self);
    const member = members[this.#probes % members.length];
    this.#probes += 1;
    if (member === undefined) return;
    outbox.send(member, { kind: 'catch-up', from: log.first, to: after(log.first, this.#questionInstances) });
  }

  get #furthest(): Instance {
    let furthest = 0 as Instance;
    for (const { watermark } of this.#sources.values()) furthest = laterOf(furthest, watermark);
    return furthest;
  }

  get #lag(): number {
    return this.#furthest - this.#shared.log.first;
  }

  /** The window may have moved for another reason: answers to questions below it are not needed. */
  #forgetPassed(): void {
    const { first } = this.#shared.log;
    if (this.#open.some(({ to }) => to <= first)) this.#open = this.#open.filter(({ to }) => to > first);
  }

  /** A source that has answered nothing since an overdue question is given up with all questions that it was asked. */
  #giveUpOverdue(): void {
    const { roundTrips } = this.#shared;
    const overdue = this.#open.filter(
      ({ arrivedAt, patienceTicks, source }) => this.#now - arrivedAt >= patienceTicks + roundTrips.to(source.process),
    );
    for (const { source, askedAt } of overdue) {
      if (source.answeredAt > askedAt || source.isSilent) continue;
      source.isSilent = true;
      source.patienceTicks = Math.min(2 * source.patienceTicks, PATIENCE_TICKS_MAX);
    }
    const isGivenUp = (question: Question) =>
      overdue.includes(question) || overdue.some(({ source }) => source.isSilent && source === question.source);
    if (overdue.length > 0) this.#open = this.#open.filter((question) => !isGivenUp(question));
  }

  /** Asks for the missing instances below `end`, as far as the window and the number of questions allow. */
  #ask(end: Instance): void {
    while (this.#open.length < this.#shared.settings.catchUpQuestions) {
      const range = this.#nextRange(end);
      const source = range === null ? null : this.#sourceOf(range.from, range.to);
      if (range === null || source === null) return;
      this.#question(source, range.from, range.to);
    }
  }

  #question(source: Source, from: Instance, to: Instance): void {
    const asked = [...this.#open.filter((open) => open.source === source), { from, to }];
    const bytes = asked.reduce(
      (sum, open) => sum + expectedBytes(open.from, open.to, source.watermark, this.#shared.settings),
      0,
    );
    // A slow answer arrives all the time; a source of which nothing at all arrives is silent, however much it may have to say.
    const patienceTicks = Math.min(
      source.patienceTicks + Math.floor(bytes / this.#shared.settings.bytesATick),
      PATIENCE_TICKS_MAX,
    );
    const askedAt = this.#now;
    source.askedAt = askedAt;
    this.#open = [...this.#open, { from, to, source, askedAt, patienceTicks, arrivedAt: askedAt, arrivedBytes: 0 }];
    this.#shared.outbox.send(source.process, { kind: 'catch-up', from, to });
  }

  /** The first missing instances of the window below `end` that are not asked for; null if there are none. */
  #nextRange(end: Instance): { readonly from: Instance; readonly to: Instance } | null {
    const { log } = this.#shared;
    let from = log.first;
    while (from < end && from < log.limit) {
      const open = this.#open.find((question) => question.from <= from && from < question.to);
      if (open === undefined && this.#lacks(from)) {
        const nextOpen = this.#open.map((question) => question.from).filter((instance) => instance > from);
        let to = Math.min(after(from, this.#questionInstances), log.limit, ...nextOpen) as Instance;
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

  /** Whether to ask `a` rather than `b`: it answers, has more of the instances, has fewer open questions, was asked earlier. */
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

/** The maximum bytes of an answer, as far as known; answers to several questions come one after the other. */
function expectedBytes(from: Instance, to: Instance, watermark: Instance, settings: Settings): number {
  return Math.min(settings.catchUpBytes, (Math.min(to, watermark) - from) * settings.batchBytesMax);
}
