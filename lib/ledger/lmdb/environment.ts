/**
 * One LMDB environment for each directory, and the journal in front of it, shared by all queues of this process that keep
 * their ledger there.
 */
import { existsSync } from 'node:fs';

import type { Database, Key, RootDatabase } from 'lmdb';

import { TreplicaError } from '../../model/errors.js';
import { limits } from '../../model/limits.js';
import { MapRoom, mapBytesFor } from './address-space.js';
import { checkDataFile, dataFile, fillUpDataFile, lockFile } from './data-file.js';
import { prepareDirectory, syncDirectory } from './directory.js';
import { removeUnfinishedCheckpoints } from '../checkpoints/file-checkpoints.js';
import { InventoryTable } from './inventory-table.js';
import { valuesOf, type JournaledCommit } from '../journal/journaled-commit.js';
import { journalFile } from '../journal/journal-file.js';
import { Journal, JOURNAL_GAP, readJournal } from '../journal/journal.js';
import { damaged, failed } from '../ledger-errors.js';
import { TransactionMark } from '../lmdb-file/transaction-mark.js';
import {
  accessError,
  closeDatabase,
  closeRoot,
  databaseOptions,
  dropDatabase,
  openRoot,
  transactionOf,
} from './lmdb-root.js';
import { assertFree, OWNER_KEY, Ownership } from './owner.js';
import { PendingCommits } from './pending-commits.js';
import { Presence } from './presence.js';
import { META, QueueTables } from './queue-tables.js';
import { assertNotRead } from './read-only-paths.js';
import { saysGroup } from '../records/record-codec.js';
import type { Commit } from '../records/stored-records.js';

/** By the directory's real path. */
const environments = new Map<string, Environment>();

export const OWNER = 'owner';
export const INVENTORY = 'inventory';

export class Environment {
  /** Where this is, for messages. */
  readonly place: string;
  readonly inventories: InventoryTable;
  readonly #root: RootDatabase<Buffer>;
  readonly #ownership: Ownership;
  readonly #queues = new Set<string>();
  readonly #journal: Journal;
  readonly #pending = new PendingCommits();
  readonly #presence: Presence;
  readonly #mark: TransactionMark;
  readonly #room: MapRoom;
  /** For this process to look whether its files are still there, and to be seen at work. */
  readonly #watching: NodeJS.Timeout;
  /** For LMDB to get what is pending. */
  #settling: NodeJS.Timeout | null = null;
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
    environment.#assertRoomFor(queueId);
    environments.set(path, environment);
    environment.#queues.add(queueId);
    return environment;
  }

  private constructor(readonly directory: string) {
    this.place = `in directory ${directory}`;
    if (existsSync(dataFile(directory))) assertUsable(directory);
    // Whoever was writing it is gone: what it takes of a full disk may be missing below.
    removeUnfinishedCheckpoints(directory);
    const mapSize = mapBytesFor(directory);
    this.#room = new MapRoom(directory, mapSize);
    this.#root = openRoot(directory, { readOnly: false, mapSize });
    const taken: Ownership[] = [];
    try {
      this.#forgetDeadReaders();
      const { ownership, inventories, applied } = this.#take((one) => taken.push(one));
      this.inventories = inventories;
      this.#ownership = ownership;
      // Another owner that is alive after all has been told by now, or will find out before it relies on what it appends.
      this.#journal = this.#recover(applied);
      this.#presence = new Presence(this.place, [dataFile(directory), lockFile(directory), journalFile(directory)]);
      syncDirectory(directory);
      this.#mark = new TransactionMark(dataFile(directory));
    } catch (error) {
      for (const ownership of taken) ownership.end(false);
      void closeRoot(this.#root);
      throw accessError(directory, error);
    }
    this.#watching = setInterval(() => this.#watch(), limits.journalMs).unref();
  }

  /** What every further commit ends with; null while all is well. */
  get failure(): TreplicaError | null {
    return this.#failure;
  }

  /**
   * Makes the commit that `prepare` works out durable: in the journal where it is small, else in LMDB, with all that is in
   * the journal. When that fails, for whatever reason, nothing more will be written.
   * @throws TreplicaError LEDGER_FAILED
   */
  commit(tables: QueueTables, prepare: () => Commit): Commit {
    this.#assertSound();
    const prepared = this.#final(prepare);
    const { changes, inventory, start } = prepared;
    const commit: JournaledCommit = { queueName: tables.name, values: valuesOf(changes), inventory, start };
    if (this.#journal.hasRoomFor(commit)) {
      this.#append(commit);
      this.#pending.add(tables, commit);
      this.#settleSoon();
    } else {
      this.#pending.add(tables, commit);
      this.#settle();
    }
    return prepared;
  }

  /**
   * Lets LMDB have the log of a queue below `end`, so that it can be read.
   * @throws TreplicaError LEDGER_FAILED
   */
  settleLog(tables: QueueTables, end: number): void {
    if (this.#pending.isBelow(tables, end)) this.#settle();
  }

  /**
   * The other queues that belong to a group here, where nothing is known of `queueId` and no other queue of this process is
   * open here: its id, or the directory, may be a mistake.
   */
  strangersTo(queueId: string): string[] {
    if (this.#queues.size > 1) return [];
    const names = this.databaseNames('', '\uffff').filter((name) => name.endsWith(META));
    if (names.includes(encodeURIComponent(queueId) + META)) return [];
    return names
      .filter((name) => this.#holdsGroup(name))
      .map((name) => decodeURIComponent(name.slice(0, -META.length)));
  }

  #holdsGroup(name: string): boolean {
    const meta = this.openDatabase<Buffer>(name, 'binary');
    try {
      return [...meta.getKeys()].some((key) => saysGroup(key.toString()));
    } finally {
      closeDatabase(meta);
    }
  }

  /** The tables of a queue, made where there are none. */
  tablesOf(queueName: string): QueueTables {
    return this.#transaction(() => new QueueTables(this, queueName));
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
    closeDatabase(database);
  }

  /** Removes a database, within a transaction. Its pages are free for others once no reader's snapshot holds them. */
  dropDatabase(database: Database<Buffer, number>): void {
    this.#forgetDeadReaders();
    dropDatabase(database);
  }

  /** The names of existing databases with `start <= name < end`. */
  databaseNames(start: string, end: string): string[] {
    return [...this.#root.getKeys({ start, end })].map(String);
  }

  /** Closes a queue's tables, if it has got them, and the environment when no queue is left in it: from the call on, it may be entered again. */
  async leave(queueId: string, tables: QueueTables | null): Promise<void> {
    if (tables) this.#closeTables(tables);
    this.#queues.delete(queueId);
    if (this.#queues.size > 0) return;
    environments.delete(this.directory);
    this.#release();
    await closeRoot(this.#root);
  }

  #closeTables(tables: QueueTables): void {
    try {
      if (this.#pending.has(tables)) this.#settle();
    } catch {
      // What is pending stays in the journal.
    }
    tables.close();
  }

  #assertSound(): void {
    if (this.#failure) throw this.#failure;
  }

  #release(): void {
    if (this.#settling) clearTimeout(this.#settling);
    clearInterval(this.#watching);
    let isReleased = false;
    try {
      this.#transaction(() => this.#ownership.release());
      isReleased = true;
    } catch {
      // The record stays.
    }
    this.#ownership.end(isReleased);
    this.#mark.close();
    this.#journal.close();
  }

  /** `toldOf` is called before the owner's record is durable. */
  #take(toldOf: (taken: Ownership) => void): {
    readonly ownership: Ownership;
    readonly inventories: InventoryTable;
    readonly applied: number;
  } {
    return transactionOf(this.#root, () => {
      fillUpDataFile(this.directory);
      const inventories = new InventoryTable(this.#root, this.openDatabase(INVENTORY, 'binary'));
      const { sequence: applied } = inventories.lastTransaction(`data file ${this.place}`);
      const ownership = Ownership.take(this.openDatabase(OWNER, 'binary'), this.directory);
      toldOf(ownership);
      inventories.noteTransaction(applied);
      return { ownership, inventories, applied };
    });
  }

  /** @throws TreplicaError INVALID_OPTION */
  #assertRoomFor(queueId: string): void {
    if (this.#queues.size < limits.queuesADirectoryMax) return;
    throw new TreplicaError(
      'INVALID_OPTION',
      `Queue ${queueId} was not opened: this process has ${this.#queues.size} queues open with directory ${this.directory}, as many as one directory takes. Give this one another directory. The others go on.`,
    );
  }

  /** Brings to LMDB what an earlier process has left in the journal, and begins another journal. */
  #recover(applied: number): Journal {
    const { commits, last } = readJournal(this.directory, () => applied);
    const sequence = last + JOURNAL_GAP;
    // Under LMDB's write lock: an owner that was stopped here and taken for dead must not rename its own over the next one's.
    const create = (): Journal => this.#owned(() => Journal.create(this.directory, sequence));
    const replay = (): Map<string, QueueTables> =>
      this.#owned(() => {
        const tables = new Map<string, QueueTables>();
        for (const { queueName, values, inventory, start } of commits) {
          const queue = tables.get(queueName) ?? new QueueTables(this, queueName);
          tables.set(queueName, queue);
          queue.write(values, start);
          this.inventories.put(queueName, inventory);
        }
        this.inventories.noteTransaction(sequence);
        return tables;
      });
    // LMDB having any commit means that there must be a journal.
    const journal = applied === 0 ? create() : null;
    for (const tables of replay().values()) tables.close();
    return journal ?? create();
  }

  /**
   * Verified when it is durable: until another owner's record is there that owner has not read the journal, and will find
   * the commit in it. The record comes with a transaction: while there has been none, nothing need be looked up.
   */
  #append(commit: JournaledCommit): void {
    this.#final(() => {
      this.#journal.append(commit);
      this.#mark.check(this.#verify);
    });
  }

  /**
   * Returns the number of the transaction in which the record was found to be ours.
   * @throws TreplicaError DIRECTORY_IN_USE when another process has taken over
   */
  readonly #verify = (): number => {
    this.#root.resetReadTxn();
    this.#ownership.verify();
    return this.inventories.noted(`data file ${this.place}`).transaction;
  };

  #settleSoon(): void {
    this.#settling ??= setTimeout(() => {
      this.#settling = null;
      try {
        this.#forgetDeadReaders();
        if (!this.#pending.isEmpty) this.#settle();
      } catch {
        // It is kept as the failure, which ends the owner at its next tick.
      }
    }, limits.journalMs).unref();
  }

  /** Whatever is wrong is kept as the failure, which ends the owner at its next tick. */
  #watch(): void {
    if (this.#failure !== null) return;
    try {
      this.#final(() => {
        this.#verify();
        this.#presence.assert();
        this.#journal.touch();
      });
    } catch {
      // It is kept.
    }
  }

  /** One that was killed, as an earlier owner may have been, holds its snapshot, and no page of it is used again. */
  #forgetDeadReaders(): void {
    this.#root.readerCheck();
  }

  #settle(): void {
    this.#transaction(() => undefined);
  }

  /**
   * Runs `action`, which may put into databases and open new ones, after what is pending, and returns when all of it is
   * durable. When that fails, for whatever reason, nothing of it has happened, and nothing more will: after a failed write
   * the kernel and LMDB may disagree about what is on the disk, and to begin another transaction can crash the process.
   * @throws TreplicaError LEDGER_FAILED
   */
  #transaction<T>(action: () => T): T {
    this.#assertSound();
    const sequence = this.#journal.sequence + 1;
    const result = this.#final(() => {
      this.#room.assertFor(this.#pending.bytes);
      return this.#owned(() => {
        this.#pending.write(this.inventories);
        const done = action();
        this.inventories.noteTransaction(sequence);
        return done;
      });
    });
    this.#journal.restart(sequence);
    this.#pending.clear();
    return result;
  }

  /** Runs `action` in a transaction of the owner's. */
  #owned<T>(action: () => T): T {
    return transactionOf(this.#root, () => {
      this.#ownership.verify();
      return action();
    });
  }

  /** Whatever `action` throws is the last thing that happens here. */
  #final<T>(action: () => T): T {
    try {
      return action();
    } catch (cause) {
      this.#failure ??= finalError(this.place, cause, this.directory);
      throw this.#failure;
    }
  }
}

/** What tells of itself what has happened, and what to do, is told as it is. */
function finalError(place: string, cause: unknown, directory: string): TreplicaError {
  const isTold =
    cause instanceof TreplicaError && (cause.code === 'DIRECTORY_IN_USE' || cause.code === 'LEDGER_FAILED');
  return isTold ? cause : failed(place, cause, directory);
}

/** Whether a queue of this process has its ledger in the directory whose real path is `path`. */
export function isEntered(path: string): boolean {
  return environments.has(path);
}

/**
 * Asks before LMDB maps the file, and before the write lock is waited for, which an owner that has been stopped in the midst
 * of a commit holds.
 * @throws TreplicaError DIRECTORY_IN_USE, LEDGER_DAMAGED, LEDGER_VERSION or LEDGER_FAILED
 */
export function assertUsable(directory: string): void {
  try {
    checkDataFile(directory, { table: OWNER, key: OWNER_KEY }, (record) => assertFree(record, directory));
  } catch (cause) {
    throw accessError(directory, cause);
  }
}
