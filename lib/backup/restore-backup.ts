import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

import { isSameCheckpoint } from '../ledger/checkpoints/checkpoint-codec.js';
import { checkpointsDirectory } from '../ledger/checkpoints/checkpoint-layout.js';
import { dataFile } from '../ledger/lmdb/data-file.js';
import { syncDirectory } from '../ledger/lmdb/directory.js';
import { journalFile } from '../ledger/journal/journal-file.js';
import type { Ledger } from '../ledger/ledger.js';
import { openLmdbLedger } from '../ledger/lmdb/lmdb-ledger.js';
import { assert } from '../model/assert.js';
import { NO_BALLOT } from '../model/ballot.js';
import type { Checkpoint } from '../model/checkpoint.js';
import { TreplicaError } from '../model/errors.js';
import { after, type Instance, type Position } from '../model/ids.js';
import type { LedgerRecord } from '../model/records.js';
import type { BackupEntries } from './backup-format.js';
import { BackupInput } from './backup-input.js';

/** What was restored. */
export interface RestoreSummary {
  readonly directory: string;
  readonly queueId: string;
  readonly position: Position;
  /** The first instance that a group of processes restored from the backup decides. */
  readonly watermark: Instance;
  /** Of the backup. */
  readonly digest: string;
}

/** Digits of a backup's digest that a group is told by. */
const BASE_DIGITS = 32;

/**
 * Makes a ledger of what a backup holds in `directory`, which is created unless it is there and empty. The ledger belongs
 * to nobody yet: processes that are started with directories restored from the same backup found a group that goes on from
 * it. `queueId` is the backup's unless given.
 * @throws TreplicaError BACKUP_NOT_READABLE, BACKUP_DAMAGED, BACKUP_VERSION, ALREADY_EXISTS, LEDGER_FAILED, DISK_FULL, DIRECTORY_NOT_WRITABLE; what the
 * file system throws. Nothing is left behind then.
 */
export async function restoreBackup(path: string, directory: string, queueId?: string): Promise<RestoreSummary> {
  await assertEmpty(directory);
  const backup = await BackupInput.open(path);
  try {
    const id = queueId ?? backup.header.queueId;
    await restoreInto(directory, backup, id);
    const { position } = backup.end;
    return { directory, queueId: id, position, watermark: backup.header.watermark, digest: backup.digest };
  } finally {
    await backup.close();
  }
}

/** In a directory inside it, since what is there may be a mounted one; nobody takes it for a ledger before all is there. */
async function restoreInto(directory: string, backup: BackupInput, queueId: string): Promise<void> {
  const made = await mkdir(directory, { recursive: true });
  let within: string | null = null;
  try {
    within = await mkdtemp(join(directory, 'restoring-'));
    await assertEmpty(directory, basename(within));
    await fill(within, backup, queueId);
    await moveUp(within, directory);
    if (made !== undefined) syncDirectory(dirname(resolve(made)));
  } catch (error) {
    if (within !== null) await rm(within, { recursive: true, force: true });
    if (made !== undefined) await removeEmpty(resolve(directory), resolve(made));
    throw error;
  }
}

async function fill(directory: string, backup: BackupInput, queueId: string): Promise<void> {
  const ledger = openLmdbLedger(directory, queueId);
  try {
    ledger.load();
    const { checkpoint, watermark } = backup.header;
    if (checkpoint !== null) await install(ledger, checkpoint, backup.chunks());
    for await (const entries of backup.entries()) await commit(ledger, decided(entries));
    const base = { from: watermark, digest: backup.digest.slice(0, BASE_DIGITS) };
    await commit(ledger, [{ kind: 'base', base }]);
  } finally {
    await ledger.close();
  }
}

async function install(ledger: Ledger, checkpoint: Checkpoint, chunks: AsyncIterable<Buffer>): Promise<void> {
  const writer = ledger.checkpoints.create(checkpoint);
  try {
    for await (const chunk of chunks) await writer.append(chunk);
    const written = await writer.finish();
    assert(isSameCheckpoint(written, checkpoint), 'a backup holds the checkpoint that it names', {
      written,
      checkpoint,
    });
  } catch (error) {
    await writer.abandon();
    throw error;
  }
  await commit(ledger, [
    { kind: 'checkpoint', checkpoint },
    { kind: 'watermark', watermark: checkpoint.next },
  ]);
}

/** Nobody's votes: what was learnt to be decided. */
function decided({ from, batches }: BackupEntries): LedgerRecord[] {
  const entries = batches.map((batch, offset): LedgerRecord => {
    const vote = { ballot: NO_BALLOT, batch };
    return { kind: 'entry', entry: { instance: after(from, offset), promised: NO_BALLOT, vote } };
  });
  return [...entries, { kind: 'watermark', watermark: after(from, batches.length) }];
}

function commit(ledger: Ledger, records: readonly LedgerRecord[]): Promise<void> {
  return new Promise((resolve, reject) => {
    ledger.commit(records, (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
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

/** Somebody else may restore into the directory at the same time: with `own` there, neither of two goes on. */
async function assertEmpty(directory: string, own?: string): Promise<void> {
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
