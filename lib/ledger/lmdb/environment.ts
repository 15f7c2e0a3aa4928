/**
 * One LMDB environment for each directory, and the journal in front of it, shared by all queues of this process that keep
 * their ledger there.
 */
import { existsSync } from 'node:fs';
import type { RootDatabase } from 'lmdb';

import { constants } from '../../model/constants.js';
import { TreplicaError } from '../../model/errors.js';
import { removeUnfinishedCheckpoints } from '../checkpoints/file-checkpoints.js';
import { journalFile } from '../journal/journal-file.js';
import { damaged } from '../ledger-errors.js';
import { TransactionMark } from '../lmdb-file/transaction-mark.js';
import { saysGroup } from '../records/record-codec.js';
import { mapBytesFor, MapRoom } from './address-space.js';
import { CommitGroup, type QueueCommit } from './commit-group.js';
import { dataFile, fillUpDataFile, lockFile } from './data-file.js';
import { Databases } from './databases.js';
import { syncDirectory } from './directory.js';
import { FinalFailure } from './final-failure.js';
import { InventoryTable } from './inventory-table.js';
import { replayJournal } from './journal-replay.js';
import { accessError, closeDatabase, closeRoot, openRoot, transactionOf } from './lmdb-root.js';
import { Ownership } from './owner.js';
import { Presence } from './presence.js';
import { META, QueueTables } from './queue-tables.js';
import { INVENTORY, OWNER } from './table-names.js';
import { assertUsable } from './usable-directory.js';
import { ownedTransaction, WriteAhead } from './write-ahead.js';

export class Environment {
  /** Where this is, for messages. */
  readonly place: string;
  readonly inventories: InventoryTable;
  readonly writes: WriteAhead;
  readonly #root: RootDatabase<Buffer>;
  readonly #databases: Databases;
  readonly #failure: FinalFailure;
  readonly #ownership: Ownership;
  readonly #queues = new Set<string>();
  readonly #group = new CommitGroup((group) => {
    this.writes.commit(group);
  });
  readonly #presence: Presence;
  /** The timer by which this process looks whether its files are still there, and lets others see it at work. */
  readonly #watching: NodeJS.Timeout;

  /**
   * @param directory its real path
   * @param abandoned tokens of ownerships that this process could not give back
   * @throws TreplicaError DIRECTORY_IN_USE, LEDGER_DAMAGED, LEDGER_VERSION, DISK_FULL or LEDGER_FAILED
   */
  constructor(
    readonly directory: string,
    abandoned: Set<string>,
  ) {
    this.place = `in directory ${directory}`;
    this.#failure = new FinalFailure(this.place, directory);
    if (existsSync(dataFile(directory))) assertUsable(directory, abandoned);
    // The process that was writing it is gone: what it takes of a full disk may be missing below.
    removeUnfinishedCheckpoints(directory);
    const mapSize = mapBytesFor(directory);
    this.#root = openRoot(directory, { readOnly: false, mapSize });
    this.#databases = new Databases(this.#root, this.#failure);
    const taken: Ownership[] = [];
    try {
      this.#databases.forgetDeadReaders();
      const { ownership, inventories, applied } = this.#take(abandoned, (one) => taken.push(one));
      this.inventories = inventories;
      this.#ownership = ownership;
      // Another owner that is alive after all has been told by now, or will find out before it relies on what it appends.
      const journal = replayJournal({
        directory,
        databases: this.#databases,
        inventories,
        applied,
        owned: (action) => ownedTransaction(this.#root, ownership, action),
      });
      this.#presence = new Presence(this.place, [dataFile(directory), lockFile(directory), journalFile(directory)]);
      syncDirectory(directory);
      this.writes = new WriteAhead({
        root: this.#root,
        databases: this.#databases,
        inventories,
        ownership,
        journal,
        mark: new TransactionMark(dataFile(directory)),
        room: new MapRoom(directory, mapSize),
        failure: this.#failure,
        place: this.place,
      });
    } catch (error) {
      for (const ownership of taken) ownership.end(false);
      void closeRoot(this.#root);
      throw accessError(directory, error);
    }
    this.#watching = setInterval(() => {
      this.#watch();
    }, constants.journalMs).unref();
  }

  /** The error of every further commit; null while all is well. */
  get failure(): TreplicaError | null {
    return this.#failure.error;
  }

  /**
   * Registers a queue until `removeQueue` is called.
   * @throws TreplicaError DIRECTORY_IN_USE where it is registered already, or INVALID_OPTION where there are too many
   */
  addQueue(queueId: string): void {
    if (this.#queues.has(queueId)) {
      throw new TreplicaError(
        'DIRECTORY_IN_USE',
        `Queue ${queueId} is already open in this process (${process.pid}) with directory ${this.directory}. Use that one, close it first, or give this one a directory of its own.`,
      );
    }
    if (this.#queues.size >= constants.queuesADirectoryMax) {
      throw new TreplicaError(
        'INVALID_OPTION',
        `Queue ${queueId} was not opened: this process has ${this.#queues.size} queues open with directory ${this.directory}, as many as one directory takes. Give this one another directory. The others go on.`,
      );
    }
    this.#queues.add(queueId);
  }

  /** Makes a commit durable: at once where no other queue is open here, and otherwise with those that come in the same moment. */
  commit(commit: QueueCommit): void {
    if (this.#queues.size === 1) this.#group.addLast(commit);
    else this.#group.add(commit);
  }

  /**
   * Closes a queue's tables, if it has any, when what is to be committed is. Returns whether it was the last queue: the environment is
   * then to be closed.
   */
  removeQueue(queueId: string, tables: QueueTables | null): boolean {
    this.#group.flush();
    if (tables) this.#closeTables(tables);
    this.#queues.delete(queueId);
    return this.#queues.size === 0;
  }

  /**
   * The other queues that belong to a group here, where nothing is known of `queueId` and no other queue of this process is
   * open here: its id, or the directory, may be a mistake.
   */
  strangersTo(queueId: string): string[] {
    if (this.#queues.size > 1) return [];
    const names = this.#databases.databaseNames('', '\uffff').filter((name) => name.endsWith(META));
    if (names.includes(encodeURIComponent(queueId) + META)) return [];
    return names
      .filter((name) => this.#holdsGroup(name))
      .map((name) => decodeURIComponent(name.slice(0, -META.length)));
  }

  /** The tables of a queue, made where there are none. */
  tablesOf(queueName: string): QueueTables {
    return this.writes.transaction(() => new QueueTables(this.#databases, queueName));
  }

  /**
   * Runs `action`, which reads.
   * @throws TreplicaError LEDGER_DAMAGED when LMDB cannot make sense of its file, or LEDGER_FAILED once a transaction has
   * failed
   */
  reading<T>(action: () => T): T {
    this.#failure.assertNone();
    try {
      return action();
    } catch (error) {
      throw error instanceof TreplicaError
        ? error
        : damaged(`data file ${this.place}`, (error as Error).message, error);
    }
  }

  /** Gives the directory back. */
  async close(): Promise<void> {
    clearInterval(this.#watching);
    let isReleased = false;
    try {
      this.writes.transaction(() => {
        this.#ownership.release();
      });
      isReleased = true;
    } catch {
      // The record stays.
    }
    this.#ownership.end(isReleased);
    this.writes.close();
    await closeRoot(this.#root);
  }

  #holdsGroup(name: string): boolean {
    const meta = this.#databases.openDatabase<Buffer>(name, 'binary');
    try {
      return [...meta.getKeys()].some((key) => saysGroup(key.toString()));
    } finally {
      closeDatabase(meta);
    }
  }

  #closeTables(tables: QueueTables): void {
    try {
      this.writes.settleQueue(tables);
    } catch {
      // Pending commits stay in the journal.
    }
    tables.close();
  }

  /** `toldOf` is called before the owner's record is durable. */
  #take(
    abandoned: Set<string>,
    toldOf: (taken: Ownership) => void,
  ): { readonly ownership: Ownership; readonly inventories: InventoryTable; readonly applied: number } {
    return transactionOf(this.#root, () => {
      fillUpDataFile(this.directory);
      const inventories = new InventoryTable(this.#root, this.#databases.openDatabase(INVENTORY, 'binary'));
      const { sequence: applied } = inventories.lastTransaction(`data file ${this.place}`);
      const ownership = Ownership.take(this.#databases.openDatabase(OWNER, 'binary'), this.directory, abandoned);
      toldOf(ownership);
      inventories.noteTransaction(applied);
      return { ownership, inventories, applied };
    });
  }

  /** An error is kept as the failure, which ends the owner at its next tick. */
  #watch(): void {
    if (this.#failure.error !== null) return;
    try {
      this.#failure.guard(() => {
        this.writes.verifyOwner();
        this.#presence.assert();
        this.writes.touch();
      });
    } catch {
      // It is kept.
    }
  }
}
