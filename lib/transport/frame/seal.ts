import { crc32 } from 'node:zlib';

import { type Frame, FRAME_PREFIX_BYTES, LENGTH_AT, ORIGIN_BYTES, SEAL_AT } from './frame.js';

/**
 * Shows that a frame is as its sender has made it. The key id in a frame's prefix names its seal, and so tells how long the
 * seal is. The first four bytes of a seal are part of the frame's id: they differ between two frames of one sender with
 * different messages, as surely as 32 bits can.
 */
export interface Seal {
  readonly keyId: number;
  /** Of the seal itself, at least 4. */
  readonly bytes: number;
  /**
   * Seals a frame in pieces, in which all but the seal is written: the pieces to send. `header` is the beginning of the first
   * piece, with room for the seal.
   */
  seal(frame: Frame, header: Buffer): Frame;
  /** The frame with its messages to be read, or null where it is damaged. At least a header long, and as long as it says. */
  open(frame: Buffer): Buffer | null;
}

const CRC_BYTES = 4;
const CRC_FROM = SEAL_AT + CRC_BYTES;

/**
 * The seal without a key: a CRC-32 of all that stands behind it, begun with the length of the frame. Of what stands before it,
 * magic, version and queue are compared exactly by every receiver.
 */
export const CRC_32: Seal = {
  keyId: 0,
  bytes: CRC_BYTES,

  seal(frame, header) {
    let checksum = header.readUInt32BE(LENGTH_AT);
    let from = CRC_FROM;
    for (const piece of frame) {
      checksum = crc32(piece.subarray(from), checksum);
      from = 0;
    }
    header.writeUInt32BE(checksum, SEAL_AT);
    return frame;
  },

  open(frame) {
    return crc32(frame.subarray(CRC_FROM), frame.length) === frame.readUInt32BE(SEAL_AT) ? frame : null;
  },
};

/** By key id. */
const SEALS: readonly Seal[] = [CRC_32];

/** The seal with this key id, or undefined where this process has no such key. */
export function sealOf(keyId: number): Seal | undefined {
  return SEALS[keyId];
}

/** The bytes before the messages of a frame under `seal`. */
export function headerBytesUnder(seal: Seal): number {
  return FRAME_PREFIX_BYTES + seal.bytes + ORIGIN_BYTES;
}
