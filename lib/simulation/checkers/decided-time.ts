import { constants } from '../../model/constants.js';
import type { DeliveredBatch } from '../../queue/state-holder.js';

type Report = (text: string) => void;

/** Whether a clock has ever shown another time than the right one. */
interface WatchedClock {
  readonly hasBeenWrong: boolean;
}

/** A stamp is held within the bound of the time published, which passes for a while after it was published. */
const SLACK_MS = 2 * constants.clockBoundMs;

/** Decided time: no batch is stamped with the future while more than half of the members' clocks have always been right. */
export class DecidedTime {
  readonly #clocks: () => readonly WatchedClock[];
  readonly #nowMs: () => number;
  readonly #report: Report;

  /** `nowMs` is the right time. */
  constructor(clocks: () => readonly WatchedClock[], nowMs: () => number, report: Report) {
    this.#clocks = clocks;
    this.#nowMs = nowMs;
    this.#report = report;
  }

  /** A process is handed a batch. */
  delivers(name: string, { position, proposedAtMs }: DeliveredBatch): void {
    const aheadMs = proposedAtMs - this.#nowMs();
    if (aheadMs <= SLACK_MS) return;
    const clocks = this.#clocks();
    if (2 * clocks.filter(({ hasBeenWrong }) => hasBeenWrong).length >= clocks.length) return;
    this.#report(`${name} is handed position ${position} with a stamp that is ${Math.round(aheadMs)} ms ahead`);
  }
}
