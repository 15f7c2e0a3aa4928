import type { RootDatabase } from 'lmdb';

import { TreplicaError } from '../model/errors.js';
import { assertUsable, isEntered } from './environment.js';
import { openRoot } from './lmdb-root.js';
import { assertNotRead, readOnlyPaths } from './read-only-paths.js';

/**
 * The environment in the directory whose real path is `path`, to be read without being owned, whoever owns it. To be
 * closed by `closeReadOnly`.
 * @throws TreplicaError DIRECTORY_IN_USE where this very process has it open, LEDGER_DAMAGED, LEDGER_VERSION,
 * DIRECTORY_NOT_WRITABLE where LMDB's lock file may not be opened, or LEDGER_FAILED
 */
export function openReadOnly(path: string): RootDatabase<Buffer> {
  assertNotRead(path);
  if (isEntered(path)) {
    throw new TreplicaError(
      'DIRECTORY_IN_USE',
      `Directory ${path} is open in this very process (${process.pid}): close its queues first, or read it from another process.`,
    );
  }
  assertReadable(path);
  const root = openRoot(path, { readOnly: true });
  readOnlyPaths.add(path);
  return root;
}

export async function closeReadOnly(path: string, root: RootDatabase<Buffer>): Promise<void> {
  readOnlyPaths.delete(path);
  await root.close();
}

/** The file of an owner that lives changes all the time, and its owner has looked at it. */
function assertReadable(path: string): void {
  try {
    assertUsable(path);
  } catch (error) {
    if (!(error instanceof TreplicaError && error.code === 'DIRECTORY_IN_USE')) throw error;
  }
}
