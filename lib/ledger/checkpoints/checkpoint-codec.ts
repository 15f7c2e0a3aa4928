import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

import type { CheckpointPlace } from '../checkpoint-store.js';

/** Bytes in front of each stored chunk: its length and its checksum. */
export const CHUNK_HEAD_BYTES = 8;

const DIGEST_DIGITS = 32;

/** The digest of a checkpoint, chunk by chunk, as `Checkpoint.digest` describes it. */
export class CheckpointDigest {
  readonly #hash = createHash('sha256');
  readonly #length = Buffer.alloc(4);

  add(chunk: Uint8Array): void {
    this.#length.writeUInt32BE(chunk.length);
    this.#hash.update(this.#length).update(chunk);
  }

  /** Ends it. */
  hex(): string {
    return this.#hash.digest('hex').slice(0, DIGEST_DIGITS);
  }
}

/** What the checksum of chunk number `index` begins with: a chunk in another's place is not taken for a good one. */
export function chunkKeyCrc(queueId: string, { next }: CheckpointPlace, index: number): number {
  return crc32(`checkpoint/${next}/${index}`, crc32(queueId));
}

export function chunkHead(chunk: Uint8Array, keyCrc: number): Buffer {
  const head = Buffer.allocUnsafe(CHUNK_HEAD_BYTES);
  head.writeUInt32LE(chunk.length, 0);
  head.writeUInt32LE(checksumOf(chunk, keyCrc), 4);
  return head;
}

/** Whether `chunk` is what `head` was made for. */
export function isSound(head: Buffer, chunk: Uint8Array, keyCrc: number): boolean {
  return head.readUInt32LE(0) === chunk.length && head.readUInt32LE(4) === checksumOf(chunk, keyCrc);
}

/** Of no bytes at all, zlib's may or may not be 0. */
function checksumOf(chunk: Uint8Array, keyCrc: number): number {
  return chunk.length === 0 ? keyCrc : crc32(chunk, keyCrc);
}

/** The same for every attempt at a place: the name of its file, without what follows the dot. */
export function stemOf({ next, position }: CheckpointPlace): string {
  return `${String(next)}-${String(position)}`;
}
