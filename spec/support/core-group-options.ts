import type { Mode } from '../../lib/consensus/mode.js';

/** What the processes of a `CoreGroup` are to be. */
export interface GroupOptions {
  readonly mode?: Mode;
  readonly seed?: number;
  /** How many message delays one tick lasts. Infinity: clocks stand still but where a spec calls `tick`. */
  readonly delaysATick?: number;
  /** Processes beyond n. */
  readonly extra?: number;
  /** What a process takes for n; if left out, n. */
  readonly replicasOf?: (process: number) => number;
  /** The window of a process. */
  readonly windowOf?: (process: number) => number;
  /** α of the groups that a process founds. */
  readonly borderOf?: (process: number) => number;
  /** Processes that the tables of delivered batches know. */
  readonly deliveryRowsMax?: number;
  /** The mode of a process, where they differ. */
  readonly modeOf?: (process: number) => Mode;
  /** How many votes one message of phase 1 reports. */
  readonly votesAPromise?: number;
}
