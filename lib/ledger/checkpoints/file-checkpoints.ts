/**
 * Checkpoints in files of their own beside the records: writing one takes neither LMDB's lock nor its pages. A file gets its
 * name only when all of it is durable. Until then its name ends in `.part`, or in `.received` where it comes from another
 * process: receiving continues after a restart.
 */
import { readdirSync, rmSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { type Checkpoint, isSameCheckpoint } from '../../model/checkpoint.js';
import { TreplicaError } from '../../model/errors.js';
import type { Instance } from '../../model/ids.js';
import {
  type CheckpointPlace,
  type CheckpointReader,
  type CheckpointReceiver,
  type CheckpointStore,
  type CheckpointWriter,
  nameOfCheckpoint,
} from '../checkpoint-store.js';
import { checkpointFailed, notAnnounced } from '../ledger-errors.js';
import { stemOf } from './checkpoint-codec.js';
import { checkpointsDirectory, encodeEnd, encodeHead, HEAD_BYTES } from './checkpoint-layout.js';
import { CheckpointOutput } from './checkpoint-output.js';
import { FileCheckpointReader } from './checkpoint-reader.js';
import { receivedOf } from './checkpoint-scan.js';

const COMPLETE = '.checkpoint';
const PART = '.part';
const RECEIVED = '.received';

export class FileCheckpoints implements CheckpointStore {
  readonly #directory: string;
  readonly #queueId: string;

  constructor(ledgerDirectory: string, queueId: string) {
    this.#directory = checkpointDirectory(ledgerDirectory, queueId);
    this.#queueId = queueId;
  }

  create(place: CheckpointPlace): CheckpointWriter {
    return new FileWriter(this.#directory, this.#queueId, place);
  }

  async receive(checkpoint: Checkpoint): Promise<CheckpointReceiver> {
    const path = join(this.#directory, stemOf(checkpoint));
    return writing(this.#name(checkpoint), this.#directory, async () => {
      const output = await receivingOutput(path + RECEIVED, this.#queueId, checkpoint);
      return new FileReceiver(path, this.#queueId, checkpoint, output);
    });
  }

  open(checkpoint: Checkpoint): Promise<CheckpointReader> {
    const path = join(this.#directory, stemOf(checkpoint) + COMPLETE);
    return FileCheckpointReader.open(path, this.#queueId, checkpoint, this.#name(checkpoint));
  }

  async removeUnfinished(): Promise<void> {
    await writing(`directory ${this.#directory} of checkpoints`, this.#directory, async () => {
      for (const file of await namesIn(this.#directory))
        if (file.endsWith(PART)) await rm(join(this.#directory, file), { force: true });
    });
  }

  async keepOnly(checkpoints: readonly Checkpoint[]): Promise<void> {
    const kept = new Set(checkpoints.map((checkpoint) => stemOf(checkpoint) + COMPLETE));
    await writing(`directory ${this.#directory} of checkpoints`, this.#directory, async () => {
      for (const file of await namesIn(this.#directory))
        if (!kept.has(file)) await rm(join(this.#directory, file), { force: true });
    });
  }

  /**
   * At a start: removes all checkpoints that no process can use any more: all but the one to start from and later ones that
   * are being received.
   */
  removeStrays(checkpoint: Checkpoint | null): void {
    const needed = checkpoint && stemOf(checkpoint) + COMPLETE;
    for (const file of namesInSync(this.#directory)) {
      const isNeeded = file.endsWith(RECEIVED) ? nextOf(file) >= (checkpoint?.next ?? 0) : file === needed;
      if (!isNeeded) rmSync(join(this.#directory, file), { force: true });
    }
  }

  #name(place: CheckpointPlace): string {
    return fullName(this.#queueId, this.#directory, place);
  }
}

class FileWriter implements CheckpointWriter {
  readonly #path: string;
  readonly #name: string;
  readonly #queueId: string;
  readonly #place: CheckpointPlace;
  readonly #output: CheckpointOutput;
  #isOver = false;

  constructor(directory: string, queueId: string, place: CheckpointPlace) {
    this.#path = join(directory, stemOf(place));
    this.#name = fullName(queueId, directory, place);
    this.#queueId = queueId;
    this.#place = place;
    const file = openAnew(directory, this.#path + PART);
    this.#output = new CheckpointOutput(file, queueId, place, HEAD_BYTES);
    this.#output.write(encodeHead(queueId, place));
  }

  async append(chunk: Uint8Array): Promise<void> {
    await this.#writing(() => this.#output.append(chunk));
  }

  async finish(): Promise<Checkpoint> {
    const checkpoint = completedOf(this.#output, this.#place);
    await this.#writing(() => complete(this.#output, this.#queueId, checkpoint, this.#path + PART, this.#path));
    this.#isOver = true;
    return checkpoint;
  }

  async abandon(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#writing(async () => {
      let wasThere = true;
      try {
        wasThere = await this.#output.close();
      } finally {
        if (wasThere) await rm(this.#path + PART, { force: true });
      }
    });
  }

  #writing<T>(action: () => Promise<T>): Promise<T> {
    return writing(this.#name, dirname(this.#path), action);
  }
}

class FileReceiver implements CheckpointReceiver {
  readonly #path: string;
  readonly #name: string;
  readonly #queueId: string;
  readonly #checkpoint: Checkpoint;
  readonly #output: CheckpointOutput;

  constructor(path: string, queueId: string, checkpoint: Checkpoint, output: CheckpointOutput) {
    this.#path = path;
    this.#name = fullName(queueId, dirname(path), checkpoint);
    this.#queueId = queueId;
    this.#checkpoint = checkpoint;
    this.#output = output;
  }

  get received(): number {
    return this.#output.offsets.length;
  }

  async append(chunk: Uint8Array): Promise<void> {
    await this.#writing(() => this.#output.append(chunk));
  }

  async finish(): Promise<void> {
    const received = this.#path + RECEIVED;
    if (!isSameCheckpoint(completedOf(this.#output, this.#checkpoint), this.#checkpoint)) {
      await this.#writing(async () => {
        await this.#output.close();
        await rm(received, { force: true });
      });
      throw notAnnounced(this.#name);
    }
    await this.#writing(() => complete(this.#output, this.#queueId, this.#checkpoint, received, this.#path));
  }

  async pause(): Promise<void> {
    await this.#writing(async () => {
      try {
        await this.#output.sync();
      } finally {
        await this.#output.close();
      }
    });
  }
  #writing<T>(action: () => Promise<T>): Promise<T> {
    return writing(this.#name, dirname(this.#path), action);
  }
}

/**
 * Removes the unfinished checkpoints of every queue of a ledger directory: the process that was making them has ended. What
 * has been received of checkpoints of other processes stays.
 */
export function removeUnfinishedCheckpoints(ledgerDirectory: string): void {
  const directory = checkpointsDirectory(ledgerDirectory);
  for (const queue of namesInSync(directory))
    for (const file of namesInSync(join(directory, queue)))
      if (file.endsWith(PART)) rmSync(join(directory, queue, file), { force: true });
}

/** The directory of a queue's checkpoints, whose name is no path whatever the queue's. */
function checkpointDirectory(ledgerDirectory: string, queueId: string): string {
  const name = encodeURIComponent(queueId);
  return join(checkpointsDirectory(ledgerDirectory), /^\.+$/.test(name) ? name.replaceAll('.', '%2E') : name);
}

/** Continues behind the sound chunks of the file at `path`, or begins the file. */
async function receivingOutput(path: string, queueId: string, checkpoint: Checkpoint): Promise<CheckpointOutput> {
  await makeDirectory(dirname(path));
  const chunks = await receivedOf(path, queueId, checkpoint);
  const file = await open(path, chunks ? 'a' : 'w');
  const output = new CheckpointOutput(Promise.resolve(file), queueId, checkpoint, HEAD_BYTES);
  try {
    if (chunks) await file.truncate(await chunks(output));
    else output.write(encodeHead(queueId, checkpoint, checkpoint.digest));
    return output;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** A new file: another process may still be writing to one of that name. */
async function openAnew(directory: string, path: string): Promise<FileHandle> {
  await makeDirectory(directory);
  await rm(path, { force: true });
  return open(path, 'w');
}

function completedOf(output: CheckpointOutput, { next, position }: CheckpointPlace): Checkpoint {
  const { offsets, bytes, digest } = output;
  return { next, position, chunks: offsets.length, bytes, digest: digest.hex() };
}

/** Gives the file at `from` its name once all of it is durable. */
async function complete(
  output: CheckpointOutput,
  queueId: string,
  checkpoint: Checkpoint,
  from: string,
  path: string,
): Promise<void> {
  output.write(encodeEnd(queueId, checkpoint, output.offsets, output.end));
  try {
    await output.sync();
  } finally {
    await output.close();
  }
  await rename(from, path + COMPLETE);
  await syncDirectory(dirname(path));
}

async function writing<T>(name: string, directory: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    throw cause instanceof TreplicaError ? cause : checkpointFailed(name, cause, directory);
  }
}

/** Makes the directory, and the one above it, durably. */
async function makeDirectory(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true });
  if (first === undefined) return;
  await syncDirectory(dirname(directory));
  await syncDirectory(dirname(dirname(directory)));
}

async function syncDirectory(directory: string): Promise<void> {
  const handle: FileHandle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch(noneWhereMissing);
}

function namesInSync(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    return noneWhereMissing(error);
  }
}

function noneWhereMissing(error: unknown): string[] {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return [];
  throw error;
}

function nextOf(file: string): Instance {
  return Number.parseInt(file, 10) as Instance;
}

function fullName(queueId: string, directory: string, place: CheckpointPlace): string {
  return `${nameOfCheckpoint(place)} of queue ${queueId} in directory ${directory}`;
}
