import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';

import { journalFile } from '../journal/journal-file.js';
import { notWritable } from '../ledger-errors.js';
import { dataFile, lockFile } from './data-file.js';

/**
 * Makes sure that `directory` is one that a ledger can be kept in, and that the directory itself survives a crash.
 * @returns its real path, the same however it is reached
 * @throws TreplicaError DIRECTORY_NOT_WRITABLE
 */
export function prepareDirectory(directory: string): string {
  try {
    makeDirectory(resolve(directory));
    const path = realpathSync(directory);
    if (!statSync(path).isDirectory()) throw new Error('it is not a directory');
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    for (const file of [dataFile(path), lockFile(path), journalFile(path)].filter(existsSync)) {
      accessSync(file, constants.R_OK | constants.W_OK);
    }
    return path;
  } catch (cause) {
    throw notWritable(directory, cause);
  }
}

/** Makes the entries of a directory durable: without its name, a durable file is lost. */
export function syncDirectory(directory: string): void {
  const fd = openSync(directory, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Like a recursive mkdir, but durable; and in /proc, it ends too. */
function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  makeDirectory(dirname(directory));
  try {
    mkdirSync(directory);
  } catch (error) {
    // Another process may have been quicker.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  syncDirectory(dirname(directory));
}
