/**
 * Opens ledgers on a disk for writing: for a queue, for a backup that is restored, and for a state that is saved beside the
 * process that has the ledger. A door of its own beside ledger.ts: the ledger itself implements that port, and so imports it.
 */
import type { CheckpointStore } from './checkpoint-store.js';
import { FileCheckpoints } from './checkpoints/file-checkpoints.js';

export { assertEmptyDirectory, buildLedger } from './lmdb/build-ledger.js';
export { openLmdbLedger } from './lmdb/lmdb-ledger.js';
export { hasSetAside, setLedgerAside } from './lmdb/set-aside.js';

/** The checkpoints of a queue in a ledger directory, whether a process has the ledger open or not. */
export function checkpointsIn(directory: string, queueId: string): CheckpointStore {
  return new FileCheckpoints(directory, queueId);
}
