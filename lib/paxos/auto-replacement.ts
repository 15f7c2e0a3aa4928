import type { Consensus } from '../consensus/consensus.js';
import type { Notice } from '../consensus/effects.js';
import { constants } from '../model/constants.js';
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

/** After an attempt that has failed the next waits for so long. */
const PAUSE_TICKS = 100;

/**
 * Replaces members that have been silent for long by observers that are level, one after the other. The coordinator does it, as
 * it alone asks all members again and again, and resigns where no majority answers: a majority that is lost is waited for. Only
 * silence counts that it has heard itself while it coordinated.
 */
export class AutoReplacement {
  readonly #options: AutoReplacementOptions;
  readonly #silentTicks = new Map<ProcessId, number>();
  #attempt: Attempt | null = null;
  #pauseTicks = 0;

  constructor(options: AutoReplacementOptions) {
    this.#options = options;
  }

  tick(): void {
    const { autoReplace, core } = this.#options;
    if (autoReplace === null) return;
    if (!core.coordinates) {
      this.#silentTicks.clear();
      this.#attempt?.controller.abort();
      return;
    }
    this.#listen();
    if (this.#attempt !== null && !this.#isOverdue(this.#attempt.silent)) this.#attempt.controller.abort();
    if (this.#pauseTicks > 0) this.#pauseTicks -= 1;
    else this.#replace();
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
    const { core, observers, lagMax, memberChanges } = this.#options;
    const { latest } = core.views;
    if (memberChanges.isBusy || core.completeView !== latest.number || !this.#hasMajority) return;
    const silent = latest.members.find((member) => this.#isOverdue(member));
    const observer = observers.list().find(({ lagInstances }) => lagInstances <= lagMax)?.process;
    if (silent !== undefined && observer !== undefined) this.#change({ silent, observer });
  }

  #change({ silent, observer }: Omit<Attempt, 'controller'>): void {
    const { memberChanges, notify } = this.#options;
    const attempt = { silent, observer, controller: new AbortController() };
    this.#attempt = attempt;
    const { signal } = attempt.controller;
    const ended = (): void => {
      if (this.#attempt === attempt) this.#attempt = null;
      this.#pauseTicks = PAUSE_TICKS;
    };
    memberChanges.change({ add: [observer], remove: [silent] }, { signal }).then(ended, (error: unknown) => {
      ended();
      // Called off because the member is heard again, or another process coordinates.
      if (!signal.aborted) notify({ kind: 'replacement-failed', process: silent, by: observer, error });
    });
  }

  get #hasMajority(): boolean {
    const { self, core, transport } = this.#options;
    const { latest } = core.views;
    const heard = latest.members.filter(
      (member) => member === self || transport.ticksSinceHeard(member) <= constants.aliveTicks,
    );
    return heard.length >= latest.classicQuorum;
  }
}
