import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { crc32 } from 'node:zlib';
import type { Database } from 'lmdb';

import { TreplicaError } from '../../model/errors.js';
import { damaged } from '../ledger-errors.js';
import { seal, SEAL_BYTES, unseal } from '../records/seal.js';
import { describeSelf, giveUp, isAlive, isThisProcess, isVisible, type OwnerProcess } from './owner-process.js';

interface Owner extends OwnerProcess {
  /** Differs for each ownership, also within one process. */
  readonly token: string;
}

/** The key of the owner's record in its table. */
export const OWNER_KEY = Buffer.from('owner');
const KEY_CRC = crc32(OWNER_KEY);

/**
 * A ledger directory belongs to one process at a time: two processes that vote under one id can break every promise.
 * The owner's record is kept in the environment that it protects, and taken in a write transaction, which LMDB admits
 * one at a time among all processes. A process that finds a dead owner takes over. If that owner is alive after all (it was
 * stopped for a while in another container, say, where its number means nothing to us), its next commit finds the record
 * changed and fails. So its promises rest only on what we have seen.
 *
 * Every method but `end` must be called within a transaction of the environment.
 */
export class Ownership {
  readonly #database: Database<Buffer, Buffer>;
  readonly #directory: string;
  readonly #self: Owner;
  readonly #record: Buffer;
  readonly #abandoned: Set<string>;

  /**
   * @param abandoned tokens of ownerships that this process could not give back: this one is added if that happens to it
   * @throws TreplicaError DIRECTORY_IN_USE, or LEDGER_DAMAGED
   */
  static take(database: Database<Buffer, Buffer>, directory: string, abandoned: Set<string>): Ownership {
    assertFree(database.get(OWNER_KEY), directory, abandoned);
    // Not before: our own descriptor might be taken for that of a thread which has ended.
    const ownership = new Ownership(database, directory, abandoned);
    database.putSync(OWNER_KEY, ownership.#record);
    return ownership;
  }

  private constructor(database: Database<Buffer, Buffer>, directory: string, abandoned: Set<string>) {
    this.#database = database;
    this.#directory = directory;
    this.#abandoned = abandoned;
    this.#self = { ...describeSelf(directory), token: randomBytes(8).toString('hex') };
    this.#record = encode(this.#self);
  }

  /** @throws TreplicaError DIRECTORY_IN_USE when another process has taken over */
  verify(): void {
    const value = this.#database.get(OWNER_KEY);
    if (!value?.equals(this.#record)) throw takenAway(value, this.#directory);
  }

  /** In the last transaction. */
  release(): void {
    this.#database.removeSync(OWNER_KEY);
  }

  /** After the last transaction: another process, or another thread of this one, may take the directory. */
  end(isReleased: boolean): void {
    if (!isReleased) this.#abandoned.add(this.#self.token);
    giveUp(this.#self);
  }
}

/**
 * @param record of the owner; undefined where there is none
 * @param abandoned tokens of ownerships that this process could not give back
 * @throws TreplicaError DIRECTORY_IN_USE, or LEDGER_DAMAGED
 */
export function assertFree(record: Buffer | undefined, directory: string, abandoned: ReadonlySet<string>): void {
  const owner = record && decode(record, `owner record of directory ${directory}`);
  if (owner && !abandoned.has(owner.token) && isAlive(owner, directory)) throw inUseBy(owner, directory);
}

/** A process that has taken a directory and not given it back. */
export interface DirectoryOwner {
  readonly pid: number;
  readonly isAlive: boolean;
}

/**
 * The process that an owner's record names; null where there is no record.
 * @throws TreplicaError LEDGER_DAMAGED
 */
export function ownerOf(record: Buffer | undefined, directory: string): DirectoryOwner | null {
  const owner = record && decode(record, `owner record of directory ${directory}`);
  return owner ? { pid: owner.pid, isAlive: isAlive(owner, directory) } : null;
}

function inUseBy(owner: Owner, directory: string): TreplicaError {
  const message = isThisProcess(owner)
    ? `Directory ${directory} is already open in this process (${owner.pid}), in another thread or by another copy of Treplica. Give each a directory of its own.`
    : `Directory ${directory} is in use by ${nameOf(owner)}. Stop that process, or give this one a directory of its own.`;
  return new TreplicaError('DIRECTORY_IN_USE', message);
}

function takenAway(record: Buffer | undefined, directory: string): TreplicaError {
  let by = 'Another process';
  try {
    const owner = record && decode(record, 'owner record');
    if (owner) by = `A later process, ${nameOf(owner)},`;
  } catch {
    // A value that is no owner's record does not tell which process has written it.
  }
  return new TreplicaError(
    'DIRECTORY_IN_USE',
    `${by} has taken directory ${directory} from this one (${process.pid} on ${hostname()}), because it saw no activity of this one. This process has stopped; everything that it acknowledged is kept. Let only one process use a directory, on a local disk of one machine: two containers or pods that share one would take it from each other again and again.`,
  );
}

function nameOf(owner: Owner): string {
  const name = `process ${owner.pid} on ${owner.host}`;
  return isVisible(owner) ? name : `${name}, in another container or on another machine`;
}

function encode(owner: Owner): Buffer {
  return seal(Buffer.concat([Buffer.alloc(SEAL_BYTES), Buffer.from(JSON.stringify(owner))]), KEY_CRC);
}

function decode(value: Buffer, name: string): Owner {
  const text = unseal(value, KEY_CRC, name).toString();
  try {
    return JSON.parse(text) as Owner;
  } catch (cause) {
    throw damaged(name, 'it does not parse', cause);
  }
}
