import { accessSync, closeSync, constants, existsSync, fsyncSync, mkdirSync, openSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';

import { dataFile, lockFile } from './data-file.js';
import { notWritable } from './ledger-errors.js';

/**
 * Makes sure that `directory` is one that a ledger can be kept in, and that the directory itself survives a crash.
 * @returns its real path, the same however it is reached
 * @throws TreplicaError DIRECTORY_NOT_WRITABLE
 */
export function prepareDirectory(directory: string): string {
  try {
    const firstMade = mkdirSync(directory, { recursive: true });
    const path = realpathSync(directory);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    for (const file of [dataFile(path), lockFile(path)]) {
      if (existsSync(file)) accessSync(file, constants.R_OK | constants.W_OK);
    }
    if (firstMade !== undefined) syncUpTo(path, dirname(realpathSync(firstMade)));
    return path;
  } catch (cause) {
    throw notWritable(directory, cause);
  }
}

/** Makes the entries of a directory durable: a file that is itself durable is lost with its name. */
export function syncDirectory(directory: string): void {
  const fd = openSync(directory, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function syncUpTo(directory: string, top: string): void {
  for (let current = directory; ; current = dirname(current)) {
    syncDirectory(current);
    if (current === top || current === dirname(current)) return;
  }
}
