import { createHash } from 'node:crypto';
import { type FileHandle, link, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { lackOfRoom } from '../ledger/ledger-errors.js';
import { assert } from '../model/assert.js';
import { constants } from '../model/constants.js';
import { TreplicaError } from '../model/errors.js';
import { encodeBeginning, encodeRecordHead, type RecordKind } from './backup-format.js';
import { BackupInput } from './backup-input.js';

/**
 * Writes the file of a backup. It gets its name when it is complete; until then `.part` is behind that. No file that exists
 * is written over.
 */
export class BackupOutput {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #hash = createHash('sha256');
  #records = 0;
  #bytes = 0;
  #unsyncedBytes = 0;

  /** @throws TreplicaError ALREADY_EXISTS; what the file system throws */
  static async create(path: string): Promise<BackupOutput> {
    await assertFree(path);
    const part = partOf(path);
    const file = await open(part, 'wx').catch((cause: unknown) => {
      throw isExisting(cause) ? alreadyExists(part) : cause;
    });
    return new BackupOutput(path, file);
  }

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async add(kind: RecordKind, payload: Uint8Array): Promise<void> {
    if (this.#records === 0) await this.#write(encodeBeginning());
    await this.#write(encodeRecordHead(this.#records, kind, payload));
    await this.#write(payload);
    this.#records += 1;
    if (this.#unsyncedBytes < constants.checkpointSyncBytes) return;
    // A sync of all at the end would stall those of votes.
    await this.#file.datasync();
    this.#unsyncedBytes = 0;
  }

  /**
   * Resolves with the file's digest once it is durable, has been read back as it would be restored, and has its name.
   * @throws TreplicaError ALREADY_EXISTS; BACKUP_DAMAGED where it could not be restored; what the file system throws
   */
  async finish(): Promise<string> {
    const digest = this.#hash.digest();
    await this.#file.writeFile(digest);
    this.#bytes += digest.length;
    await this.#file.sync();
    await this.#file.close();
    await readBack(partOf(this.#path), digest.toString('hex'));
    await giveName(partOf(this.#path), this.#path);
    await syncDirectory(dirname(this.#path));
    return digest.toString('hex');
  }

  /** Leaves nothing behind. */
  async abandon(): Promise<void> {
    await this.#file.close();
    await rm(partOf(this.#path), { force: true });
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    await this.#file.writeFile(bytes);
    this.#bytes += bytes.length;
    this.#unsyncedBytes += bytes.length;
  }
}

/**
 * Has `write` write the new file `path`, and finish it. Where that fails, nothing is left behind.
 * @throws TreplicaError ALREADY_EXISTS, DISK_FULL; what `write` throws
 */
export async function writeBackup<T>(path: string, write: (output: BackupOutput) => Promise<T>): Promise<T> {
  const output = await BackupOutput.create(path);
  try {
    return await write(output);
  } catch (error) {
    const lack = error instanceof TreplicaError ? null : lackOfRoom(dirname(path), error);
    await output.abandon();
    if (lack === null) throw error;
    const message = `No backup was written to ${path}: ${lack}. Make room there, or name a file on another disk.`;
    throw new TreplicaError('DISK_FULL', message, { cause: error });
  }
}

/** A backup must be one that can be restored. */
async function readBack(path: string, digest: string): Promise<void> {
  const input = await BackupInput.open(path);
  await input.close();
  assert(input.digest === digest, 'a backup is read back as it was written', { path, digest, read: input.digest });
}

/** A link, unlike a renaming, never replaces a file that has got the name meanwhile; but not every file system has links. */
async function giveName(part: string, path: string): Promise<void> {
  try {
    await link(part, path);
    await rm(part);
  } catch (cause) {
    if (isExisting(cause)) throw alreadyExists(path);
    await assertFree(path);
    await rename(part, path);
  }
}

async function assertFree(path: string): Promise<void> {
  const isThere = await stat(path).then(
    () => true,
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    },
  );
  if (isThere) throw alreadyExists(path);
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function partOf(path: string): string {
  return `${path}.part`;
}

function isExisting(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EEXIST';
}

function alreadyExists(path: string): TreplicaError {
  return new TreplicaError(
    'ALREADY_EXISTS',
    `File ${path} exists and is not written over: name another one, or remove it if no process writes it and it is not needed.`,
  );
}
