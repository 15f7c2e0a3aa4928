/** One look at how far a replica that comes back is behind. Times are milliseconds of one clock. */
export interface Sample {
  /** The group was asked for its position, and then the replica for its own. */
  readonly askedAtMs: number;
  /** Operations that the others had executed when they were asked: at least all that they had acknowledged. */
  readonly group: number;
  /** Operations that the replica's state holds when it answers. */
  readonly own: number;
  readonly answeredAtMs: number;
}

/** How old what a level replica holds may be. */
const LAG_MAX_MS = 1000;

/**
 * Finds the moment from which a replica is level: it answers with a position that is not below the one that the others
 * had when they were asked before it; and from then on, at every look until it has been so for `settleMs`, it holds
 * whatever the others had executed a second before. Where it falls behind further than that, it was not level.
 */
export class LevelWatch {
  /** From the look on at which it seemed to be level; empty while it does not. */
  #looks: Sample[] = [];

  constructor(private readonly settleMs: number) {}

  /** When it became level, as far as it looks now. */
  get levelAtMs(): number | null {
    return this.#looks[0]?.answeredAtMs ?? null;
  }

  /** Whether it has stayed so for long enough. */
  get isSettled(): boolean {
    const [first, last] = [this.#looks[0], this.#looks.at(-1)];
    return first !== undefined && last !== undefined && last.answeredAtMs - first.answeredAtMs >= this.settleMs;
  }

  look(sample: Sample): void {
    this.#looks.push(sample);
    if (this.#lagMs(sample) > LAG_MAX_MS) this.#looks = [];
  }

  /** How long ago the others were where the replica is now. */
  #lagMs({ own, answeredAtMs }: Sample): number {
    const reached = this.#looks.findLast(({ group }) => group <= own);
    return reached === undefined ? Infinity : answeredAtMs - reached.askedAtMs;
  }
}
