import type { FileHandle } from 'node:fs/promises';

import { assert } from '../../model/assert.js';
import { limits } from '../../model/limits.js';
import { CHUNK_HEAD_BYTES, CheckpointDigest, chunkHead, chunkKeyCrc } from './checkpoint-codec.js';
import type { CheckpointPlace } from '../checkpoint-store.js';

/**
 * Writes the chunks of one checkpoint behind each other, some at one go, and has the disk take them every few MiB. While
 * one go is written the next is gathered; whoever appends more waits.
 */
export class CheckpointOutput {
  readonly offsets: number[] = [];
  readonly digest = new CheckpointDigest();
  bytes = 0;
  readonly #file: Promise<FileHandle>;
  readonly #queueId: string;
  readonly #place: CheckpointPlace;
  /** Where the next chunk comes to lie. */
  #end: number;
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #unsyncedBytes = 0;
  /** Null where nothing is being written. Never rejects: see `#failure`. */
  #underWay: Promise<void> | null = null;
  #failure: { readonly cause: unknown } | null = null;

  /** Writes behind `end` bytes that are in `file` already. */
  constructor(file: Promise<FileHandle>, queueId: string, place: CheckpointPlace, end: number) {
    this.#file = file;
    this.#queueId = queueId;
    this.#place = place;
    this.#end = end;
    // It is looked at with the first write; until then nobody waits for it.
    file.catch(() => undefined);
  }

  /** Where the next chunk comes to lie. */
  get end(): number {
    return this.#end;
  }

  /** The file holds a further chunk already. */
  note(chunk: Uint8Array): void {
    this.offsets.push(this.#end);
    this.#end += CHUNK_HEAD_BYTES + chunk.length;
    this.bytes += chunk.length;
    this.digest.add(chunk);
  }

  /** Resolves when more is welcome. Rejects with what a write has failed with. */
  async append(chunk: Uint8Array): Promise<void> {
    assertSize(chunk);
    const head = chunkHead(chunk, chunkKeyCrc(this.#queueId, this.#place, this.offsets.length));
    this.note(chunk);
    this.write(head);
    this.write(chunk);
    if (this.#gatheredBytes >= limits.checkpointWriteBytes) await this.#flush();
    this.#assertSound();
  }

  /** Adds what is not a chunk. */
  write(bytes: Uint8Array): void {
    this.#gathered.push(bytes);
    this.#gatheredBytes += bytes.length;
  }

  /** Resolves when everything is durable. */
  async sync(): Promise<void> {
    await this.#flush();
    await this.#idle();
    this.#assertSound();
    const file = await this.#file;
    await file.sync();
    this.#unsyncedBytes = 0;
  }

  /** Releases the file, if there is one, and says whether there was. Idempotent. */
  async close(): Promise<boolean> {
    await this.#idle();
    const file = await this.#file.catch(() => null);
    await file?.close();
    return file !== null;
  }

  /** Resolves when what has been gathered is on its way. */
  async #flush(): Promise<void> {
    await this.#idle();
    if (this.#gathered.length === 0 || this.#failure !== null) return;
    const gathered = this.#gathered;
    this.#unsyncedBytes += this.#gatheredBytes;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#underWay = this.#write(gathered)
      .catch((cause: unknown) => {
        this.#failure ??= { cause };
      })
      .finally(() => {
        this.#underWay = null;
      });
  }

  async #idle(): Promise<void> {
    while (this.#underWay) await this.#underWay;
  }

  async #write(gathered: readonly Uint8Array[]): Promise<void> {
    const file = await this.#file;
    await writeAll(file, gathered);
    if (this.#unsyncedBytes < limits.checkpointSyncBytes) return;
    await file.datasync();
    this.#unsyncedBytes = 0;
  }

  #assertSound(): void {
    if (this.#failure) throw this.#failure.cause;
  }
}

/** What is larger could be written, and neither sent to another process nor read back. */
export function assertSize({ length }: Uint8Array): void {
  const max = limits.checkpointChunkBytesMax;
  assert(length <= max, 'no chunk of a checkpoint is larger than can be read back', { length, max });
}

async function writeAll(file: FileHandle, buffers: readonly Uint8Array[]): Promise<void> {
  let bytesLeft = buffers.reduce((sum, { length }) => sum + length, 0);
  let left = [...buffers];
  while (bytesLeft > 0) {
    const { bytesWritten } = await file.writev(left);
    bytesLeft -= bytesWritten;
    if (bytesLeft > 0) left = behind(left, bytesWritten);
  }
}

/** `buffers` without their first `bytes` bytes: a disk may have taken only a part. */
function behind(buffers: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skipped = bytes;
  return buffers.flatMap((buffer) => {
    const skip = Math.min(skipped, buffer.length);
    skipped -= skip;
    return skip < buffer.length ? [buffer.subarray(skip)] : [];
  });
}
