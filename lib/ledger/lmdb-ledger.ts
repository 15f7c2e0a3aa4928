import type { Database } from 'lmdb';

import type { Instance } from '../model/ids.js';
import type { LedgerRecord, LedgerSnapshot, LogEntry } from '../model/records.js';
import { FileCheckpoints } from './file-checkpoints.js';
import { Environment } from './environment.js';
import type { RecordKey } from './inventory.js';
import type { Ledger } from './ledger.js';
import { closed } from './ledger-errors.js';
import { LogSegments } from './log-segments.js';
import { limits } from '../model/limits.js';
import { RecordCodec } from './record-codec.js';
import { StoredRecords } from './stored-records.js';

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
  readonly checkpoints: FileCheckpoints;
  readonly #environment: Environment;
  readonly #codec: RecordCodec;
  readonly #name: string;
  readonly #meta: Database<Buffer, Buffer>;
  readonly #log: LogSegments;
  readonly #records: StoredRecords;
  #closed: Promise<void> | null = null;

  constructor(environment: Environment, queueId: string) {
    // Databases have names of bytes without zeros; a queue's may hold anything, and never a slash when encoded.
    const name = encodeURIComponent(queueId);
    this.#name = name;
    this.checkpoints = new FileCheckpoints(environment.directory, queueId);
    this.#environment = environment;
    this.#codec = new RecordCodec(queueId, environment.place);
    this.#meta = environment.transaction(() => environment.openDatabase<Buffer>(`${name}/meta`, 'binary'));
    this.#log = environment.reading(() => new LogSegments(environment, name));
    this.#records = new StoredRecords(
      {
        meta: () => metaOf(this.#meta),
        segmentInstances: limits.segmentInstances,
        entries: (from, to) => this.#log.entries(from, to),
        inventory: () => environment.inventories.get(name),
      },
      this.#codec,
    );
  }

  load(): LedgerSnapshot {
    this.#assertOpen();
    const snapshot = this.#environment.reading(() => this.#records.load());
    this.checkpoints.removeStrays(snapshot.checkpoint);
    return snapshot;
  }

  get start(): Instance {
    this.#assertOpen();
    return this.#environment.reading(() => this.#records.start);
  }

  commit(records: readonly LedgerRecord[], done: (error: Error | null) => void): void {
    let failure: Error | null = null;
    try {
      this.#assertOpen();
      this.#environment.reading(() => this.#records.verify());
      const commit = this.#environment.transaction(() => {
        const prepared = this.#records.prepare(records);
        for (const [key, change] of prepared.changes) this.#put(key, change?.value ?? null);
        this.#log.removeBelow(prepared.start);
        this.#environment.inventories.put(this.#name, prepared.inventory);
        return prepared;
      });
      this.#records.committed(commit);
      this.#log.closeUnused();
    } catch (error) {
      failure = error as Error;
    }
    done(failure);
  }

  read(from: Instance, to: Instance, maxBytes: number): LogEntry[] {
    this.#assertOpen();
    return this.#environment.reading(() => this.#records.read(from, to, maxBytes));
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

  /** Null removes what is outside the log. */
  #put(key: RecordKey, value: Buffer | null): void {
    if (typeof key === 'string') {
      if (value) this.#meta.putSync(Buffer.from(key), value);
      else this.#meta.removeSync(Buffer.from(key));
    } else if (value) this.#log.put(key, value);
  }

  #assertOpen(): void {
    if (this.#closed) throw closed(this.#codec.queueId, this.#codec.place);
  }
}

function* metaOf(database: Database<Buffer, Buffer>): Generator<readonly [string, Buffer]> {
  for (const { key, value } of database.getRange()) yield [key.toString(), value];
}
