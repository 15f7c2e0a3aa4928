import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';

import { TreplicaError } from '../../model/errors.js';
import { checkpointsDirectory } from '../checkpoints/checkpoint-layout.js';
import { journalFile } from '../journal/journal-file.js';
import { dataFile, lockFile } from './data-file.js';
import { prepareDirectory, syncDirectory } from './directory.js';
import { openDirectories } from './open-directories.js';

const PREFIX = 'damaged-';

/**
 * Moves all files of the ledgers in `directory` into a new directory inside it, for a person to look at, so that a new
 * ledger can begin there. Returns the new directory.
 * @throws TreplicaError DIRECTORY_IN_USE where another queue of this process has its ledger there
 */
export function setLedgerAside(directory: string): string {
  const path = prepareDirectory(directory);
  if (openDirectories.isEntered(path)) {
    throw new TreplicaError(
      'DIRECTORY_IN_USE',
      `The ledger in directory ${path} is damaged, and another queue of this process (${process.pid}) uses it: close that one first, or give each queue a directory of its own.`,
    );
  }
  const aside = join(path, `${PREFIX}${new Date().toISOString().replaceAll(':', '-')}`);
  mkdirSync(aside);
  for (const place of [checkpointsDirectory(path), lockFile(path), journalFile(path), dataFile(path)]) {
    if (existsSync(place)) renameSync(place, join(aside, place.slice(path.length + 1)));
  }
  syncDirectory(aside);
  syncDirectory(path);
  return aside;
}

/** Whether a ledger was once set aside in `directory`: a ledger that begins there is not the first of its process. */
export function hasSetAside(directory: string): boolean {
  return setAsideIn(directory).length > 0;
}

/** The names of the directories inside `directory` that hold ledgers set aside. */
export function setAsideIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory).filter((name) => name.startsWith(PREFIX)) : [];
}
