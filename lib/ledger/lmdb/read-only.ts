import type { RootDatabase } from 'lmdb';

import { TreplicaError } from '../../model/errors.js';
import { MapRoom, mapBytesFor } from './address-space.js';
import { assertUsable, isEntered } from './environment.js';
import { closeRoot, openRoot } from './lmdb-root.js';
import { assertNotRead, readOnlyPaths } from './read-only-paths.js';

/** An environment to be read, and the map that its file must fit. */
export interface ReadOnlyRoot {
  readonly root: RootDatabase<Buffer>;
  readonly room: MapRoom;
}

/**
 * The environment in the directory whose real path is `path`, to be read without being owned, whoever owns it. To be
 * closed by `closeReadOnly`.
 * @throws TreplicaError DIRECTORY_IN_USE where this very process has it open, LEDGER_DAMAGED, LEDGER_VERSION,
 * DIRECTORY_NOT_WRITABLE where LMDB's lock file may not be opened, or LEDGER_FAILED
 */
export function openReadOnly(path: string): ReadOnlyRoot {
  assertNotRead(path);
  if (isEntered(path)) {
    throw new TreplicaError(
      'DIRECTORY_IN_USE',
      `Directory ${path} is open in this very process (${process.pid}): close its queues first, or read it from another process.`,
    );
  }
  assertReadable(path);
  const mapSize = mapBytesFor(path);
  const root = openRoot(path, { readOnly: true, mapSize });
  readOnlyPaths.add(path);
  return { root, room: new MapRoom(path, mapSize) };
}

export async function closeReadOnly(path: string, root: RootDatabase<Buffer>): Promise<void> {
  readOnlyPaths.delete(path);
  await closeRoot(root);
}

/** The file of an owner that lives changes all the time, and its owner has looked at it. */
function assertReadable(path: string): void {
  try {
    assertUsable(path);
  } catch (error) {
    if (!(error instanceof TreplicaError && error.code === 'DIRECTORY_IN_USE')) throw error;
  }
}
