import type { FileHandle } from 'node:fs/promises';

import { assert } from '../../model/assert.js';
import { constants } from '../../model/constants.js';
import type { CheckpointPlace } from '../checkpoint-store.js';
import { CheckpointDigest, CHUNK_HEAD_BYTES, chunkHead, chunkKeyCrc } from './checkpoint-codec.js';

/**
 * Writes the chunks of one checkpoint one after the other, several with each write, and syncs the file every few MiB. While
 * one write is under way the chunks of the next are gathered; a caller that appends more waits.
 */
export class CheckpointOutput {
  readonly offsets: number[] = [];
  readonly digest = new CheckpointDigest();
  bytes = 0;
  readonly #file: Promise<FileHandle>;
  readonly #queueId: string;
  readonly #place: CheckpointPlace;
  /** The offset of the next chunk. */
  #end: number;
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #unsyncedBytes = 0;
  /** The write under way; null while there is none. Never rejects: see `#failure`. */
  #underWay: Promise<void> | null = null;
  #failure: { readonly cause: unknown } | null = null;

  /** Writes behind `end` bytes that are in `file` already. */
  constructor(file: Promise<FileHandle>, queueId: string, place: CheckpointPlace, end: number) {
    this.#file = file;
    this.#queueId = queueId;
    this.#place = place;
    this.#end = end;
    // The first write sees an error; until then nothing waits for the file.
    file.catch(() => undefined);
  }

  /** The offset of the next chunk. */
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

  /** Resolves when it takes more. Rejects with the error of a write that has failed. */
  async append(chunk: Uint8Array): Promise<void> {
    assertSize(chunk);
    const head = chunkHead(chunk, chunkKeyCrc(this.#queueId, this.#place, this.offsets.length));
    this.note(chunk);
    this.write(head);
    this.write(chunk);
    if (this.#gatheredBytes >= constants.checkpointWriteBytes) await this.#flush();
    this.#assertSound();
  }

  /** Adds bytes that are not a chunk. */
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

  /** Resolves when the write of what has been gathered has begun. */
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
    if (this.#unsyncedBytes < constants.checkpointSyncBytes) return;
    await file.datasync();
    this.#unsyncedBytes = 0;
  }

  #assertSound(): void {
    if (this.#failure) throw this.#failure.cause;
  }
}

/** A larger chunk could be written, but neither sent to another process nor read back. */
export function assertSize({ length }: Uint8Array): void {
  const max = constants.checkpointChunkBytesMax;
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

/** `buffers` without their first `bytes` bytes: a write may have taken only a part. */
function behind(buffers: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skipped = bytes;
  return buffers.flatMap((buffer) => {
    const skip = Math.min(skipped, buffer.length);
    skipped -= skip;
    return skip < buffer.length ? [buffer.subarray(skip)] : [];
  });
}
