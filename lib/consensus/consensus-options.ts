import type { Batch } from '../model/batch.js';
import type { ProcessId } from '../model/ids.js';
import type { Settings } from '../model/settings.js';
import type { FoundingOptions } from './membership/founding-options.js';
import type { Mode } from './mode.js';

export interface ConsensusOptions extends FoundingOptions {
  readonly self: ProcessId;
  readonly settings: Settings;
  /** How often the process has been started, this time included. */
  readonly incarnation: number;
  /** Whether it may promise and vote from the beginning, and not only once the input `admitted` says so. */
  readonly isAdmitted: boolean;
  readonly mode: Mode;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Whether a proposer can have made a batch that comes from outside. Bodies are opaque here. */
  readonly isSound: (batch: Batch) => boolean;
  /** The most votes that one message of phase 1 may report, so that it leaves as datagrams. Default: `constants.votesAPromise`. */
  readonly votesAPromise?: number;
  /** The most votes or accepts that one message of phase 2 may have, so that it fits a datagram. Default: any number. */
  readonly itemsAMessage?: number;
  /** Processes that the table of delivered batches knows: the same at every process of the group. */
  readonly deliveryRowsMax?: number | undefined;
}
