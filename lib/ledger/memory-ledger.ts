/**
 * The ledger's memory twin, for specs and the simulator. It keeps the very bytes that the LMDB ledger keeps, and models
 * what a disk may do to a process: be slow, fail, and lose at a crash what it had not finished.
 */
import { assert } from '../model/assert.js';
import { TreplicaError } from '../model/errors.js';
import type { Instance } from '../model/ids.js';
import type { LedgerRecord, LedgerSnapshot, LogEntry } from '../model/records.js';
import type { Ledger } from './ledger.js';
import { metaKey, RecordCodec } from './record-codec.js';
import { loadSnapshot, readEntries } from './stored-records.js';

/** One commit on its way to a memory disk. Nothing happens to it twice: what comes later has no effect. */
export interface DiskWrite {
  readonly bytes: number;
  /** Makes the commit durable and tells the ledger so. */
  complete(): void;
  /** Loses the commit and tells the ledger so, which takes no further one. */
  fail(cause: Error): void;
}

/** What is durable of one queue, in its encoded form. */
export interface MemoryFile {
  readonly meta: Map<string, Buffer>;
  readonly entries: Map<Instance, Buffer>;
}

/** A disk that outlives the ledgers, and so the processes, that use it. */
export class MemoryDisk {
  readonly #files = new Map<string, MemoryFile>();
  readonly #ledgers = new Map<string, MemoryLedger>();

  /**
   * @param onWrite decides what becomes of a commit, at once or later. Without it, a commit is durable before `commit`
   * returns.
   */
  constructor(
    readonly onWrite: (write: DiskWrite) => void = (write) => {
      write.complete();
    },
  ) {}

  /**
   * The ledger of one queue on this disk.
   * @throws TreplicaError DIRECTORY_IN_USE until the ledger opened before has been closed, or lost in a crash
   */
  open(queueId: string): Ledger {
    if (this.#ledgers.has(queueId)) {
      throw new TreplicaError('DIRECTORY_IN_USE', `Queue ${queueId} is already open on this memory disk. Close it first.`);
    }
    const ledger = new MemoryLedger(this, queueId, () => this.#ledgers.delete(queueId));
    this.#ledgers.set(queueId, ledger);
    return ledger;
  }

  /** What is durable of a queue; to be looked at and, in specs, to be damaged. */
  file(queueId: string): MemoryFile {
    const file = this.#files.get(queueId) ?? { meta: new Map(), entries: new Map() };
    this.#files.set(queueId, file);
    return file;
  }

  /**
   * The machine loses its power. Commits under way are lost, unless they `land`: a disk may have finished one without
   * anybody having been told. The ledgers open now never say or do anything again.
   */
  crash(land = false): void {
    for (const ledger of this.#ledgers.values()) ledger.crash(land);
    this.#ledgers.clear();
  }
}

class MemoryLedger implements Ledger {
  readonly #codec: RecordCodec;
  readonly #file: MemoryFile;
  #state: 'open' | 'closed' | 'crashed' = 'open';
  #failure: TreplicaError | null = null;
  #underWay: { readonly land: () => void; readonly settled: Promise<void>; readonly settle: () => void } | null = null;

  constructor(
    readonly disk: MemoryDisk,
    readonly queueId: string,
    readonly onClosed: () => void,
  ) {
    this.#codec = new RecordCodec(queueId, 'on a memory disk');
    this.#file = disk.file(queueId);
  }
