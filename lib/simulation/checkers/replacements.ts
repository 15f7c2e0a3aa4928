type Report = (text: string) => void;

/** A change that a process proposes without having been asked for it. */
export interface ReplacementProposed {
  /** The name of the process. */
  readonly by: string;
  readonly removed: readonly string[];
  readonly added: readonly string[];
  readonly nowUs: number;
  /** How many instances the disk of a process lacks that the proposer's has. */
  readonly lagOf: (process: string) => number;
}

/** Between the judgement of a change and its proposal something more may be heard. */
const LATEST_US = 30_000;
/** So many times of hearing are kept of each process, no closer to each other than so long. */
const TIMES_MAX = 64;
const APART_US = 10_000;
/** Clocks count in ticks. */
const SLACK_US = 100_000;

/**
 * Replacements that a group makes by itself: one member by one observer, the member silent for as long as it has to be, and the
 * observer level.
 */
export class Replacements {
  readonly #afterUs: number;
  readonly #lagMax: number;
  readonly #report: Report;
  /** When a process has heard another, by its name and the id of the other. */
  readonly #heardUs = new Map<string, number[]>();

  /** Members are to be replaced when they have been silent for `afterUs`; null: none is. An observer that lacks more than `lagMax` instances is not level. */
  constructor(afterUs: number | null, lagMax: number, report: Report) {
    this.#afterUs = afterUs ?? Infinity;
    this.#lagMax = lagMax;
    this.#report = report;
  }

  heard(by: string, from: string, nowUs: number): void {
    const times = this.#heardUs.get(`${by} ${from}`);
    if (times === undefined) this.#heardUs.set(`${by} ${from}`, [nowUs]);
    else if (nowUs - (times.at(-1) ?? 0) >= APART_US) times.push(nowUs);
    if (times !== undefined && times.length > TIMES_MAX) times.shift();
  }

  proposed({ by, removed, added, nowUs, lagOf }: ReplacementProposed): void {
    if (this.#afterUs === Infinity) {
      this.#report(`${by} changes the members, and was not asked to`);
      return;
    }
    if (removed.length !== 1 || added.length !== 1)
      this.#report(`${by} replaces ${removed.length} members by ${added.length} observers at once`);
    for (const member of removed) {
      const heardUs = this.#heardUs.get(`${by} ${member}`)?.findLast((us) => nowUs - us > LATEST_US) ?? -Infinity;
      if (nowUs - heardUs < this.#afterUs - SLACK_US)
        this.#report(`${by} replaces ${member}, which it has heard ${Math.round((nowUs - heardUs) / 1_000)} ms ago`);
    }
    for (const observer of added) {
      const lag = lagOf(observer);
      if (lag > this.#lagMax) this.#report(`${by} makes ${observer} a member, which lacks ${lag} instances`);
    }
  }
}
