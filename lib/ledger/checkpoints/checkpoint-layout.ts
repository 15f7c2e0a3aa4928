/**
 * The file of a checkpoint: a head, then the chunks in order, each after its length and checksum. A complete file ends with
 * an index of the places of the chunks and a tail that tells where the index is and describes the checkpoint. Everything is
 * sealed and bound to its queue and place.
 *
 * head   magic (8), format version (u32), digest that was announced (16, zeros for one's own), seal (u32)
 * chunk  length (u32), checksum (u32), bytes
 * index  offset of each chunk (f64: a safe integer)
 * tail   next, position, chunks, bytes (f64 each), digest (16), offset of the index (f64), seal of index and tail (u32)
 *
 * Numbers are little endian.
 */
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

import type { Checkpoint } from '../../model/checkpoint.js';
import type { Instance, Position } from '../../model/ids.js';
import type { CheckpointPlace } from '../checkpoint-store.js';
import { anotherVersion, damagedCheckpoint } from '../ledger-errors.js';
import { stemOf } from './checkpoint-codec.js';

const MAGIC = Buffer.from('TREPCKPT');
const VERSION = 2;
const DIGEST_BYTES = 16;
const NO_DIGEST = Buffer.alloc(DIGEST_BYTES).toString('hex');
const NUMBER_BYTES = 8;
const CRC_BYTES = 4;

export const HEAD_BYTES = MAGIC.length + 4 + DIGEST_BYTES + CRC_BYTES;
export const TAIL_BYTES = 5 * NUMBER_BYTES + DIGEST_BYTES + CRC_BYTES;

/** The directory of the checkpoints of all queues of a ledger directory. */
export function checkpointsDirectory(ledgerDirectory: string): string {
  return join(ledgerDirectory, 'checkpoints');
}

/** `announced` is the digest of a checkpoint of another process. */
export function encodeHead(queueId: string, place: CheckpointPlace, announced = NO_DIGEST): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  MAGIC.copy(head);
  head.writeUInt32LE(VERSION, MAGIC.length);
  head.write(announced, MAGIC.length + 4, 'hex');
  return sealed(head, placeCrc(queueId, place));
}

/**
 * Returns the digest in the head.
 * @param name of the checkpoint, for messages
 * @throws TreplicaError LEDGER_DAMAGED or LEDGER_VERSION
 */
export function decodeHead(head: Buffer, queueId: string, place: CheckpointPlace, name: string): string {
  if (head.length < HEAD_BYTES) throw damagedCheckpoint(name, 'it ends too early');
  if (!head.subarray(0, MAGIC.length).equals(MAGIC)) throw damagedCheckpoint(name, 'it does not begin like one');
  const version = head.readUInt32LE(MAGIC.length);
  // Asked for before the seal, which another version may have elsewhere.
  if (version !== VERSION) throw anotherVersion(name, `format version ${version}, and this Treplica reads ${VERSION}`);
  if (!isSealed(head, placeCrc(queueId, place))) throw damagedCheckpoint(name, 'the checksum of its head is wrong');
  return head.toString('hex', MAGIC.length + 4, MAGIC.length + 4 + DIGEST_BYTES);
}

/** The index and the tail. */
export function encodeEnd(
  queueId: string,
  checkpoint: Checkpoint,
  offsets: readonly number[],
  indexOffset: number,
): Buffer {
  const end = Buffer.alloc(offsets.length * NUMBER_BYTES + TAIL_BYTES);
  const { next, position, chunks, bytes, digest } = checkpoint;
  let at = 0;
  for (const number of [...offsets, next, position, chunks, bytes]) at = end.writeDoubleLE(number, at);
  at += end.write(digest, at, 'hex');
  end.writeDoubleLE(indexOffset, at);
  return sealed(end, placeCrc(queueId, checkpoint));
}

/** The contents of a tail, whose seal is not examined yet. */
export function decodeTail(tail: Buffer): { readonly checkpoint: Checkpoint; readonly indexOffset: number } {
  const number = (place: number): number => tail.readDoubleLE(place * NUMBER_BYTES);
  const digestAt = 4 * NUMBER_BYTES;
  const checkpoint = {
    next: number(0) as Instance,
    position: number(1) as Position,
    chunks: number(2),
    bytes: number(3),
    digest: tail.toString('hex', digestAt, digestAt + DIGEST_BYTES),
  };
  return { checkpoint, indexOffset: tail.readDoubleLE(digestAt + DIGEST_BYTES) };
}

/** The offsets of the chunks, and behind them that of the index; null where the seal of `end`, index and tail, is wrong. */
export function decodeEnd(end: Buffer, queueId: string, checkpoint: Checkpoint): readonly number[] | null {
  if (!isSealed(end, placeCrc(queueId, checkpoint))) return null;
  const offsets = Array.from({ length: checkpoint.chunks }, (_, index) => end.readDoubleLE(index * NUMBER_BYTES));
  return [...offsets, decodeTail(end.subarray(-TAIL_BYTES)).indexOffset];
}

/** The length of index and tail of a checkpoint of so many chunks. */
export function endBytes(chunks: number): number {
  return chunks * NUMBER_BYTES + TAIL_BYTES;
}

function placeCrc(queueId: string, place: CheckpointPlace): number {
  return crc32(`checkpoint/${stemOf(place)}`, crc32(queueId));
}

function sealed(bytes: Buffer, crc: number): Buffer {
  bytes.writeUInt32LE(crc32(bytes.subarray(0, -CRC_BYTES), crc), bytes.length - CRC_BYTES);
  return bytes;
}

function isSealed(bytes: Buffer, crc: number): boolean {
  return bytes.readUInt32LE(bytes.length - CRC_BYTES) === crc32(bytes.subarray(0, -CRC_BYTES), crc);
}
