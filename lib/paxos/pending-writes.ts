import type { LedgerRecord } from '../model/records.js';

/** Records that do not come from the core: made durable in the next commit, with the watermark. */
interface PendingWrite {
  /** Evaluated late, when the commit begins, because the records may be stale by then. */
  readonly records: () => readonly LedgerRecord[];
  /** Called once, with an error if the driver has stopped before they were durable. */
  readonly done: (error: Error | null) => void;
}

const NOTHING: readonly LedgerRecord[] = [];

/** The records that wait for a commit, and those of the commit under way. */
export class PendingWrites {
  #waiting: PendingWrite[] = [];
  #underWay: PendingWrite[] = [];

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  add(write: PendingWrite): void {
    this.#waiting.push(write);
  }

  /** A commit begins: the records that go into it. Of two checkpoints one would get lost, so that the second waits. */
  take(): readonly LedgerRecord[] {
    if (this.#waiting.length === 0) return NOTHING;
    const taken: LedgerRecord[] = [];
    for (const write of this.#waiting) {
      const records = write.records();
      if (records.some(isCheckpoint) && taken.some(isCheckpoint)) break;
      taken.push(...records);
      this.#underWay.push(write);
    }
    this.#waiting = this.#waiting.slice(this.#underWay.length);
    return taken;
  }

  /** The records that were taken are durable. */
  done(): void {
    for (let write = this.#underWay.shift(); write !== undefined; write = this.#underWay.shift()) write.done(null);
  }

  /** Nothing more becomes durable, or nobody will know. */
  refuse(why: Error): void {
    const writes = [...this.#underWay, ...this.#waiting];
    this.#underWay = [];
    this.#waiting = [];
    for (const { done } of writes) done(why);
  }
}

function isCheckpoint({ kind }: LedgerRecord): boolean {
  return kind === 'checkpoint';
}
