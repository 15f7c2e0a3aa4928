/**
 * One LMDB environment for each directory, shared by all queues of this process that keep their ledger there. Here, and
 * nowhere else, is what must be obeyed for LMDB to be what it promises.
 */
import { existsSync } from 'node:fs';
import { constants } from 'node:os';

import { open, type Database, type DatabaseOptions, type Key, type RootDatabase } from 'lmdb';

import { TreplicaError } from '../model/errors.js';
import { limits } from '../model/limits.js';
import { checkDataFile, dataFile } from './data-file.js';
import { prepareDirectory, syncDirectory } from './directory.js';
import { InventoryTable } from './inventory-table.js';
import { anotherVersion, damaged, failed, notWritable } from './ledger-errors.js';
import { Ownership } from './owner.js';

/** By the directory's real path. */
const environments = new Map<string, Environment>();

const OWNER = 'owner';
const INVENTORY = 'inventory';

export class Environment {
  /** Where this is, for messages. */
  readonly place: string;
  readonly inventories: InventoryTable;
  readonly #root: RootDatabase<Buffer>;
  readonly #ownership: Ownership;
  readonly #queues = new Set<string>();
  #failure: TreplicaError | null = null;

  /**
   * The environment in `directory`, opened if this process has not opened it, with `queueId` registered in it until
   * `leave` is called.
   * @throws TreplicaError DIRECTORY_NOT_WRITABLE, DIRECTORY_IN_USE, LEDGER_DAMAGED, LEDGER_VERSION or LEDGER_FAILED
   */
  static enter(directory: string, queueId: string): Environment {
    const path = prepareDirectory(directory);
    const environment = environments.get(path) ?? new Environment(path);
    if (environment.#queues.has(queueId)) {
      throw new TreplicaError(
        'DIRECTORY_IN_USE',
        `Queue ${queueId} is already open in this process (${process.pid}) with directory ${path}. Use that one, close it first, or give this one a directory of its own.`,
      );
    }
    environments.set(path, environment);
    environment.#queues.add(queueId);
    return environment;
  }

  private constructor(readonly directory: string) {
    this.place = `in directory ${directory}`;
    if (existsSync(dataFile(directory))) {
      checkDataFile(directory);
      assertNoOwner(directory);
    }
    this.#root = openRoot(directory, { readOnly: false });
    try {
      [this.inventories, this.#ownership] = transactionOf(this.#root, () => {
        const inventories = new InventoryTable(this.#root, this.openDatabase(INVENTORY, 'binary'));
        const ownership = new Ownership(this.openDatabase(OWNER, 'binary'), directory);
        inventories.assertLastTransaction(`data file ${this.place}`);
        ownership.take();
        inventories.noteTransaction();
        return [inventories, ownership];
      });
      syncDirectory(directory);
    } catch (error) {
      void this.#root.close();
      throw accessError(directory, error);
    }
  }

  /**
   * Runs `action`, which may put into databases and open new ones, and returns when all of it is durable.
   * When that fails, for whatever reason, nothing of it has happened, and nothing more will: after a failed write the
   * kernel and LMDB may disagree about what is on the disk, and to begin another transaction can crash the process.
   * @throws TreplicaError LEDGER_FAILED
   */
  transaction<T>(action: () => T): T {
    this.#assertSound();
    try {
      return transactionOf(this.#root, () => {
        this.#ownership.verify();
        const result = action();
        this.inventories.noteTransaction();
        return result;
      });
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /**
   * Runs `action`, which reads.
   * @throws TreplicaError LEDGER_DAMAGED when LMDB cannot make sense of its file, or LEDGER_FAILED once a transaction has
   * failed
   */
  reading<T>(action: () => T): T {
    this.#assertSound();
    try {
      return action();
    } catch (error) {
      throw error instanceof TreplicaError
        ? error
        : damaged(`data file ${this.place}`, (error as Error).message, error);
    }
  }

  /** A named database. Where it may have to be created, call it within a transaction. */
  openDatabase<K extends Key>(name: string, keyEncoding: 'binary' | 'uint32'): Database<Buffer, K> {
    this.#assertSound();
    return this.#root.openDB<Buffer, K>(name, databaseOptions(keyEncoding));
  }

  /** The names of existing databases with `start <= name < end`, ascending. */
  databaseNames(start: string, end: string): string[] {
    return [...this.#root.getKeys({ start, end })].map(String);
  }

  /** Closes the environment when no queue is left in it. From the call on, the directory may be entered again. */
  async leave(queueId: string): Promise<void> {
    this.#queues.delete(queueId);
    if (this.#queues.size > 0) return;
    environments.delete(this.directory);
    this.#release();
    await this.#root.close();
  }

  #assertSound(): void {
    if (this.#failure) throw this.#failure;
  }

  #release(): void {
    try {
      this.transaction(() => this.#ownership.release());
    } catch {
      this.#ownership.abandon();
    }
  }

  #fail(cause: unknown): TreplicaError {
    this.#failure ??= failed(this.place, cause);
    return this.#failure;
  }
}

function transactionOf<T>(root: RootDatabase<Buffer>, action: () => T): T {
  let result!: T;
  // Must itself return nothing: LMDB would wait for a promise, as `put` returns, and leave the transaction open.
  root.transactionSync(() => {
    result = action();
  });
  return result;
}

/**
 * Asks before the write lock is waited for, which an owner that has been stopped in the midst of a commit holds.
 * @throws TreplicaError DIRECTORY_IN_USE
 */
function assertNoOwner(directory: string): void {
  const root = openRoot(directory, { readOnly: true });
  try {
    // Undefined, against its type, where there is no such database yet.
    const database = root.openDB<Buffer, Buffer>(OWNER, databaseOptions('binary')) as
      Database<Buffer, Buffer> | undefined;
    if (database) new Ownership(database, directory).assertFree();
  } catch (cause) {
    throw accessError(directory, cause);
  } finally {
    void root.close();
  }
}

function databaseOptions(keyEncoding: 'binary' | 'uint32'): DatabaseOptions {
  return { keyEncoding, encoding: 'binary', cache: false };
}

function openRoot(directory: string, options: { readonly readOnly: boolean }): RootDatabase<Buffer> {
  try {
    return open<Buffer>(directory, {
      // Without it, a directory with a dot in its name is taken for a file.
      noSubdir: false,
      overlappingSync: false,
      mapSize: limits.mapBytes,
      maxDbs: limits.namedDatabasesMax,
      encoding: 'binary',
      cache: false,
      ...options,
    });
  } catch (cause) {
    throw accessError(directory, cause);
  }
}

function accessError(directory: string, cause: unknown): TreplicaError {
  if (cause instanceof TreplicaError) return cause;
  const { EACCES, EPERM, EROFS } = constants.errno;
  const { message, code } = cause as Error & { readonly code?: number };
  if (code === EACCES || code === EPERM || code === EROFS) return notWritable(directory, cause);
  if (message.includes('MDB_VERSION_MISMATCH')) return anotherVersion(`data file in directory ${directory}`, message);
  if (/MDB_(INVALID|CORRUPTED|PAGE_NOTFOUND|BAD_TXN)/.test(message))
    return damaged(`data file in directory ${directory}`, message, cause);
  return new TreplicaError(
    'LEDGER_FAILED',
    `The ledger in directory ${directory} could not be opened or read: ${message}. See that the disk is sound and has room, and that the process may map ${limits.mapBytes} bytes of address space, then start it again.`,
    { cause },
  );
}
