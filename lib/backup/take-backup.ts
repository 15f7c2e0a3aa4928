import { type LedgerReader, openLmdbLedgerForReading } from '../ledger/inspection.js';
import { assert } from '../model/assert.js';
import type { Batch } from '../model/batch.js';
import { constants } from '../model/constants.js';
import { TreplicaError } from '../model/errors.js';
import type { Instance, Position } from '../model/ids.js';
import type { Cursor } from '../sequence/cursor.js';
import { encodeEnd, encodeEntries, encodeHeader } from './backup-format.js';
import { type BackupOutput, writeBackup } from './backup-output.js';
import { cursorAfter, openLatest } from './latest-state.js';

/** The content of a backup and its file. */
export interface BackupSummary {
  readonly file: string;
  readonly queueId: string;
  /** Number of messages delivered in the state that it holds. */
  readonly position: Position;
  /** The first instance that it knows nothing of. */
  readonly watermark: Instance;
  readonly bytes: number;
  /** SHA-256 of the file but its last 32 bytes, which are it. */
  readonly digest: string;
}

/**
 * So often the owner may cut its log before it is read. The owner does so with a new checkpoint, which takes longer than
 * reading.
 */
const ATTEMPTS_MAX = 20;

/** For a part of the log that is not there any more. */
class Overtaken extends Error {}

/**
 * Writes into the new file `path` what the replica in `directory` has of `queueId`, or of its only queue: its latest
 * checkpoint, and everything after it that it knows to be decided. Both are of one moment. The replica may run meanwhile.
 * @throws TreplicaError ALREADY_EXISTS, INVALID_OPTION, LEDGER_DAMAGED, LEDGER_VERSION, LEDGER_FAILED, DISK_FULL,
 * BACKUP_DAMAGED; what the file system throws
 */
export async function takeBackup(directory: string, queueId: string | undefined, path: string): Promise<BackupSummary> {
  const ledger = openLmdbLedgerForReading(directory, queueId);
  try {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const summary = await attemptBackup(ledger, path);
      if (summary !== null) return summary;
    }
  } finally {
    await ledger.close();
  }
  throw new TreplicaError(
    'LEDGER_FAILED',
    `No backup of directory ${directory} was taken: its process cuts the log faster than it can be read. Take it from another replica, or when there is less to do.`,
  );
}

/** Null where the owner has cut its log meanwhile. */
async function attemptBackup(ledger: LedgerReader, path: string): Promise<BackupSummary | null> {
  try {
    return await writeBackup(path, (output) => write(ledger, path, output));
  } catch (error) {
    if (error instanceof Overtaken) return null;
    throw error;
  }
}

async function write(ledger: LedgerReader, file: string, output: BackupOutput): Promise<BackupSummary> {
  const { queueId } = ledger;
  const { past, chunks } = await openLatest(ledger);
  try {
    const { checkpoint, watermark, group, views } = past;
    const cursor = await cursorAfter(chunks);
    await output.add('header', encodeHeader({ queueId, group, views, start: cursor.next, watermark, checkpoint }));
    await writeLog(ledger, watermark, cursor, output);
    for (let index = 0; index < (checkpoint?.chunks ?? 0); index += 1) {
      if (chunks !== null) await output.add('chunk', await chunks.chunk(index));
    }
    const { position } = cursor.state;
    await output.add('end', encodeEnd({ position }));
    const digest = await output.finish();
    return { file, queueId, position, watermark, bytes: output.bytes, digest };
  } finally {
    await chunks?.close();
  }
}

/** All of the log that is decided, from `cursor` on, which passes over it. */
async function writeLog(
  ledger: LedgerReader,
  watermark: Instance,
  cursor: Cursor,
  output: BackupOutput,
): Promise<void> {
  while (cursor.next < watermark) {
    const { next: from } = cursor;
    const batches: Batch[] = [];
    const entries = ledger.read(from, watermark, constants.logReadBytes);
    if (entries === null) throw new Overtaken();
    for (const { instance, vote } of entries) {
      assert(vote !== null, 'the log holds a batch at every decided instance', { instance });
      cursor.pass(instance, vote.batch);
      batches.push(vote.batch);
    }
    await output.add('entries', encodeEntries({ from, batches }));
  }
}
