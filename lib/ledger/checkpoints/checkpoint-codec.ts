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

/** The checksum of chunk number `index` begins with this: a chunk in the place of another one does not count as sound. */
export function chunkKeyCrc(queueId: string, { next }: CheckpointPlace, index: number): number {
  return crc32(`checkpoint/${next}/${index}`, crc32(queueId));
}

export function chunkHead(chunk: Uint8Array, keyCrc: number): Buffer {
  const head = Buffer.allocUnsafe(CHUNK_HEAD_BYTES);
  head.writeUInt32LE(chunk.length, 0);
  head.writeUInt32LE(checksumOf(chunk, keyCrc), 4);
  return head;
}

/** Whether `head` was made for `chunk`. */
export function isSound(head: Buffer, chunk: Uint8Array, keyCrc: number): boolean {
  return head.readUInt32LE(0) === chunk.length && head.readUInt32LE(4) === checksumOf(chunk, keyCrc);
}

/** For no bytes at all, zlib returns 0 or not, depending on its version. */
function checksumOf(chunk: Uint8Array, keyCrc: number): number {
  return chunk.length === 0 ? keyCrc : crc32(chunk, keyCrc);
}

/** The name of a checkpoint's file before the dot: the same for every attempt at a place. */
export function stemOf({ next, position }: CheckpointPlace): string {
  return `${String(next)}-${String(position)}`;
}
