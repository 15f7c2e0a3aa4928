import { type Instance, laterOf } from '../../model/ids.js';
import { firstOf, type LogState, segmentOf } from './log-state.js';

/** A part of one segment. */
interface Extent {
  readonly from: Instance;
  readonly end: Instance;
}

/** A part of the log whose entries are, together, not what was written, although each is sound. */
export interface Doubt extends Extent {
  /** The expected digest. */
  readonly expected: number;
  /** The digests' shares of the entries that have been learnt again since. */
  readonly repaired: Map<Instance, number>;
}

/**
 * Compares the entries below the watermark with their segment's digest, each segment once after the ledger was loaded,
 * and the last of them up to where the watermark was then. In a segment that does not add up, any of the entries may be
 * an earlier version, so that all of it is in doubt until all of it has been learnt again.
 */
export class SegmentChecks {
  readonly #segmentInstances: number;
  readonly #doubts: Doubt[] = [];
  /** Segments that have been read whole since the ledger was loaded, by number. */
  readonly #examined = new Set<number>();
  /** Where the watermark was when the ledger was loaded, and the digest of its segment up to there. */
  readonly #loadedEnd: Instance;
  #loadedDigest: number | null;

  constructor(segmentInstances: number, loaded: LogState) {
    this.#segmentInstances = segmentInstances;
    this.#loadedEnd = loaded.watermark;
    this.#loadedDigest = loaded.open.digest;
  }

  /**
   * The part that has to be read before an entry of the segment of `instance` is handed out; null where that has been
   * done, or where all of it has been written since the ledger was loaded.
   */
  toExamine(instance: Instance, state: LogState): Extent | null {
    const segment = segmentOf(instance, this.#segmentInstances);
    if (instance >= this.#loadedEnd || this.#examined.has(segment)) return null;
    this.#examined.add(segment);
    const end = firstOf(segment + 1, this.#segmentInstances);
    return { from: this.#firstIn(segment, state), end: end < this.#loadedEnd ? end : this.#loadedEnd };
  }

  /** All of `extent` has been read, and `digest` is that of its entries. */
  examined({ from, end }: Extent, digest: number, state: LogState): void {
    const expected = this.#expectedAt(end, state);
    if (expected !== null && expected !== digest)
      this.#doubts.push({ from, end, expected, repaired: new Map<Instance, number>() });
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
    const left = this.#doubts.filter(({ from }) => from >= start);
    this.#doubts.splice(0, Infinity, ...left);
  }

  #expectedAt(next: Instance, { watermark, sealed }: LogState): number | null {
    if (next === this.#loadedEnd && next % this.#segmentInstances !== 0) return this.#loadedDigest;
    if (next % this.#segmentInstances !== 0 || next > watermark) return null;
    return sealed.get(next / this.#segmentInstances - 1)?.digest ?? null;
  }

  #firstIn(segment: number, { start }: LogState): Instance {
    return laterOf(firstOf(segment, this.#segmentInstances), start);
  }
}
