/**
 * The ledger keeps what a process must not forget: identity, promise, votes with their batches, founding, views and
 * the decided watermark. A port with two implementations, LMDB and memory, that pass one compliance suite.
 */
import type { Instance } from '../model/ids.js';
import type { LedgerRecord, LedgerSnapshot, LogEntry } from '../model/records.js';

export interface Ledger {
  /**
   * What was durable when the ledger was opened. Called once, before the first commit.
   * @throws TreplicaError LEDGER_DAMAGED, naming the record, or LEDGER_VERSION.
   */
  load(): LedgerSnapshot;

  /**
   * Makes all `records` durable in one atomic step, then calls `done`: exactly once, perhaps before `commit` returns.
   * With no error, every record survives any crash from then on. With an error (TreplicaError LEDGER_FAILED), none of
   * them may be relied on and the ledger takes no further commit: the process must stop voting. A later record of the
   * same kind (and, for entries, instance) replaces an earlier one; within one commit the last wins.
   * At most one commit is under way at a time; the caller gathers what arrives meanwhile.
   */
  commit(records: readonly LedgerRecord[], done: (error: Error | null) => void): void;

  /**
   * Log entries with `from <= instance < to`, ascending, those that exist: at least one if there is one, and no more
   * once their bodies exceed `maxBytes` together. Sees every commit that is done.
   * @throws TreplicaError LEDGER_DAMAGED, naming the record.
   */
  read(from: Instance, to: Instance, maxBytes: number): LogEntry[];

  /** Releases everything. Waits for a commit under way. Idempotent. */
  close(): Promise<void>;
}
