import type { Database, Key, RootDatabase } from 'lmdb';

import type { FinalFailure } from './final-failure.js';
import { closeDatabase, databaseOptions, dropDatabase } from './lmdb-root.js';
import type { TablePlace } from './queue-tables.js';

/** The named databases of an environment, for its owner. */
export class Databases implements TablePlace {
  readonly #root: RootDatabase<Buffer>;
  readonly #failure: FinalFailure;

  constructor(root: RootDatabase<Buffer>, failure: FinalFailure) {
    this.#root = root;
    this.#failure = failure;
  }

  /**
   * Opens a database. Where it may have to be created, within a transaction.
   * @throws TreplicaError once the directory has failed
   */
  openDatabase<K extends Key>(name: string, keyEncoding: 'binary' | 'uint32'): Database<Buffer, K> {
    this.#failure.assertNone();
    return this.#root.openDB<Buffer, K>(name, databaseOptions(keyEncoding));
  }

  /** Closes a database that `openDatabase` has opened. Not within a transaction, where LMDB forbids it. */
  closeDatabase(database: Database<Buffer, number>): void {
    closeDatabase(database);
  }

  /** Removes a database, within a transaction. Its pages are free for others once no reader's snapshot holds them. */
  dropDatabase(database: Database<Buffer, number>): void {
    this.forgetDeadReaders();
    dropDatabase(database);
  }

  /** The names of existing databases with `start <= name < end`. */
  databaseNames(start: string, end: string): string[] {
    return [...this.#root.getKeys({ start, end })].map(String);
  }

  /** A reader that was killed, as an earlier owner may have been, holds its snapshot, and LMDB uses none of its pages again. */
  forgetDeadReaders(): void {
    this.#root.readerCheck();
  }
}
