/**
 * One LMDB environment for each directory, shared by all queues of this process that keep their ledger there. Here, and
 * nowhere else, is what must be obeyed for LMDB to be what it promises.
 */
import { existsSync } from 'node:fs';
import { constants } from 'node:os';

import * as lmdb from 'lmdb';
import { open, type Database, type DatabaseOptions, type Key, type RootDatabase } from 'lmdb';

import { TreplicaError } from '../model/errors.js';
import { limits } from '../model/limits.js';
import { checkDataFile, dataFile } from './data-file.js';
import { prepareDirectory, syncDirectory } from './directory.js';
import { InventoryTable } from './inventory-table.js';
import { anotherVersion, damaged, failed, notWritable } from './ledger-errors.js';
import { assertFree, OWNER_KEY, Ownership } from './owner.js';

/** By the directory's real path. */
const environments = new Map<string, Environment>();

/** Real paths of the directories that this process has open for reading only: LMDB must not open a file twice. */
const readOnlyPaths = new Set<string>();

export const OWNER = 'owner';
export const INVENTORY = 'inventory';

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
    assertNotRead(path);
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
    if (existsSync(dataFile(directory))) assertUsable(directory);
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

  /** Closes a database that `openDatabase` has opened. Not within a transaction, where LMDB forbids it. */
  closeDatabase(database: Database<Buffer, number>): void {
    void database.close();
    forget(database);
  }

  /** Removes a database, within a transaction. Its pages are free for others once no reader's snapshot holds them. */
  dropDatabase(database: Database<Buffer, number>): void {
    // A reader that was killed holds its snapshot until somebody notices.
    this.#root.readerCheck();
    database.dropSync();
    forget(database);
  }

  /** The names of existing databases with `start <= name < end`. */
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

/** Whether a queue of this process has its ledger in the directory whose real path is `path`. */
export function isEntered(path: string): boolean {
  return environments.has(path);
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
 * Asks before LMDB maps the file, and before the write lock is waited for, which an owner that has been stopped in the midst
 * of a commit holds.
 * @throws TreplicaError DIRECTORY_IN_USE, LEDGER_DAMAGED, LEDGER_VERSION or LEDGER_FAILED
 */
function assertUsable(directory: string): void {
  try {
    checkDataFile(directory, { table: OWNER, key: OWNER_KEY }, (record) => assertFree(record, directory));
  } catch (cause) {
    throw accessError(directory, cause);
  }
}

/** lmdb-js remembers every database that was ever opened, under its name: with a log that goes on, without end. */
function forget(database: unknown): void {
  const { allDbs } = lmdb as unknown as { readonly allDbs: Map<string, unknown> };
  for (const [name, known] of allDbs) if (known === database) allDbs.delete(name);
}

export function databaseOptions(keyEncoding: 'binary' | 'uint32'): DatabaseOptions {
  return { keyEncoding, encoding: 'binary', cache: false };
}

/**
 * The environment in the directory whose real path is `path`, to be read without being owned, whoever owns it. To be
 * closed by `closeReadOnly`.
 * @throws TreplicaError DIRECTORY_IN_USE where this very process has it open, LEDGER_DAMAGED, LEDGER_VERSION,
 * DIRECTORY_NOT_WRITABLE where LMDB's lock file may not be opened, or LEDGER_FAILED
 */
export function openReadOnly(path: string): RootDatabase<Buffer> {
  assertNotRead(path);
  if (isEntered(path)) {
    throw new TreplicaError(
      'DIRECTORY_IN_USE',
      `Directory ${path} is open in this very process (${process.pid}): close its queues first, or read it from another process.`,
    );
  }
  assertReadable(path);
  const root = openRoot(path, { readOnly: true });
  readOnlyPaths.add(path);
  return root;
}

export async function closeReadOnly(path: string, root: RootDatabase<Buffer>): Promise<void> {
  readOnlyPaths.delete(path);
  await root.close();
}

function assertNotRead(path: string): void {
  if (!readOnlyPaths.has(path)) return;
  throw new TreplicaError(
    'DIRECTORY_IN_USE',
    `Directory ${path} is open for reading in this very process (${process.pid}): close the reader first.`,
  );
}

/** The file of an owner that lives changes all the time, and its owner has looked at it. */
function assertReadable(path: string): void {
  try {
    assertUsable(path);
  } catch (error) {
    if (!(error instanceof TreplicaError && error.code === 'DIRECTORY_IN_USE')) throw error;
  }
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

export function accessError(directory: string, cause: unknown): TreplicaError {
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
