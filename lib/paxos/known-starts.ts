import type { ProcessId } from '../model/ids.js';
import { isOfLineage, PEER_STARTS_MAX, type PeerStarts, sameStart, type Start } from '../model/start.js';

type Known = Omit<PeerStarts, 'process'>;

/** The known starts of other members: the one that was met, later ones that others have told of, and whether they fork. */
export class KnownStarts {
  readonly #known: Map<ProcessId, Known>;
  #changes = 0;

  constructor(past: readonly PeerStarts[]) {
    this.#known = new Map(past.map(({ process, starts, isForked }) => [process, { starts, isForked }]));
  }

  /** How often anything has changed. */
  get changes(): number {
    return this.#changes;
  }

  /** What is known of the processes for which `isMeant` is true. */
  of(isMeant: (process: ProcessId) => boolean): PeerStarts[] {
    return Array.from(this.#known, ([process, known]) => ({ process, ...known })).filter(({ process }) =>
      isMeant(process),
    );
  }

  /** Whether this start of the process has been met, and no other is known that contradicts it. */
  hasMet(process: ProcessId, start: Start): boolean {
    const known = this.#known.get(process);
    return known !== undefined && isMet(known, start);
  }

  /** A member makes its start known, with all that its directory has seen. Returns whether that is news. */
  meet(process: ProcessId, start: Start, former: readonly Start[]): boolean {
    const known = this.#known.get(process);
    if (known === undefined) return this.#know(process, { starts: [start], isForked: false });
    const latest = known.starts.at(-1);
    // A message of an earlier start may come late; if the directory was put back, that start is told of the later one.
    if (known.isForked || isMet(known, start) || (latest !== undefined && start.incarnation < latest.incarnation))
      return false;
    const lineage = [...former, start];
    return known.starts.every((other) => isOfLineage(other, lineage))
      ? this.#know(process, { starts: [start], isForked: false })
      : this.#know(process, { starts: withStart(known.starts, start), isForked: true });
  }

  /** Another process tells the starts of `process` that it knows. Returns whether that is news. */
  learn({ process, starts, isForked }: PeerStarts): boolean {
    const known = this.#known.get(process) ?? { starts: [], isForked: false };
    if (known.isForked) return false;
    const news = starts.filter(({ incarnation }) => incarnation >= (known.starts.at(-1)?.incarnation ?? 0));
    const all = news.reduce(withStart, known.starts);
    const hasClash = all.some((start, i) => start.incarnation === all[i + 1]?.incarnation);
    const isNews = all.length > 0 && (isForked || hasClash || all !== known.starts);
    return isNews && this.#know(process, { starts: all, isForked: isForked || hasClash });
  }

  #know(process: ProcessId, known: Known): true {
    this.#known.set(process, known);
    this.#changes += 1;
    return true;
  }
}

function isMet({ starts, isForked }: Known, start: Start): boolean {
  const [only] = starts;
  return !isForked && starts.length === 1 && only !== undefined && sameStart(only, start);
}

/** Ascending by incarnation; beyond `PEER_STARTS_MAX` the earliest are forgotten. */
export function withStart(starts: readonly Start[], start: Start): readonly Start[] {
  if (starts.some((known) => sameStart(known, start))) return starts;
  return [...starts, start].sort((a, b) => a.incarnation - b.incarnation).slice(-PEER_STARTS_MAX);
}
