import { constants } from '../model/constants.js';
import type { ProcessId } from '../model/ids.js';
import type { Settings } from '../model/settings.js';
import { sameStart, type Start } from '../model/start.js';

export interface AnnouncementsOptions {
  readonly settings: Pick<Settings, 'factsTicks' | 'factsTicksMax'>;
  /** The members of the latest view; null before there is one. */
  readonly members: () => readonly ProcessId[] | null;
  /** Tells everybody, best effort, what this process has to say. */
  readonly tell: () => void;
}

interface Row<Said> {
  readonly start: Start;
  /** 0 where this start has said nothing. */
  readonly edition: number;
  readonly said: Said | null;
}

/**
 * What the processes of the group say of themselves, as far as it has come. Each repeats it to everybody at intervals that
 * double, and begins with short ones again when it has something else to say, or when a process is heard that is new or was
 * started anew. What counts of a process is the latest edition of its latest start.
 */
export class Announcements<Said> {
  readonly #options: AnnouncementsOptions;
  /** In the order in which they were heard last. */
  readonly #others = new Map<ProcessId, Row<Said>>();
  /** Since this process last told its own. */
  #ticks = 0;
  #wait: number;

  constructor(options: AnnouncementsOptions) {
    this.#options = options;
    this.#wait = options.settings.factsTicks;
  }

  /** What another process has said last; null where its latest start has said nothing. */
  of(process: ProcessId): Said | null {
    return this.#others.get(process)?.said ?? null;
  }

  *[Symbol.iterator](): Generator<readonly [ProcessId, Said], void, undefined> {
    for (const [process, { said }] of this.#others) if (said !== null) yield [process, said];
  }

  /** `from` has been heard in `start`. Returns whether what it said in an earlier one is void with that. */
  meet(from: ProcessId, start: Start): boolean {
    const known = this.#others.get(from);
    if (known !== undefined && start.incarnation < known.start.incarnation) return false;
    const isNew = known === undefined || !sameStart(known.start, start);
    this.#others.delete(from);
    this.#others.set(from, isNew ? { start, edition: 0, said: null } : known);
    if (!isNew) return false;
    this.#forgetQuietest();
    this.#wait = this.#options.settings.factsTicks;
    return known !== undefined && known.said !== null;
  }

  /** `from`, which has been met in `start`, says something of itself. Returns whether that is new. */
  receive(from: ProcessId, start: Start, edition: number, said: Said): boolean {
    const known = this.#others.get(from);
    if (known === undefined || !sameStart(known.start, start) || edition <= known.edition) return false;
    this.#others.set(from, { start, edition, said });
    return true;
  }

  /** This process has something else to say. */
  changed(): void {
    this.#wait = this.#options.settings.factsTicks;
    this.#tell();
  }

  /** Tells it once more, besides the intervals. */
  again(): void {
    this.#options.tell();
  }

  /** Only while this process has something to say. */
  tick(): void {
    this.#ticks += 1;
    if (this.#ticks < this.#wait) return;
    this.#wait = Math.min(2 * this.#wait, this.#options.settings.factsTicksMax);
    this.#tell();
  }

  #tell(): void {
    this.#ticks = 0;
    this.#options.tell();
  }

  /** Members are kept, and of other processes those that were heard last: invented processes do not fill the memory. */
  #forgetQuietest(): void {
    if (this.#others.size <= constants.factsOthersMax) return;
    const members = new Set(this.#options.members());
    const others = [...this.#others.keys()].filter((process) => !members.has(process));
    for (const process of others.slice(0, Math.max(0, others.length - constants.factsOthersMax)))
      this.#others.delete(process);
  }
}
