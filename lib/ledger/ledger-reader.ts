import type { Instance } from '../model/ids.js';
import type { LedgerSnapshot, LogEntry } from '../model/records.js';
import type { CheckpointStore } from './checkpoint-store.js';

/** The ledger of one queue, for reading only. Its owner may run, commit and cut its log meanwhile. */
export interface LedgerReader {
  /** The queues that have a ledger in the directory. */
  readonly queues: readonly string[];
  readonly queueId: string;
  /** The checkpoint that `load` told may have been replaced and removed by the time it is opened: load again then. */
  readonly checkpoints: Pick<CheckpointStore, 'open'>;

  /** As `Ledger.load`, as of now. */
  load(): LedgerSnapshot;

  /**
   * As `Ledger.read`, below the watermark that was loaded last, and only some of many segments at a time. Null where the
   * log no longer goes back to `from`: it has been cut since, and there is another checkpoint to load.
   */
  read(from: Instance, to: Instance, maxBytes: number): LogEntry[] | null;

  close(): Promise<void>;
}
