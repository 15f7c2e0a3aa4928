import { constants } from '../../model/constants.js';
import type { Instance } from '../../model/ids.js';
import type { LedgerRecord, LedgerSnapshot, LogEntry } from '../../model/records.js';
import { FileCheckpoints } from '../checkpoints/file-checkpoints.js';
import type { Ledger } from '../ledger.js';
import { closed, otherQueues } from '../ledger-errors.js';
import { RecordCodec } from '../records/record-codec.js';
import { StoredRecords } from '../records/stored-records.js';
import type { CommittingQueue } from './commit-group.js';
import type { Environment } from './environment.js';
import { openDirectories } from './open-directories.js';
import type { QueueTables } from './queue-tables.js';

/**
 * The ledger of one queue in `directory`. The directory is created if it does not exist, and may hold ledgers of other
 * queues of this process. Where `begins` is false and the directory belongs to groups of other queues, a queue that is new
 * there may begin only while one of those is open in this process.
 * @throws TreplicaError DIRECTORY_NOT_WRITABLE, DIRECTORY_IN_USE, QUEUE_MISMATCH, LEDGER_DAMAGED, LEDGER_VERSION or
 * LEDGER_FAILED
 */
export function openLmdbLedger(directory: string, queueId: string, begins = true): Ledger {
  const environment = openDirectories.enter(directory, queueId);
  try {
    const others = begins ? [] : environment.strangersTo(queueId);
    if (others.length > 0) throw otherQueues(environment.directory, queueId, others);
    return new LmdbLedger(environment, queueId);
  } catch (error) {
    void openDirectories.leave(environment, queueId, null);
    throw error;
  }
}

/**
 * Writes synchronously, all that the queues of its directory commit in one moment at one go: while a commit blocks, datagrams
 * gather in the kernel's buffer, and the next commit takes all that they bring.
 */
class LmdbLedger implements Ledger {
  readonly checkpoints: FileCheckpoints;
  readonly #environment: Environment;
  readonly #codec: RecordCodec;
  readonly #tables: QueueTables;
  readonly #records: StoredRecords;
  readonly #queue: CommittingQueue;
  #closed: Promise<void> | null = null;

  constructor(environment: Environment, queueId: string) {
    // A database's name has no zero byte; a queue's name may have any, and encoded it has no slash either.
    const name = encodeURIComponent(queueId);
    this.checkpoints = new FileCheckpoints(environment.directory, queueId);
    this.#environment = environment;
    this.#codec = new RecordCodec(queueId, environment.place);
    this.#tables = environment.tablesOf(name);
    this.#records = new StoredRecords(
      {
        meta: () => this.#tables.meta(),
        segmentInstances: constants.segmentInstances,
        entries: (from, to) => this.#tables.log.entries(from, to),
        inventory: () => environment.inventories.get(name),
      },
      this.#codec,
    );
    this.#queue = {
      tables: this.#tables,
      prepare: (records) => this.#records.prepare(records),
      committed: (commit) => {
        this.#records.committed(commit);
      },
    };
  }

  get failure(): Error | null {
    return this.#environment.failure;
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

  get logBytes(): number {
    return this.#records.logBytes;
  }

  commit(records: readonly LedgerRecord[], done: (error: Error | null) => void): void {
    try {
      this.#assertOpen();
      this.#environment.reading(() => this.#records.verify());
    } catch (error) {
      done(error as Error);
      return;
    }
    this.#environment.commit({ queue: this.#queue, records, done });
  }

  read(from: Instance, to: Instance, maxBytes: number): LogEntry[] {
    this.#assertOpen();
    // A segment is read whole, and compared with its digest.
    this.#environment.writes.settleLog(this.#tables, to + constants.segmentInstances);
    return this.#environment.reading(() => this.#records.read(from, to, maxBytes));
  }

  close(): Promise<void> {
    this.#closed ??= openDirectories.leave(this.#environment, this.#codec.queueId, this.#tables);
    return this.#closed;
  }

  #assertOpen(): void {
    if (this.#closed) throw closed(this.#codec.queueId, this.#codec.place);
  }
}
