import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

import { TreplicaError } from '../../model/errors.js';
import { checkpointsDirectory } from '../checkpoints/checkpoint-layout.js';
import { journalFile } from '../journal/journal-file.js';
import type { Ledger } from '../ledger.js';
import { dataFile } from './data-file.js';
import { syncDirectory } from './directory.js';
import { openLmdbLedger } from './lmdb-ledger.js';

/**
 * Makes a ledger of `queueId` in `directory`, which is empty or does not exist: `fill` is given a new ledger, and what that
 * holds then is put in the directory as a whole. Where anything fails, nothing is left behind. The directory itself stays
 * where it is, since it may be a mounted one: the new ledger grows in a directory inside it.
 * @throws TreplicaError ALREADY_EXISTS, LEDGER_FAILED, DISK_FULL, DIRECTORY_NOT_WRITABLE; what the file system or `fill` throws
 */
export async function buildLedger(
  directory: string,
  queueId: string,
  fill: (ledger: Ledger) => Promise<void>,
): Promise<void> {
  const made = await mkdir(directory, { recursive: true });
  let within: string | null = null;
  try {
    within = await mkdtemp(join(directory, 'restoring-'));
    await assertEmptyDirectory(directory, basename(within));
    await fillLedger(within, queueId, fill);
    await moveUp(within, directory);
    if (made !== undefined) syncDirectory(dirname(resolve(made)));
  } catch (error) {
    if (within !== null) await rm(within, { recursive: true, force: true });
    if (made !== undefined) await removeEmpty(resolve(directory), resolve(made));
    throw error;
  }
}

/**
 * Another process may build a ledger in the directory at the same time: with `own` there, neither of the two goes on.
 * @throws TreplicaError ALREADY_EXISTS where something else than `own` is in the directory, or it is none
 */
export async function assertEmptyDirectory(directory: string, own?: string): Promise<void> {
  const names = await readdir(directory).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    if (code === 'ENOTDIR') return [directory];
    throw error;
  });
  const first = names.find((name) => name !== own);
  if (first === undefined) return;
  throw new TreplicaError(
    'ALREADY_EXISTS',
    `Nothing was restored: ${directory} is not an empty directory, ${first} is there. Name one that is empty or does not exist.`,
  );
}

async function fillLedger(directory: string, queueId: string, fill: (ledger: Ledger) => Promise<void>): Promise<void> {
  const ledger = openLmdbLedger(directory, queueId);
  try {
    ledger.load();
    await fill(ledger);
  } finally {
    await ledger.close();
  }
}

/** The data file comes last: before it is there, the directory holds no ledger. */
async function moveUp(within: string, directory: string): Promise<void> {
  for (const placeIn of [checkpointsDirectory, journalFile, dataFile]) {
    if (existsSync(placeIn(within))) await rename(placeIn(within), placeIn(directory));
  }
  await rm(within, { recursive: true });
  syncDirectory(directory);
}

/** Removes directories that are empty, from `directory` up to `last`. */
async function removeEmpty(directory: string, last: string): Promise<void> {
  for (let path = directory; path.length >= last.length; path = dirname(path)) await rmdir(path);
}
