/**
 * A journal consists of sectors, which are what a disk writes whole or not at all. Each is sealed by itself and names the
 * frame that it is a part of. So a frame that a crash has cut short, some of whose sectors still hold what was there
 * before, is told apart from one that was written and has been damaged since.
 */
import { crc32 } from 'node:zlib';

export const SECTOR_BYTES = 512;

/** CRC-32, the frame's sequence number, the sector's place in the frame, the frame's sectors, and bytes of it in this one. */
const HEADER_BYTES = 16;
const CONTENT_BYTES = SECTOR_BYTES - HEADER_BYTES;
const SEQUENCE_BYTES = 6;

const SEED = crc32('treplica journal');
const UNWRITTEN = Buffer.alloc(SECTOR_BYTES);

/** How many sectors a frame of so many bytes takes. */
export function sectorsOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / CONTENT_BYTES));
}

interface Sector {
  readonly sequence: number;
  readonly index: number;
  readonly count: number;
  /** Not copied. */
  readonly content: Buffer;
}

/** Cuts `frame` into sectors at the start of `target`. Returns the bytes that they take. */
export function writeSectors(target: Buffer, frame: Buffer, sequence: number): number {
  const count = sectorsOf(frame.length);
  for (let index = 0; index < count; index += 1) {
    const at = index * SECTOR_BYTES;
    const from = index * CONTENT_BYTES;
    const length = Math.min(CONTENT_BYTES, frame.length - from);
    target.writeUIntLE(sequence, at + 4, SEQUENCE_BYTES);
    target.writeUInt16LE(index, at + 10);
    target.writeUInt16LE(count, at + 12);
    target.writeUInt16LE(length, at + 14);
    frame.copy(target, at + HEADER_BYTES, from, from + length);
    target.fill(0, at + HEADER_BYTES + length, at + SECTOR_BYTES);
    target.writeUInt32LE(crc32(target.subarray(at + 4, at + SECTOR_BYTES), SEED), at);
  }
  return count * SECTOR_BYTES;
}

/** The sector at place `number` of a journal: null where none has been written there. */
export function readSector(journal: Buffer, number: number): Sector | 'damaged' | null {
  const bytes = journal.subarray(number * SECTOR_BYTES, (number + 1) * SECTOR_BYTES);
  if (bytes.length < SECTOR_BYTES) return 'damaged';
  if (bytes.readUInt32LE(0) !== crc32(bytes.subarray(4), SEED)) return bytes.equals(UNWRITTEN) ? null : 'damaged';
  const length = bytes.readUInt16LE(14);
  return {
    sequence: bytes.readUIntLE(4, SEQUENCE_BYTES),
    index: bytes.readUInt16LE(10),
    count: bytes.readUInt16LE(12),
    content: bytes.subarray(HEADER_BYTES, HEADER_BYTES + length),
  };
}
