import type { Database, Key, RootDatabase } from 'lmdb';

import { TreplicaError } from '../../model/errors.js';
import type { MapRoom } from './address-space.js';
import { accessError, closeDatabase, databaseOptions } from './lmdb-root.js';
import { openDirectories, type ReadOnlyRoot } from './open-directories.js';

/** Ends an action: a database must be opened before the snapshot begins in which it is read. */
class NotOpen extends Error {
  constructor(
    readonly database: string,
    readonly keyEncoding: 'binary' | 'uint32',
  ) {
    super(`Database ${database} is not open.`);
  }
}

/** Databases that stay open between two actions. */
const OPEN_MAX = 16;

/**
 * Reads an environment that another process may be writing: one action reads everything as of one moment. While a snapshot
 * lives, LMDB does not reuse the pages of what is removed meanwhile, so that an action should be short.
 */
export class ReadSnapshots {
  readonly #root: RootDatabase<Buffer>;
  readonly #room: MapRoom;
  readonly #directory: string;
  /** By name, the longest unused first. */
  readonly #open = new Map<string, Database<Buffer>>();

  constructor({ root, room }: ReadOnlyRoot, directory: string) {
    this.#root = root;
    this.#room = room;
    this.#directory = directory;
  }

  /**
   * Returns what `action` returns, which is repeated until everything that it reads is open. It must do nothing but
   * read.
   * @throws TreplicaError of `action`, or for what LMDB cannot make sense of
   */
  take<T>(action: () => T): T {
    try {
      for (;;) {
        this.#room.assertFor(0);
        this.#root.resetReadTxn();
        try {
          return action();
        } catch (missing) {
          if (!(missing instanceof NotOpen)) throw missing;
          this.#openDatabase(missing);
        }
      }
    } catch (error) {
      throw error instanceof TreplicaError ? error : accessError(this.#directory, error);
    } finally {
      this.#root.resetReadTxn();
      this.#closeUnused();
    }
  }

  /** Within an action: a database that exists. */
  database<K extends Key>(name: string, keyEncoding: 'binary' | 'uint32'): Database<Buffer, K> {
    const database = this.#open.get(name);
    if (database === undefined) throw new NotOpen(name, keyEncoding);
    this.#open.delete(name);
    this.#open.set(name, database);
    return database as unknown as Database<Buffer, K>;
  }

  /** Within an action: the names of databases with `start <= name < end`, ascending. */
  *names(start: string, end: string): Generator<string> {
    for (const name of this.#root.getKeys({ start, end })) yield String(name);
  }

  async close(): Promise<void> {
    for (const database of this.#open.values()) closeDatabase(database);
    this.#open.clear();
    await openDirectories.leaveReader(this.#directory, this.#root);
  }

  #openDatabase({ database: name, keyEncoding }: NotOpen): void {
    // It is undefined, against its type, where the database has been dropped since.
    const database = this.#root.openDB<Buffer>(name, databaseOptions(keyEncoding)) as Database<Buffer> | undefined;
    if (database) this.#open.set(name, database);
  }

  /** Only after an action has ended: during it, the action would begin anew for each database that it lacks. */
  #closeUnused(): void {
    for (const [name, database] of this.#open) {
      if (this.#open.size <= OPEN_MAX) return;
      this.#open.delete(name);
      closeDatabase(database);
    }
  }
}
