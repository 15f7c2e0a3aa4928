/** Opens and closes LMDB's environments. The rules that make LMDB keep its promises are obeyed here, and nowhere else. */
import { constants as system } from 'node:os';
import * as lmdb from 'lmdb';
import { type Database, type DatabaseOptions, type Key, open, type RootDatabase } from 'lmdb';

import { constants } from '../../model/constants.js';
import { TreplicaError } from '../../model/errors.js';
import { anotherVersion, damaged, notWritable } from '../ledger-errors.js';
import { lackOfRoom } from './room.js';

/** @throws TreplicaError as `accessError` */
export function openRoot(
  directory: string,
  options: { readonly readOnly: boolean; readonly mapSize: number },
): RootDatabase<Buffer> {
  try {
    return open<Buffer>(directory, {
      // Without it, a directory with a dot in its name is taken for a file.
      noSubdir: false,
      overlappingSync: false,
      maxDbs: constants.namedDatabasesMax,
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
  const { EACCES, EPERM, EROFS } = system.errno;
  const { message, code } = cause as Error & { readonly code?: number };
  if (code === EACCES || code === EPERM || code === EROFS) return notWritable(directory, cause);
  if (message.includes('MDB_VERSION_MISMATCH')) return anotherVersion(`data file in directory ${directory}`, message);
  if (/MDB_(INVALID|CORRUPTED|PAGE_NOTFOUND|BAD_TXN)/.test(message))
    return damaged(`data file in directory ${directory}`, message, cause);
  const lack = lackOfRoom(directory, cause);
  if (lack !== null) {
    const what = `The ledger in directory ${directory} could not be opened: ${lack} (${message})`;
    return new TreplicaError('DISK_FULL', `${what}. Make room there, then start the process again.`, { cause });
  }
  return new TreplicaError(
    'LEDGER_FAILED',
    `The ledger in directory ${directory} could not be opened or read: ${message}. See that the disk is sound and has room, then start the process again.`,
    { cause },
  );
}

/** Runs `action` in one transaction, and returns when all of it is durable. */
export function transactionOf<T>(root: RootDatabase<Buffer>, action: () => T): T {
  let result!: T;
  // The callback returns nothing: LMDB would wait for a promise, such as `put` returns, and leave the transaction open.
  root.transactionSync(() => {
    result = action();
  });
  return result;
}

/** Closes a database. Not within a transaction, where LMDB forbids it. */
export function closeDatabase<K extends Key>(database: Database<Buffer, K>): void {
  void database.close();
  forget((known) => known === (database as unknown));
}

/** Removes a database, within a transaction. */
export function dropDatabase<K extends Key>(database: Database<Buffer, K>): void {
  database.dropSync();
  forget((known) => known === (database as unknown));
}

/** Closes an environment and all of its databases. */
export async function closeRoot(root: RootDatabase<Buffer>): Promise<void> {
  const { env } = root as unknown as Known;
  await root.close();
  forget((known) => known.env === env);
}

/** The entry that lmdb-js keeps of a database; its types do not show it. */
interface Known {
  /** The same of all databases of one environment. */
  readonly env: unknown;
}

/** lmdb-js remembers every database that was ever opened, under its name; the segments of a log would never end. */
function forget(isOver: (known: Known) => boolean): void {
  const { allDbs } = lmdb as unknown as { readonly allDbs: Map<string, Known> };
  for (const [name, known] of allDbs) if (isOver(known)) allDbs.delete(name);
}

export function databaseOptions(keyEncoding: 'binary' | 'uint32'): DatabaseOptions {
  return { keyEncoding, encoding: 'binary', cache: false };
}
