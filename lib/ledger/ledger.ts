/**
 * The ledger keeps what a process must not forget: identity, promise, votes with their batches, founding, views and
 * the decided watermark. A port with two implementations, LMDB and memory, that pass one compliance suite.
 */
import type { Instance } from '../model/ids.js';
import type { LedgerRecord, LedgerSnapshot, LogEntry } from '../model/records.js';
import type { CheckpointStore } from './checkpoint-store.js';

export interface Ledger {
  readonly checkpoints: CheckpointStore;

  /** The first instance that the log holds or will hold. Rises with truncations and with checkpoints beyond the watermark. */
  readonly start: Instance;

  /**
   * What was durable when the ledger was opened. Called once, before the first commit.
   * @throws TreplicaError LEDGER_DAMAGED, naming the record, or saying that records are missing or out of date; or
   * LEDGER_VERSION.
   */
  load(): LedgerSnapshot;

  /**
   * Makes all `records` durable in one atomic step, then calls `done`: exactly once, perhaps before `commit` returns.
   * With no error, every record survives any crash from then on. With an error (TreplicaError LEDGER_FAILED), none of
   * them may be relied on and the ledger takes no further commit: the process must stop voting. A later record of the
   * same kind (and, for entries, instance) replaces an earlier one; within one commit the last wins. The watermark never
   * goes down and passes only instances that the log has an entry for; what was below it before is not written again.
   * At most one commit is under way at a time; the caller gathers what arrives meanwhile.
   */
  commit(records: readonly LedgerRecord[], done: (error: Error | null) => void): void;

  /**
   * Log entries with `from <= instance < to`, ascending, those that exist, and below the watermark all do: at least one
   * if there is one, and no more once their bodies exceed `maxBytes` together. Sees every commit that is done.
   * @throws TreplicaError LEDGER_DAMAGED, naming the record, also where it is missing below the watermark; or saying, when
   * everything below the watermark that `load` found has been read in order, that not all of it is what was last written.
   */
  read(from: Instance, to: Instance, maxBytes: number): LogEntry[];

  /** Releases everything. Waits for a commit under way. Idempotent. */
  close(): Promise<void>;
}
