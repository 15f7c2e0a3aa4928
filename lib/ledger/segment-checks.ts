import { after, laterOf, type Instance } from '../model/ids.js';
import { plus } from './inventory.js';
import { firstOf, segmentOf, type LogState } from './log-state.js';

/** Sequential reads that are followed at a time: one of the machine, and some for processes that are behind. */
const RUNS_MAX = 16;

/** A part of the log whose entries are, together, not what was written, although each is sound. */
export interface Doubt {
  readonly from: Instance;
  readonly end: Instance;
  /** What the digest should be. */
  readonly expected: number;
  /** The digests' shares of the entries that have been learnt again since. */
  readonly repaired: Map<Instance, number>;
}

/**
 * Compares the entries below the watermark with their segment's digest as they are read: any read of a whole segment in
 * order, in whatever slices, and at a start up to where the watermark was. What does not add up may be an earlier
 * version of any of its entries, so that all of it is in doubt until all of it has been learnt again.
 */
export class SegmentChecks {
  readonly #segmentInstances: number;
  /** Digests of what has been read so far of some segment from its first entry on, by the instance that comes next. */
  readonly #runs = new Map<Instance, number>();
  readonly #doubts: Doubt[] = [];
  /** Where the watermark was when the ledger was loaded, and the digest of its segment up to there. */
  readonly #loadedEnd: Instance;
  #loadedDigest: number | null;

  constructor(segmentInstances: number, loaded: LogState) {
    this.#segmentInstances = segmentInstances;
    this.#loadedEnd = loaded.watermark;
    this.#loadedDigest = loaded.open.digest;
  }

  /** The decided entry at `instance` is read, whose share `digest` is. Returns the doubt that it raises. */
  entryRead(instance: Instance, digest: number, state: LogState): Doubt | null {
    const from = this.#firstIn(segmentOf(instance, this.#segmentInstances), state);
    const before = instance === from ? 0 : this.#runs.get(instance);
    if (before === undefined) return null;
    const next = after(instance);
    const sum = plus(before, digest);
    const expected = this.#expectedAt(next, state);
    if (expected !== null && expected !== sum) return this.#doubt(from, next, expected);
    this.#runs.delete(instance);
    if (next % this.#segmentInstances !== 0) this.#runs.set(next, sum);
    for (const [oldest] of this.#runs) {
      if (this.#runs.size <= RUNS_MAX) break;
      this.#runs.delete(oldest);
    }
    return null;
  }

  /** The doubt that `instance` lies in, unless it has been learnt again. */
  doubtAt(instance: Instance): Doubt | null {
    const doubt = this.#doubts.find(({ from, end }) => from <= instance && instance < end);
    return doubt && !doubt.repaired.has(instance) ? doubt : null;
  }

  /** The same, whether it has been learnt again or not. */
  doubtAround(instance: Instance): Doubt | null {
    return this.#doubts.find(({ from, end }) => from <= instance && instance < end) ?? null;
  }

  /** All of `doubt` has been learnt again. */
  settle(doubt: Doubt): void {
    this.#doubts.splice(this.#doubts.indexOf(doubt), 1);
    this.forgetLoaded(doubt.from);
  }

  /** The digest up to where the watermark was is not to be relied on if `instance` belongs to it. */
  forgetLoaded(instance: Instance): void {
    const isSame = segmentOf(instance, this.#segmentInstances) === segmentOf(this.#loadedEnd, this.#segmentInstances);
    if (isSame) this.#loadedDigest = null;
  }

  /** The log begins at `start` now. */
  startRose(start: Instance): void {
    for (const next of [...this.#runs.keys()]) if (next <= start) this.#runs.delete(next);
    const left = this.#doubts.filter(({ from }) => from >= start);
    this.#doubts.splice(0, Infinity, ...left);
  }

  #expectedAt(next: Instance, { watermark, sealed }: LogState): number | null {
    if (next === this.#loadedEnd && next % this.#segmentInstances !== 0) return this.#loadedDigest;
    if (next % this.#segmentInstances !== 0 || next > watermark) return null;
    return sealed.get(next / this.#segmentInstances - 1)?.digest ?? null;
  }

  #doubt(from: Instance, end: Instance, expected: number): Doubt {
    for (const next of [...this.#runs.keys()]) if (from < next && next <= end) this.#runs.delete(next);
    const doubt = { from, end, expected, repaired: new Map<Instance, number>() };
    this.#doubts.push(doubt);
    return doubt;
  }

  #firstIn(segment: number, { start }: LogState): Instance {
    return laterOf(firstOf(segment, this.#segmentInstances), start);
  }
}
