import type { Database } from 'lmdb';

import type { Instance } from '../model/ids.js';
import type { LedgerRecord, LedgerSnapshot, LogEntry } from '../model/records.js';
import { Environment } from './environment.js';
import type { Ledger } from './ledger.js';
import { closed } from './ledger-errors.js';
import { LogSegments } from './log-segments.js';
import { metaKey, RecordCodec } from './record-codec.js';
import { loadSnapshot, readEntries, type StoredRecords } from './stored-records.js';

/**
 * The ledger of one queue in `directory`, which is created if it does not exist and may hold those of other queues of
 * this process.
 * @throws TreplicaError DIRECTORY_NOT_WRITABLE, DIRECTORY_IN_USE, LEDGER_DAMAGED, LEDGER_VERSION or LEDGER_FAILED
 */
export function openLmdbLedger(directory: string, queueId: string): Ledger {
  const environment = Environment.enter(directory, queueId);
  try {
    return new LmdbLedger(environment, queueId);
  } catch (error) {
    void environment.leave(queueId);
    throw error;
  }
}

/**
 * Writes synchronously: while a commit blocks, datagrams gather in the kernel's buffer, and the next commit takes all
 * that they bring.
 */
class LmdbLedger implements Ledger {
  readonly #environment: Environment;
  readonly #codec: RecordCodec;
  readonly #meta: Database<Buffer, Buffer>;
  readonly #log: LogSegments;
  readonly #stored: StoredRecords;
  #closed: Promise<void> | null = null;

  constructor(environment: Environment, queueId: string) {
    // Databases have names of bytes without zeros; a queue's may hold anything, and never a slash when encoded.
    const name = encodeURIComponent(queueId);
    this.#environment = environment;
    this.#codec = new RecordCodec(queueId, environment.place);
    this.#meta = environment.transaction(() => environment.openDatabase<Buffer>(`${name}/meta`, 'binary'));
    this.#log = environment.reading(() => new LogSegments(environment, name));
    this.#stored = {
      meta: () => metaOf(this.#meta),
      entries: (from, to) => this.#log.entries(from, to),
    };
  }

  load(): LedgerSnapshot {
    this.#assertOpen();
    return this.#environment.reading(() => loadSnapshot(this.#stored, this.#codec));
  }

  commit(records: readonly LedgerRecord[], done: (error: Error | null) => void): void {
    let failure: Error | null = null;
    try {
      this.#assertOpen();
      this.#environment.transaction(() => records.forEach((record) => this.#put(record)));
      this.#log.closeUnused();
    } catch (error) {
      failure = error as Error;
    }
    done(failure);
  }

  read(from: Instance, to: Instance, maxBytes: number): LogEntry[] {
    this.#assertOpen();
    return this.#environment.reading(() => readEntries(this.#stored, this.#codec, from, to, maxBytes));
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#log.close();
    void this.#meta.close();
    await this.#environment.leave(this.#codec.queueId);
  }

  #put(record: LedgerRecord): void {
    if (record.kind === 'entry') this.#log.put(record.entry.instance, this.#codec.encodeEntry(record.entry));
    else this.#meta.putSync(Buffer.from(metaKey(record)), this.#codec.encodeMeta(record));
  }

  #assertOpen(): void {
    if (this.#closed) throw closed(this.#codec.queueId, this.#codec.place);
  }
}

function* metaOf(database: Database<Buffer, Buffer>): Generator<readonly [string, Buffer]> {
  for (const { key, value } of database.getRange()) yield [key.toString(), value];
}
