import { type Ballot, compareBallots, NO_BALLOT } from '../model/ballot.js';
import { type BatchId, processOf } from '../model/batch.js';
import { constants } from '../model/constants.js';
import type { Instance, ProcessId } from '../model/ids.js';
import type { Settings } from '../model/settings.js';
import { type Arriving, mayPrecedeAnswer } from './arriving.js';
import type { Tally } from './instance-log.js';
import type { MessageOf } from './messages.js';
import type { Shared } from './shared.js';

interface Want {
  readonly instance: Instance;
  /** The processes that have been asked since the questions began, or began anew. */
  readonly asked: Set<ProcessId>;
  /** The highest ballot with a known vote for it at the last question. */
  ballot: Ballot;
  ticks: number;
  wait: number;
  /** The process that may be sending it: its proposer at first, then the one that was asked last. */
  source: ProcessId;
  /** For how long it has been that. */
  sourceTicks: number;
  /** For how long nothing large has come from the source, or been on its way. */
  quietTicks: number;
  /** How much has come from it altogether. */
  arrivedBytes: number;
  /** Answers to other questions that have come from the source since it was asked. */
  answers: number;
  /** Everyone has been asked in vain. */
  isExhausted: boolean;
}

/**
 * Batches that are asked for at a time, the first wanted first, but for those that everyone has been asked for in vain.
 * A process that has been away for long wants a whole window of them, and would be sent all that at once.
 */
const OPEN_MAX = 16;

/** Asks for batches whose ids are known and whose bodies have not come: first the processes that are known to have them. */
export class Fetcher {
  readonly #shared: Shared;
  /**
   * As many answers may be before the one to a question. A process that is asked for several batches at once answers
   * with the decisions from the first on, as far as there is room: so that some questions get no answer of their own.
   */
  readonly #answersBefore: number;
  readonly #wants = new Map<BatchId, Want>();

  constructor(shared: Shared) {
    this.#shared = shared;
    this.#answersBefore = 2 * shared.settings.catchUpQuestions;
  }

  want(id: BatchId, instance: Instance): void {
    if (this.#wants.has(id)) return;
    this.#wants.set(id, {
      ...{ instance, asked: new Set(), ballot: NO_BALLOT, ticks: 0, wait: this.#shared.settings.fetchTicks },
      ...{
        source: processOf(id),
        sourceTicks: 0,
        quietTicks: Infinity,
        arrivedBytes: 0,
        answers: 0,
        isExhausted: false,
      },
    });
  }

  /**
   * A large message is coming from a process: perhaps the answer, or a message that waited there to be sent before. A process
   * that has not been asked sends only its proposals to everyone.
   */
  arriving({ from, bytes, agoTicks }: Arriving): void {
    const { settings, roundTrips } = this.#shared;
    for (const want of this.#wants.values()) {
      if (want.source !== from) continue;
      if (!mayPrecedeAnswer(agoTicks, want.sourceTicks, roundTrips.to(from), settings)) continue;
      if (want.asked.size === 0 ? agoTicks === Infinity : want.answers >= this.#answersBefore) continue;
      want.arrivedBytes += bytes;
      want.quietTicks = want.arrivedBytes <= constants.arrivalBytesMax ? 0 : Infinity;
    }
  }

  /** A process has told decisions. */
  answered(from: ProcessId): void {
    for (const want of this.#wants.values()) {
      if (want.source !== from || want.asked.size === 0) continue;
      want.answers += 1;
      if (want.answers === this.#answersBefore) want.quietTicks = Infinity;
    }
  }

  /** Whether the batch is asked for, so that its arrival is an answer. */
  wants(id: BatchId): boolean {
    return this.#wants.size > 0 && this.#wants.has(id);
  }

  /** Whether the batch seems to be on its way. */
  isComing(id: BatchId): boolean {
    const want = this.#wants.get(id);
    return want !== undefined && isOnItsWay(want, this.#shared.settings);
  }

  /** The batch is here. Returns whether it was wanted. */
  got(id: BatchId): boolean {
    return this.#wants.size > 0 && this.#wants.delete(id);
  }

  tick(): void {
    let open = 0;
    for (const [id, want] of this.#wants) {
      if (want.instance < this.#shared.log.first) this.#wants.delete(id);
      else if (want.asked.size > 0 && !want.isExhausted) open += 1;
    }
    for (const [id, want] of this.#wants) {
      const isNew = want.asked.size === 0;
      this.#tickOne(id, want, !isNew || open < OPEN_MAX);
      if (isNew) open += want.asked.size;
    }
  }

  /**
   * A process lacks a batch at an instance: sends it; or, if the instance was decided long ago, the decisions from there on.
   */
  onFetch(from: ProcessId, { id, instance }: MessageOf<'fetch'>): void {
    const { log, pool, outbox } = this.#shared;
    const vote = log.find(instance)?.vote;
    const batch = pool.get(id) ?? (vote?.batch.id === id ? vote.batch : undefined);
    if (batch !== undefined) outbox.send(from, { kind: 'batch', batch });
    else if (instance < log.first) outbox.supply({ to: from, from: instance, until: null });
  }

  /**
   * The questions go to one process after the other, at growing intervals; as long as bytes come from the one asked last, to no
   * other process, and again to that one now and then, because it may have had no room for the answer. They begin anew when a
   * vote for the batch in a higher ballot is heard: its voter has the batch and is alive, which is not certain for those asked
   * so far.
   */
  #tickOne(id: BatchId, want: Want, mayAsk: boolean): void {
    const tallies = this.#talliesOf(id, want.instance);
    const ballot = tallies[0]?.ballot ?? NO_BALLOT;
    const isNewer = want.asked.size > 0 && compareBallots(ballot, want.ballot) > 0;
    want.ticks += 1;
    want.sourceTicks += 1;
    want.quietTicks += 1;
    const isDue = want.ticks >= want.wait + this.#shared.roundTrips.to(want.source);
    if (!mayAsk || (!isDue && !isNewer)) return;
    if (isOnItsWay(want, this.#shared.settings)) {
      if (want.asked.size === 0 || want.ticks < this.#shared.settings.retryTicksMax) return;
      want.ticks = 0;
      this.#shared.outbox.send(want.source, { kind: 'fetch', id, instance: want.instance });
      return;
    }
    want.ticks = 0;
    want.ballot = ballot;
    want.wait = Math.min(
      2 * (isNewer ? this.#shared.settings.fetchTicks : want.wait),
      this.#shared.settings.retryTicksMax,
    );
    if (isNewer) want.asked.clear();
    want.isExhausted &&= !isNewer;
    this.#ask(id, want, this.#sources(id, want.instance, tallies));
  }

  /** Asks the first process that has not been asked; when all have been, the first of all again. */
  #ask(id: BatchId, want: Want, sources: readonly ProcessId[]): void {
    let to = sources.find((source) => !want.asked.has(source));
    if (to === undefined) {
      want.asked.clear();
      want.isExhausted = true;
      to = sources[0];
    }
    if (to === undefined) return;
    want.asked.add(to);
    want.source = to;
    want.sourceTicks = 0;
    want.quietTicks = Infinity;
    want.arrivedBytes = 0;
    want.answers = 0;
    this.#shared.outbox.send(to, { kind: 'fetch', id, instance: want.instance });
  }

  /** The processes that are known to have voted for the batch at the instance, the highest ballot first. */
  #talliesOf(id: BatchId, instance: Instance): Tally[] {
    const tallies = this.#shared.log.find(instance)?.tallies.filter((tally) => tally.id === id) ?? [];
    return tallies.sort((a, b) => compareBallots(b.ballot, a.ballot));
  }

  /**
   * The processes to ask, in order. A vote is written with the batch: members whose votes for it are known have it, and the
   * later they have voted, the likelier they are still alive. Then its proposer, then all others. Among equals each process
   * begins with the member after itself, so that not all ask the same one.
   */
  #sources(id: BatchId, instance: Instance, tallies: readonly Tally[]): ProcessId[] {
    const { self, views } = this.#shared;
    const view = views.governing(instance);
    const next = view.rankOf(self) + 1;
    const members = [...view.members.slice(next), ...view.members.slice(0, next)];
    const voters = tallies.flatMap((tally) =>
      members.filter((member) => (tally.members & (1 << view.rankOf(member))) !== 0),
    );
    const sources = new Set([...voters, processOf(id), ...members]);
    sources.delete(self);
    return [...sources];
  }
}

function isOnItsWay({ quietTicks }: Want, { retryTicks }: Settings): boolean {
  return quietTicks < retryTicks;
}
