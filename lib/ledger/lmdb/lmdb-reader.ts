/**
 * Reads the ledgers of a directory from another process than their owner, which may run, commit and cut its logs meanwhile.
 * Takes nothing from the owner, and changes nothing.
 */
import { existsSync, realpathSync } from 'node:fs';

import { constants } from '../../model/constants.js';
import { TreplicaError } from '../../model/errors.js';
import type { Instance } from '../../model/ids.js';
import type { LedgerSnapshot, LogEntry } from '../../model/records.js';
import type { CheckpointStore } from '../checkpoint-store.js';
import { FileCheckpoints } from '../checkpoints/file-checkpoints.js';
import { readJournal } from '../journal/journal.js';
import type { JournaledCommit } from '../journal/journaled-commit.js';
import type { LedgerReader } from '../ledger-reader.js';
import { firstOf, segmentOf } from '../records/log-state.js';
import { metaKey, RecordCodec } from '../records/record-codec.js';
import { StoredRecords } from '../records/stored-records.js';
import { dataFile } from './data-file.js';
import { inventoryKey, readNote } from './inventory-table.js';
import { endOfLog, logPrefix, numberIn, segmentName } from './log-segments.js';
import { openDirectories } from './open-directories.js';
import { overlaid } from './overlaid-store.js';
import { ReadSnapshots } from './read-snapshots.js';
import { INVENTORY } from './table-names.js';

/** After so many attempts, a sector of the journal that looks damaged is damaged, and not just being written. */
const ATTEMPTS_MAX = 20;

/** One read goes through so many segments of the log at most, so that it is short. */
const SEGMENTS_A_READ = 4;

/**
 * The ledger of `queueId`, or of the only queue, in `directory`, for reading.
 * @throws TreplicaError INVALID_OPTION where there is no such ledger, DIRECTORY_IN_USE where this very process has it
 * open, LEDGER_DAMAGED, LEDGER_VERSION, DIRECTORY_NOT_WRITABLE where LMDB's lock file may not be opened, or LEDGER_FAILED
 */
export function openLmdbLedgerForReading(directory: string, queueId?: string): LedgerReader {
  const snapshots = openSnapshots(directory);
  try {
    const path = realpathSync(directory);
    const queues = snapshots.take(() => queuesIn(snapshots));
    return new LmdbReader(snapshots, path, queues, chosenQueue(path, queues, queueId));
  } catch (error) {
    void snapshots.close();
    throw error;
  }
}

/**
 * The queues that have a ledger in `directory`.
 * @throws TreplicaError as `openLmdbLedgerForReading`
 */
export async function listLedgers(directory: string): Promise<readonly string[]> {
  const snapshots = openSnapshots(directory);
  try {
    return snapshots.take(() => queuesIn(snapshots));
  } finally {
    await snapshots.close();
  }
}

class LmdbReader implements LedgerReader {
  readonly checkpoints: Pick<CheckpointStore, 'open'>;
  readonly #snapshots: ReadSnapshots;
  readonly #directory: string;
  readonly #name: string;
  readonly #codec: RecordCodec;
  /** The records when they were last loaded. */
  #records: StoredRecords;

  constructor(
    snapshots: ReadSnapshots,
    directory: string,
    readonly queues: readonly string[],
    readonly queueId: string,
  ) {
    this.checkpoints = new FileCheckpoints(directory, queueId);
    this.#snapshots = snapshots;
    this.#name = encodeURIComponent(queueId);
    this.#codec = new RecordCodec(queueId, `in directory ${directory}`);
    this.#directory = directory;
    this.#records = this.#newRecords([]);
  }

  load(): LedgerSnapshot {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return this.#snapshots.take(() => this.#load());
      } catch (error) {
        // A sector that the owner is writing looks damaged when half of it is new.
        if (attempt >= ATTEMPTS_MAX) throw error;
      }
    }
  }

  read(from: Instance, to: Instance, maxBytes: number): LogEntry[] | null {
    return this.#snapshots.take(() => {
      const { watermark, start } = this.#records.verify().state;
      if (from < start || from < this.#startNow()) return null;
      const end = firstOf(segmentOf(from, constants.segmentInstances) + SEGMENTS_A_READ, constants.segmentInstances);
      return this.#records.read(from, Math.min(to, watermark, end) as Instance, maxBytes);
    });
  }

  close(): Promise<void> {
    return this.#snapshots.close();
  }

  /** The journal is read first: LMDB's snapshot begins with the first look into LMDB, and so after that. */
  #load(): LedgerSnapshot {
    const { commits } = readJournal(this.#directory, () => this.#applied());
    this.#records = this.#newRecords(commits.filter(({ queueName }) => queueName === this.#name));
    return this.#records.load();
  }

  /** The number of the last commit that LMDB has. */
  #applied(): number {
    return readNote(this.#inventories(), `data file in directory ${this.#directory}`).sequence;
  }

  #inventories() {
    return this.#snapshots.database<Buffer>(INVENTORY, 'binary');
  }

  #newRecords(journaled: readonly JournaledCommit[]): StoredRecords {
    const store = {
      segmentInstances: constants.segmentInstances,
      meta: () => this.#meta(),
      entries: (from: Instance, to: Instance) => this.#entries(from, to),
      inventory: () => this.#inventories().get(inventoryKey(this.#name)),
    };
    return new StoredRecords(overlaid(store, journaled), this.#codec);
  }

  *#meta(): Generator<readonly [string, Buffer]> {
    for (const { key, value } of this.#metaTable().getRange()) yield [key.toString(), value];
  }

  *#entries(from: Instance, to: Instance): Generator<readonly [Instance, Buffer]> {
    const { segmentInstances } = constants;
    const prefix = logPrefix(this.#name);
    const start = segmentName(prefix, segmentOf(from, segmentInstances));
    for (const name of this.#snapshots.names(start, endOfLog(this.#name))) {
      const first = firstOf(numberIn(name, prefix), segmentInstances);
      if (first >= to) return;
      const range = { start: Math.max(0, from - first), end: Math.min(segmentInstances, to - first) };
      const segment = this.#snapshots.database<number>(name, 'uint32');
      for (const { key, value } of segment.getRange(range)) yield [(first + key) as Instance, value];
    }
  }

  #startNow(): Instance {
    const key = metaKey({ kind: 'start', start: 0 as Instance });
    const value = this.#metaTable().get(Buffer.from(key));
    const record = value && this.#codec.decodeMeta(key, value);
    return record?.kind === 'start' ? record.start : (0 as Instance);
  }

  #metaTable() {
    return this.#snapshots.database<Buffer>(`${this.#name}/meta`, 'binary');
  }
}

function openSnapshots(directory: string): ReadSnapshots {
  if (!existsSync(dataFile(directory))) throw noLedger(`in directory ${directory}`, 'name the directory of a ledger');
  const path = realpathSync(directory);
  return new ReadSnapshots(openDirectories.enterReader(path), path);
}

function queuesIn(snapshots: ReadSnapshots): string[] {
  const suffix = '/meta';
  const names = [...snapshots.names('', '\uffff')].filter((name) => name.endsWith(suffix));
  return names.map((name) => decodeURIComponent(name.slice(0, -suffix.length)));
}

function chosenQueue(path: string, queues: readonly string[], queueId: string | undefined): string {
  const named = queues.length === 0 ? 'there is none' : `there are those of ${queues.join(', ')}`;
  if (queueId !== undefined) {
    if (queues.includes(queueId)) return queueId;
    throw noLedger(`of queue ${queueId} in directory ${path}`, `name one that is there: ${named}`);
  }
  const [only, ...others] = queues;
  if (only !== undefined && others.length === 0) return only;
  throw noLedger(`that is the only one in directory ${path}`, `name a queue: ${named}`);
}

function noLedger(what: string, use: string): TreplicaError {
  return new TreplicaError('INVALID_OPTION', `There is no ledger ${what}: ${use}.`);
}
