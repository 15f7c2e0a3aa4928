import type { Ledger } from '../ledger/ledger.js';
import { assertEmptyDirectory, buildLedger } from '../ledger/open.js';
import { assert } from '../model/assert.js';
import { NO_BALLOT } from '../model/ballot.js';
import { type Checkpoint, isSameCheckpoint } from '../model/checkpoint.js';
import { after, type Instance, type Position } from '../model/ids.js';
import type { LedgerRecord } from '../model/records.js';
import type { BackupEntries } from './backup-format.js';
import { BackupInput } from './backup-input.js';

/** The restored data. */
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
 * Makes a ledger of what a backup holds in `directory`, which is empty or does not exist. The ledger belongs to no process
 * yet: processes that are started with directories restored from the same backup found a group that goes on from it.
 * @param queueId Default: the backup's.
 * @throws TreplicaError BACKUP_NOT_READABLE, BACKUP_DAMAGED, BACKUP_VERSION, ALREADY_EXISTS, LEDGER_FAILED, DISK_FULL,
 * DIRECTORY_NOT_WRITABLE; what the file system throws. Nothing is left behind then.
 */
export async function restoreBackup(path: string, directory: string, queueId?: string): Promise<RestoreSummary> {
  await assertEmptyDirectory(directory);
  const backup = await BackupInput.open(path);
  try {
    const id = queueId ?? backup.header.queueId;
    await buildLedger(directory, id, (ledger) => fill(ledger, backup));
    const { position } = backup.end;
    return { directory, queueId: id, position, watermark: backup.header.watermark, digest: backup.digest };
  } finally {
    await backup.close();
  }
}

async function fill(ledger: Ledger, backup: BackupInput): Promise<void> {
  const { checkpoint, watermark } = backup.header;
  if (checkpoint !== null) await install(ledger, checkpoint, backup.chunks());
  for await (const entries of backup.entries()) await commit(ledger, decided(entries));
  const base = { from: watermark, digest: backup.digest.slice(0, BASE_DIGITS) };
  await commit(ledger, [{ kind: 'base', base }]);
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

/** Votes of no process: they tell what is decided. */
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
