import type { Instance } from '../../model/ids.js';
import type { RecordKey, Share, Tally } from './inventory.js';

/** The state of a log after the last commit, in memory: what its inventory and tallies tell. */
export interface LogState {
  readonly watermark: Instance;
  /** The log holds nothing below. */
  readonly start: Instance;
  /** First instance that the checkpoint does not hold; 0 where there is none. */
  readonly checkpointed: Instance;
  /** The digest of the records that the inventory counts. */
  readonly digest: number;
  /** The share of each record that the inventory counts. */
  readonly shares: Map<RecordKey, Share>;
  /** The tally of the segment that the watermark lies in. */
  readonly open: Tally;
  /** The tallies of the segments below, by number, ascending. */
  readonly sealed: Map<number, Tally>;
  /** Bytes of all tallies. */
  readonly decidedBytes: number;
}

/** The number of the segment that `instance` lies in. */
export function segmentOf(instance: Instance, segmentInstances: number): number {
  return Math.floor(instance / segmentInstances);
}

/** The first instance of a segment. */
export function firstOf(segment: number, segmentInstances: number): Instance {
  return (segment * segmentInstances) as Instance;
}

/** How many segments a log has that holds the instances `start <= instance < end`. */
export function segmentsOf(start: Instance, end: Instance, segmentInstances: number): number {
  const last = segmentOf(end, segmentInstances);
  const isLastEmpty = firstOf(last, segmentInstances) === end;
  return Math.max(0, last - segmentOf(start, segmentInstances) + (isLastEmpty ? 0 : 1));
}
