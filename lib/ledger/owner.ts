import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';

import type { Database } from 'lmdb';

import { TreplicaError } from '../model/errors.js';
import { damaged } from './ledger-errors.js';
import { seal, SEAL_BYTES, unseal } from './seal.js';

/** A process, named so that a later one with the same number is told apart where the system lets us. */
interface Owner {
  readonly pid: number;
  /** In ticks since the boot; null where there is no /proc. */
  readonly startTime: string | null;
  readonly boot: string | null;
  /** Tells apart two ownerships of one process. */
  readonly token: string;
}

/** Of the owner's record in its table. */
export const OWNER_KEY = Buffer.from('owner');
const KEY_CRC = crc32(OWNER_KEY);

/** Ownerships that this process could not give back when it closed a ledger that had failed. */
const abandoned = new Set<string>();

/**
 * A ledger directory belongs to one process at a time: two processes that vote under one id can break every promise.
 * The owner's record is kept in the very environment it protects, and taken in a write transaction, which LMDB admits
 * one at a time among all processes. Whoever finds a dead owner takes over. Should the dead owner turn out to be alive
 * (it was in another container, say, where its number means nothing to us), its next commit finds the record changed
 * and fails: its promises rest on nothing that we have not seen.
 *
 * Every method must be called within a transaction of the environment.
 */
export class Ownership {
  readonly #database: Database<Buffer, Buffer>;
  readonly #directory: string;
  readonly #self: Owner;
  readonly #record: Buffer;

  constructor(database: Database<Buffer, Buffer>, directory: string) {
    this.#database = database;
    this.#directory = directory;
    this.#self = {
      pid: process.pid,
      startTime: readStat(process.pid)?.startTime ?? null,
      boot: readBoot(),
      token: randomBytes(8).toString('hex'),
    };
    this.#record = encode(this.#self);
  }

  /** @throws TreplicaError DIRECTORY_IN_USE */
  take(): void {
    assertFree(this.#database.get(OWNER_KEY), this.#directory);
    this.#database.putSync(OWNER_KEY, this.#record);
  }

  /** @throws TreplicaError DIRECTORY_IN_USE when another process has taken over */
  verify(): void {
    const value = this.#database.get(OWNER_KEY);
    if (value?.equals(this.#record)) return;
    throw new TreplicaError(
      'DIRECTORY_IN_USE',
      `Another process has taken directory ${this.#directory} from this one.`,
    );
  }

  release(): void {
    this.#database.removeSync(OWNER_KEY);
  }

  /** Lets this process, and no other while it lives, take the directory again although it was not released. */
  abandon(): void {
    abandoned.add(this.#self.token);
  }
}

/**
 * Looks at an owner's record: undefined where there is none.
 * @throws TreplicaError DIRECTORY_IN_USE, or LEDGER_DAMAGED
 */
export function assertFree(record: Buffer | undefined, directory: string): void {
  const owner = record && decode(record, `owner record of directory ${directory}`);
  if (owner && !abandoned.has(owner.token) && isAlive(owner)) throw inUseBy(owner, directory);
}

/** A process that has taken a directory and not given it back. */
export interface DirectoryOwner {
  readonly pid: number;
  readonly isAlive: boolean;
}

/**
 * Whom an owner's record names: null where there is none.
 * @throws TreplicaError LEDGER_DAMAGED
 */
export function ownerOf(record: Buffer | undefined, directory: string): DirectoryOwner | null {
  const owner = record && decode(record, `owner record of directory ${directory}`);
  return owner ? { pid: owner.pid, isAlive: isAlive(owner) } : null;
}

function inUseBy(owner: Owner, directory: string): TreplicaError {
  const isSelf = owner.pid === process.pid && owner.startTime === (readStat(process.pid)?.startTime ?? null);
  const message = isSelf
    ? `Directory ${directory} is already open in this process (${owner.pid}), in another thread or by another copy of Treplica. Give each a directory of its own.`
    : `Directory ${directory} is in use by process ${owner.pid}. Stop that process, or give this one a directory of its own.`;
  return new TreplicaError('DIRECTORY_IN_USE', message);
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

/** Where the system says too little to know, yes. */
function isAlive(owner: Owner): boolean {
  if (owner.boot !== readBoot() || !answersToSignals(owner.pid)) return false;
  const stat = readStat(owner.pid);
  // The parent of a zombie has yet to notice that it is dead.
  return stat === null || (stat.startTime === owner.startTime && stat.state !== 'Z');
}

function answersToSignals(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readBoot(): string | null {
  return readSystemFile('/proc/sys/kernel/random/boot_id');
}

function readStat(pid: number): { readonly state: string | undefined; readonly startTime: string | undefined } | null {
  const stat = readSystemFile(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The second field is the program's name in parentheses, which may contain anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0], startTime: fields[19] };
}

function readSystemFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}
