import { constants } from '../model/constants.js';
import type { ProcessId } from '../model/ids.js';
import type { Settings } from '../model/settings.js';
import type { View } from '../model/view.js';
import type { GroupViews } from './membership/views.js';

/**
 * How long a question and its answer are under way, in ticks, as the transport measures it: 0 on one LAN, and where nothing is
 * known. What waits for an answer waits so much longer than its setting says, and never longer than `roundTripTicksMax` more,
 * whatever a process makes of its answers. Nothing but waits depends on it.
 */
export class RoundTrips {
  readonly #self: ProcessId;
  readonly #max: number;
  /** Those that take a tick or more. */
  readonly #ticks = new Map<ProcessId, number>();
  #views: readonly View[] = [];
  #hasChanged = false;
  #toQuorum = 0;
  #toFastQuorum = 0;
  #toFarthest = 0;

  constructor(self: ProcessId, { roundTripTicksMax }: Settings) {
    this.#self = self;
    this.#max = roundTripTicksMax;
  }

  to(process: ProcessId): number {
    return this.#ticks.get(process) ?? 0;
  }

  /** Until a classic quorum of each view that counts has answered, this process among them: no minority can prolong it. */
  get toQuorum(): number {
    return this.#toQuorum;
  }

  /** The same for a fast quorum. */
  get toFastQuorum(): number {
    return this.#toFastQuorum;
  }

  /** Until all members have answered. */
  get toFarthest(): number {
    return this.#toFarthest;
  }

  /**
   * Until what this process proposes is decided here: its way to the coordinator and to a quorum, and from there to here. The
   * way from the coordinator to the quorum is no longer than the way by this process.
   */
  get toDecision(): number {
    return this.#toFarthest + this.#toQuorum;
  }

  measured(process: ProcessId, ticks: number): void {
    if (process === this.#self) return;
    this.#hasChanged = true;
    if (ticks === 0) {
      this.#ticks.delete(process);
      return;
    }
    if (this.#ticks.size >= constants.peersMax && !this.#ticks.has(process)) this.#forgetOne();
    this.#ticks.set(process, Math.min(ticks, this.#max));
  }

  /** One tick: the members may be others. */
  tick({ current, latest }: GroupViews): void {
    const isSame = this.#views[0] === current && this.#views[1] === latest;
    if (isSame && !this.#hasChanged) return;
    this.#views = [current, latest];
    this.#hasChanged = false;
    const answers = this.#views.map((view) => ({ view, ticks: this.#answersOf(view) }));
    this.#toQuorum = Math.max(...answers.map(({ view, ticks }) => ticks[view.classicQuorum - 1] ?? 0));
    this.#toFastQuorum = Math.max(...answers.map(({ view, ticks }) => ticks[view.fastQuorum - 1] ?? 0));
    this.#toFarthest = Math.max(...answers.map(({ ticks }) => ticks.at(-1) ?? 0));
  }

  /** Processes that come and go do not add up. */
  #forgetOne(): void {
    for (const process of this.#ticks.keys()) {
      if (this.#views.some((view) => view.has(process))) continue;
      this.#ticks.delete(process);
      return;
    }
  }

  /** When each member has answered, ascending. */
  #answersOf({ members }: View): number[] {
    return members.map((member) => this.to(member)).sort((a, b) => a - b);
  }
}
