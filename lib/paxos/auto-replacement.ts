import type { Consensus } from '../consensus/consensus.js';
import type { Notice } from '../consensus/effects.js';
import { constants } from '../model/constants.js';
import { TreplicaError } from '../model/errors.js';
import type { ProcessId } from '../model/ids.js';
import type { QueueEventOf } from '../queue/events.js';
import type { Transport } from '../transport/transport.js';
import type { MemberChanges } from './member-changes.js';
import type { Observers } from './observers.js';

/** When a member that is silent is replaced by an observer. */
export interface AutoReplace {
  /** So long it must have been silent, in milliseconds: at least 1,000. */
  readonly afterMs: number;
}

export interface AutoReplacementOptions {
  readonly self: ProcessId;
  /** Null: nobody is replaced. */
  readonly autoReplace: AutoReplace | null;
  readonly core: Pick<Consensus, 'views' | 'coordinates' | 'completeView'>;
  readonly transport: Pick<Transport, 'ticksSinceHeard'>;
  readonly observers: Pick<Observers, 'list'>;
  /** An observer that lacks more instances than that is not level. */
  readonly lagMax: number;
  readonly memberChanges: Pick<MemberChanges, 'change' | 'isBusy'>;
  readonly notify: (event: QueueEventOf<'member-replaced' | 'replacement-failed'>) => void;
}

interface Attempt {
  readonly silent: ProcessId;
  readonly observer: ProcessId;
  readonly controller: AbortController;
}

/** After an attempt the next waits for so long; for the same two processes twice as long each time that it is refused again. */
const PAUSE_TICKS = 100;
const PAUSE_TICKS_MAX = 6_000;

/** That an observer could not take the place of a member. */
interface Refusal {
  readonly cause: string;
  readonly pauseTicks: number;
}

/**
 * Replaces members that have been silent for long by observers that are level, one after the other. The coordinator does it, as
 * it alone asks all members again and again, and resigns where no majority answers: a majority that is lost is waited for. Only
 * silence counts that it has heard itself while it coordinated.
 */
export class AutoReplacement {
  readonly #options: AutoReplacementOptions;
  readonly #silentTicks = new Map<ProcessId, number>();
  #attempt: Attempt | null = null;
  #ticksSinceAttempt = Infinity;
  /** Since a member was last missing, by the two processes. */
  readonly #refusals = new Map<string, Refusal>();

  constructor(options: AutoReplacementOptions) {
    this.#options = options;
  }

  tick(): void {
    const { autoReplace, core } = this.#options;
    if (autoReplace === null) return;
    if (!core.coordinates) {
      this.#silentTicks.clear();
      this.#refusals.clear();
      this.#attempt?.controller.abort();
      return;
    }
    this.#listen();
    if (this.#attempt !== null && !this.#isOverdue(this.#attempt.silent)) this.#attempt.controller.abort();
    this.#ticksSinceAttempt += 1;
    this.#replace();
  }

  /** The change is decided. */
  noticed(notice: Notice): void {
    if (this.#attempt === null || notice.kind !== 'view') return;
    const { silent: process, observer: by } = this.#attempt;
    const { view } = notice.record;
    if (!view.has(process) && view.has(by)) this.#options.notify({ kind: 'member-replaced', process, by });
  }

  /** For how long each member has been silent. */
  #listen(): void {
    const { self, core, transport } = this.#options;
    const { latest } = core.views;
    for (const member of this.#silentTicks.keys()) if (!latest.has(member)) this.#silentTicks.delete(member);
    for (const member of latest.members) {
      if (member === self) continue;
      const ticks = (this.#silentTicks.get(member) ?? 0) + 1;
      this.#silentTicks.set(member, Math.min(ticks, transport.ticksSinceHeard(member)));
    }
  }

  #isOverdue(member: ProcessId): boolean {
    const { autoReplace } = this.#options;
    const ticks = this.#silentTicks.get(member) ?? 0;
    return autoReplace !== null && ticks * constants.tickMs >= autoReplace.afterMs;
  }

  #replace(): void {
    const { core, memberChanges } = this.#options;
    const { latest } = core.views;
    const silent = latest.members.find((member) => this.#isOverdue(member));
    if (silent === undefined) this.#refusals.clear();
    if (silent === undefined || memberChanges.isBusy || core.completeView !== latest.number || !this.#hasMajority)
      return;
    const observer = this.#levelObserver;
    if (observer === null) return;
    const pauseTicks = this.#refusals.get(pairOf(silent, observer))?.pauseTicks ?? PAUSE_TICKS;
    if (this.#ticksSinceAttempt >= pauseTicks) this.#change({ silent, observer });
  }

  /** Level as it has said, and heard since: the longest known. */
  get #levelObserver(): ProcessId | null {
    const { observers, lagMax } = this.#options;
    const level = observers
      .list()
      .find(({ process, lagInstances }) => lagInstances <= lagMax && this.#isAlive(process));
    return level?.process ?? null;
  }

  #change({ silent, observer }: Omit<Attempt, 'controller'>): void {
    const attempt = { silent, observer, controller: new AbortController() };
    this.#attempt = attempt;
    const { signal } = attempt.controller;
    const ended = (): void => {
      if (this.#attempt === attempt) this.#attempt = null;
      this.#ticksSinceAttempt = 0;
    };
    this.#options.memberChanges.change({ add: [observer], remove: [silent] }, { signal }).then(
      () => {
        ended();
        this.#refusals.clear();
      },
      (error: unknown) => {
        ended();
        // Called off because the member is heard again, or another process coordinates.
        if (!signal.aborted) this.#refused(attempt, error);
      },
    );
  }

  /** One cause is told once. */
  #refused({ silent: process, observer: by }: Attempt, error: unknown): void {
    const pair = pairOf(process, by);
    const cause = error instanceof TreplicaError ? error.code : String(error);
    const before = this.#refusals.get(pair);
    const isKnown = before?.cause === cause;
    const pauseTicks = isKnown ? Math.min(2 * before.pauseTicks, PAUSE_TICKS_MAX) : PAUSE_TICKS;
    this.#refusals.set(pair, { cause, pauseTicks });
    if (!isKnown) this.#options.notify({ kind: 'replacement-failed', process, by, error });
  }

  get #hasMajority(): boolean {
    const { latest } = this.#options.core.views;
    return latest.members.filter((member) => this.#isAlive(member)).length >= latest.classicQuorum;
  }

  #isAlive(process: ProcessId): boolean {
    const { self, transport } = this.#options;
    return process === self || transport.ticksSinceHeard(process) <= constants.aliveTicks;
  }
}

function pairOf(silent: ProcessId, observer: ProcessId): string {
  return `${silent} ${observer}`;
}
