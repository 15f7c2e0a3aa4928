import type { LedgerRecord } from '../model/records.js';

/** Records that do not come from the core: made durable in the next commit, with the watermark. */
interface PendingWrite {
  /** Asked for when the commit begins: what had to be written when they were thought of may be wrong by then. */
  readonly records: () => readonly LedgerRecord[];
  /** Called once, with an error if the driver has stopped before they were durable. */
  readonly done: (error: Error | null) => void;
}

/** The errands that wait for a commit, and those of the commit under way. */
export class PendingWrites {
  #waiting: PendingWrite[] = [];
  #underWay: PendingWrite[] = [];

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  add(errand: PendingWrite): void {
    this.#waiting.push(errand);
  }

  /** A commit begins: the records that go into it. Of two checkpoints one would get lost, so that the second waits. */
  take(): LedgerRecord[] {
    const taken: LedgerRecord[] = [];
    for (const errand of this.#waiting) {
      const records = errand.records();
      if (records.some(isCheckpoint) && taken.some(isCheckpoint)) break;
      taken.push(...records);
      this.#underWay.push(errand);
    }
    this.#waiting = this.#waiting.slice(this.#underWay.length);
    return taken;
  }

  /** What was taken is durable. */
  done(): void {
    for (let errand = this.#underWay.shift(); errand !== undefined; errand = this.#underWay.shift()) errand.done(null);
  }

  /** Nothing more becomes durable, or nobody will know. */
  refuse(why: Error): void {
    const errands = [...this.#underWay, ...this.#waiting];
    this.#underWay = [];
    this.#waiting = [];
    for (const { done } of errands) done(why);
  }
}

function isCheckpoint({ kind }: LedgerRecord): boolean {
  return kind === 'checkpoint';
}
