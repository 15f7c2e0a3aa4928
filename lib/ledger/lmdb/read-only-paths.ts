import { TreplicaError } from '../../model/errors.js';

/** Real paths of the directories that this process has open for reading only: LMDB must not open a file twice. */
export const readOnlyPaths = new Set<string>();

/** @throws TreplicaError DIRECTORY_IN_USE where this process has the directory open for reading */
export function assertNotRead(path: string): void {
  if (!readOnlyPaths.has(path)) return;
  throw new TreplicaError(
    'DIRECTORY_IN_USE',
    `Directory ${path} is open for reading in this very process (${process.pid}): close the reader first.`,
  );
}
