import { checkDataFile } from './data-file.js';
import { accessError } from './lmdb-root.js';
import { assertFree, OWNER_KEY } from './owner.js';
import { OWNER } from './table-names.js';

/**
 * Asks before LMDB maps the file, and before the write lock is waited for, which an owner that was stopped in the midst of a
 * commit holds.
 * @param abandoned tokens of ownerships that this process could not give back
 * @throws TreplicaError DIRECTORY_IN_USE, LEDGER_DAMAGED, LEDGER_VERSION or LEDGER_FAILED
 */
export function assertUsable(directory: string, abandoned: ReadonlySet<string>): void {
  try {
    checkDataFile(directory, { table: OWNER, key: OWNER_KEY }, (record) => {
      assertFree(record, directory, abandoned);
    });
  } catch (cause) {
    throw accessError(directory, cause);
  }
}
