import type { RootDatabase } from 'lmdb';

import { constants } from '../../model/constants.js';
import type { Journal } from '../journal/journal.js';
import { type JournaledCommit, valuesOf } from '../journal/journaled-commit.js';
import type { TransactionMark } from '../lmdb-file/transaction-mark.js';
import type { MapRoom } from './address-space.js';
import type { QueueCommit } from './commit-group.js';
import type { Databases } from './databases.js';
import type { FinalFailure } from './final-failure.js';
import type { InventoryTable } from './inventory-table.js';
import { transactionOf } from './lmdb-root.js';
import type { Ownership } from './owner.js';
import { PendingCommits } from './pending-commits.js';
import type { QueueTables } from './queue-tables.js';

export interface WriteAheadParts {
  readonly root: RootDatabase<Buffer>;
  readonly databases: Databases;
  readonly inventories: InventoryTable;
  readonly ownership: Ownership;
  readonly journal: Journal;
  readonly mark: TransactionMark;
  readonly room: MapRoom;
  readonly failure: FinalFailure;
  /** For messages. */
  readonly place: string;
}

/**
 * Makes the commits of all queues of a directory durable: small ones in the journal, from where many of them go to LMDB
 * together, and large ones in LMDB at once.
 */
export class WriteAhead {
  readonly #root: RootDatabase<Buffer>;
  readonly #databases: Databases;
  readonly #inventories: InventoryTable;
  readonly #ownership: Ownership;
  readonly #journal: Journal;
  readonly #mark: TransactionMark;
  readonly #room: MapRoom;
  readonly #failure: FinalFailure;
  readonly #place: string;
  readonly #pending = new PendingCommits();
  /** The timer that brings pending commits to LMDB. */
  #settling: NodeJS.Timeout | null = null;

  constructor(parts: WriteAheadParts) {
    this.#root = parts.root;
    this.#databases = parts.databases;
    this.#inventories = parts.inventories;
    this.#ownership = parts.ownership;
    this.#journal = parts.journal;
    this.#mark = parts.mark;
    this.#room = parts.room;
    this.#failure = parts.failure;
    this.#place = parts.place;
  }

  /**
   * Makes commits of different queues durable together, and tells these: in the journal where they are small, else in LMDB, with all
   * that is in the journal. When that fails, for whatever reason, nothing more will be written.
   * @throws TreplicaError LEDGER_FAILED, DISK_FULL or DIRECTORY_IN_USE
   */
  commit(group: readonly QueueCommit[]): void {
    this.#failure.assertNone();
    const prepared = this.#failure.guard(() =>
      group.map(({ queue, records }) => {
        const commit = queue.prepare(records);
        const { changes, inventory, start } = commit;
        const journaled = { queueName: queue.tables.name, values: valuesOf(changes), inventory, start };
        return { queue, commit, journaled };
      }),
    );
    const commits = prepared.map(({ journaled }) => journaled);
    const hasRoom = this.#journal.hasRoomFor(commits);
    if (hasRoom) this.#append(commits);
    for (const { queue, journaled } of prepared) this.#pending.add(queue.tables, journaled);
    if (hasRoom) this.#settleSoon();
    else this.#settle();
    for (const { queue, commit } of prepared) queue.committed(commit);
  }

  /**
   * Lets LMDB have the log of a queue below `end`, so that it can be read.
   * @throws TreplicaError LEDGER_FAILED
   */
  settleLog(tables: QueueTables, end: number): void {
    if (this.#pending.isBelow(tables, end)) this.#settle();
  }

  /**
   * Lets LMDB have all that is pending of a queue.
   * @throws TreplicaError LEDGER_FAILED: pending commits then stay in the journal
   */
  settleQueue(tables: QueueTables): void {
    if (this.#pending.has(tables)) this.#settle();
  }

  /**
   * Runs `action`, which may put into databases and open new ones, after what is pending, and returns when all of it is
   * durable. When that fails, for whatever reason, nothing of it has happened, and nothing more will.
   * @throws TreplicaError LEDGER_FAILED
   */
  transaction<T>(action: () => T): T {
    this.#failure.assertNone();
    const sequence = this.#journal.sequence + 1;
    const result = this.#failure.guard(() => {
      this.#room.assertFor(this.#pending.bytes);
      return ownedTransaction(this.#root, this.#ownership, () => {
        this.#pending.write(this.#inventories);
        const done = action();
        this.#inventories.noteTransaction(sequence);
        return done;
      });
    });
    this.#journal.restart(sequence);
    this.#pending.clear();
    return result;
  }

  /**
   * Returns the number of the transaction in which the owner's record was found to be ours.
   * @throws TreplicaError DIRECTORY_IN_USE when another process has taken over
   */
  readonly verifyOwner = (): number => {
    this.#root.resetReadTxn();
    this.#ownership.verify();
    return this.#inventories.noted(`data file ${this.#place}`).transaction;
  };

  /** Lets others see that the directory is in use. */
  touch(): void {
    this.#journal.touch();
  }

  /** Ends it. Pending commits stay in the journal. */
  close(): void {
    if (this.#settling) clearTimeout(this.#settling);
    this.#mark.close();
    this.#journal.close();
  }

  /**
   * The owner is verified when the commits are durable: until another owner's record is there that owner has not read the
   * journal, and will find the commits in it. The record comes with a transaction: while there has been none, nothing need
   * be looked up.
   */
  #append(commits: readonly JournaledCommit[]): void {
    this.#failure.guard(() => {
      this.#journal.append(commits);
      this.#mark.check(this.verifyOwner);
    });
  }

  #settleSoon(): void {
    this.#settling ??= setTimeout(() => {
      this.#settling = null;
      try {
        this.#databases.forgetDeadReaders();
        if (!this.#pending.isEmpty) this.#settle();
      } catch {
        // It is kept as the failure, which ends the owner at its next tick.
      }
    }, constants.journalMs).unref();
  }

  #settle(): void {
    this.transaction(() => undefined);
  }
}

/** Runs `action` in a transaction of the owner's. */
export function ownedTransaction<T>(root: RootDatabase<Buffer>, ownership: Ownership, action: () => T): T {
  return transactionOf(root, () => {
    ownership.verify();
    return action();
  });
}
