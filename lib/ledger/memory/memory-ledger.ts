/**
 * The ledger's memory twin, for specs and the simulator. It keeps the very bytes that the LMDB ledger keeps, and models
 * what a disk may do to a process: be slow, fail, and lose at a crash what it had not finished.
 */
import { assert } from '../../model/assert.js';
import { constants } from '../../model/constants.js';
import { TreplicaError } from '../../model/errors.js';
import { after, type Instance } from '../../model/ids.js';
import type { LedgerRecord, LedgerSnapshot, LogEntry } from '../../model/records.js';
import type { Ledger } from '../ledger.js';
import { closed, failed } from '../ledger-errors.js';
import type { RecordKey } from '../records/inventory.js';
import { INVENTORY_KEY, RecordCodec } from '../records/record-codec.js';
import { type Commit, StoredRecords } from '../records/stored-records.js';
import type { DiskWrite } from './disk-write.js';
import { type MemoryCheckpointFile, MemoryCheckpoints } from './memory-checkpoints.js';

/** The durable data of one queue, encoded. */
export interface MemoryFile {
  /** The records outside the log, and the inventory. */
  readonly meta: Map<string, Buffer>;
  readonly entries: Map<Instance, Buffer>;
  readonly checkpoints: MemoryCheckpointFile;
}

interface MemoryDiskOptions {
  /** Instances of one segment of the log. Default: as many as on a real disk. */
  readonly segmentInstances?: number;
  /** Decides what becomes of each chunk of a checkpoint, and of its completion, as `onWrite` does of commits. */
  readonly onCheckpointWrite?: (write: DiskWrite) => void;
}

/** A disk that outlives the ledgers, and so the processes, that use it. */
export class MemoryDisk {
  readonly #files = new Map<string, MemoryFile>();
  readonly #ledgers = new Map<string, MemoryLedger>();
  readonly segmentInstances: number;
  readonly onCheckpointWrite: (write: DiskWrite) => void;

  /**
   * @param onWrite decides what becomes of a commit, at once or later. Without it, a commit is durable before `commit`
   * returns.
   */
  constructor(
    readonly onWrite: (write: DiskWrite) => void = completeAtOnce,
    options: MemoryDiskOptions = {},
  ) {
    this.segmentInstances = options.segmentInstances ?? constants.segmentInstances;
    this.onCheckpointWrite = options.onCheckpointWrite ?? completeAtOnce;
  }

  /**
   * The ledger of one queue on this disk.
   * @throws TreplicaError DIRECTORY_IN_USE until the ledger opened before has been closed, or lost in a crash
   */
  open(queueId: string): Ledger {
    if (this.#ledgers.has(queueId)) {
      throw new TreplicaError(
        'DIRECTORY_IN_USE',
        `Queue ${queueId} is already open on this memory disk. Close it first.`,
      );
    }
    const ledger = new MemoryLedger(this, queueId);
    this.#ledgers.set(queueId, ledger);
    return ledger;
  }

  /** For the ledger to call when it has been closed. */
  release(queueId: string): void {
    this.#ledgers.delete(queueId);
  }

  /** The durable data of a queue, for reading and, in specs, for damage. */
  file(queueId: string): MemoryFile {
    const file = this.#files.get(queueId) ?? emptyFile();
    this.#files.set(queueId, file);
    return file;
  }

  /** A copy of what was durable of a queue at another time takes the place of what is. No ledger of it may be open. */
  replace(queueId: string, file: MemoryFile): void {
    assert(!this.#ledgers.has(queueId), 'what is in use is not replaced', { queueId });
    this.#files.set(queueId, copyOf(file));
  }

  /**
   * The machine loses its power. Writes under way are lost, unless `lands`: a disk may have finished them without
   * anybody having been told. The chunks of a checkpoint that have been received since the receiver was last paused are
   * lost too. The ledgers open now never say or do anything again.
   */
  crash(lands = false): void {
    for (const ledger of this.#ledgers.values()) ledger.crash(lands);
    this.#ledgers.clear();
  }
}

class MemoryLedger implements Ledger {
  readonly checkpoints: MemoryCheckpoints;
  readonly #disk: MemoryDisk;
  readonly #codec: RecordCodec;
  readonly #file: MemoryFile;
  readonly #records: StoredRecords;
  #underWay: { readonly write: DiskWrite; readonly commit: Commit } | null = null;
  #failure: Error | null = null;
  #hasCrashed = false;
  #closed: Promise<void> | null = null;
  #whenIdle: (() => void) | null = null;

  constructor(disk: MemoryDisk, queueId: string) {
    this.#disk = disk;
    this.#codec = new RecordCodec(queueId, 'on a memory disk');
    this.#file = disk.file(queueId);
    this.checkpoints = new MemoryCheckpoints(this.#file.checkpoints, queueId, disk.onCheckpointWrite);
    this.#records = new StoredRecords(
      {
        segmentInstances: disk.segmentInstances,
        meta: () => [...this.#file.meta].filter(([key]) => key !== INVENTORY_KEY),
        entries: (from, to) => entriesOf(this.#file, from, to),
        inventory: () => this.#file.meta.get(INVENTORY_KEY),
      },
      this.#codec,
    );
  }

  get failure(): Error | null {
    return this.#failure;
  }

  load(): LedgerSnapshot {
    this.#assertUsable();
    const snapshot = this.#records.load();
    this.checkpoints.removeStrays(snapshot.checkpoint);
    return snapshot;
  }

  get start(): Instance {
    this.#assertUsable();
    return this.#records.start;
  }

  get logBytes(): number {
    return this.#records.logBytes;
  }

  commit(records: readonly LedgerRecord[], done: (error: Error | null) => void): void {
    if (this.#hasCrashed) return;
    assert(this.#underWay === null, 'one commit is under way at a time');
    const commit = this.#prepare(records);
    if (commit instanceof Error) {
      done(commit);
      return;
    }
    const write: DiskWrite = {
      bytes: [...commit.changes.values()].reduce(
        (sum, change) => sum + (change?.value.length ?? 0),
        commit.inventory.length,
      ),
      complete: () => {
        if (this.#finish(write, true)) done(null);
      },
      fail: (cause, lands = false) => {
        if (this.#finish(write, lands)) done(this.#fail(cause));
      },
    };
    this.#underWay = { write, commit };
    this.#disk.onWrite(write);
  }

  read(from: Instance, to: Instance, maxBytes: number): LogEntry[] {
    this.#assertUsable();
    return this.#records.read(from, to, maxBytes);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  crash(lands: boolean): void {
    this.#hasCrashed = true;
    if (this.#underWay) this.#finish(this.#underWay.write, lands);
    this.checkpoints.crash(lands);
  }

  async #close(): Promise<void> {
    if (this.#underWay) {
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve;
      });
    }
    if (!this.#hasCrashed) this.#disk.release(this.#codec.queueId);
  }

  #prepare(records: readonly LedgerRecord[]): Commit | Error {
    try {
      this.#assertUsable();
      return this.#records.prepare(records);
    } catch (cause) {
      return this.#fail(cause);
    }
  }

  /** Whether `write` was under way, which it is not after a crash. */
  #finish(write: DiskWrite, lands: boolean): boolean {
    if (this.#underWay?.write !== write) return false;
    if (lands) this.#apply(this.#underWay.commit);
    this.#underWay = null;
    this.#whenIdle?.();
    return true;
  }

  #apply(commit: Commit): void {
    const { start } = this.#records;
    for (const [key, change] of commit.changes) set(this.#file, key, change?.value ?? null);
    this.#file.meta.set(INVENTORY_KEY, commit.inventory);
    if (commit.start > start) {
      for (const instance of this.#file.entries.keys())
        if (instance < commit.start) this.#file.entries.delete(instance);
    }
    this.#records.committed(commit);
  }

  #fail(cause: unknown): Error {
    const error =
      cause instanceof TreplicaError && cause.code === 'LEDGER_FAILED' ? cause : failed(this.#codec.place, cause, null);
    this.#failure ??= error;
    return error;
  }

  #assertUsable(): void {
    if (this.#failure) throw this.#failure;
    if (this.#closed || this.#hasCrashed) throw closed(this.#codec.queueId, this.#codec.place);
  }
}

/** The same, going its own way from here on. */
export function copyOf({ meta, entries, checkpoints }: MemoryFile): MemoryFile {
  const copyOfStored = <T extends { readonly chunks: Buffer[] }>(stored: T): T => ({
    ...stored,
    chunks: [...stored.chunks],
  });
  return {
    meta: new Map(meta),
    entries: new Map(entries),
    checkpoints: {
      complete: new Map([...checkpoints.complete].map(([stem, stored]) => [stem, copyOfStored(stored)])),
      received: new Map([...checkpoints.received].map(([stem, stored]) => [stem, copyOfStored(stored)])),
    },
  };
}

function completeAtOnce(write: DiskWrite): void {
  write.complete();
}

function emptyFile(): MemoryFile {
  return { meta: new Map(), entries: new Map(), checkpoints: { complete: new Map(), received: new Map() } };
}

function set(file: MemoryFile, key: RecordKey, value: Buffer | null): void {
  if (typeof key === 'string') {
    if (value) file.meta.set(key, value);
    else file.meta.delete(key);
  } else if (value) file.entries.set(key, value);
  else file.entries.delete(key);
}

/** Copies, as LMDB's are. */
function* entriesOf(file: MemoryFile, from: Instance, to: Instance): Generator<readonly [Instance, Buffer]> {
  for (const instance of to - from <= file.entries.size ? instancesFrom(from, to) : instancesIn(file, from, to)) {
    const value = file.entries.get(instance);
    if (value) yield [instance, Buffer.from(value)];
  }
}

function* instancesFrom(from: Instance, to: Instance): Generator<Instance> {
  for (let instance = from; instance < to; instance = after(instance)) yield instance;
}

function instancesIn(file: MemoryFile, from: Instance, to: Instance): Instance[] {
  return [...file.entries.keys()].filter((instance) => instance >= from && instance < to).sort((a, b) => a - b);
}
