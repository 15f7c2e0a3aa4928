import { crc32 } from 'node:zlib';

import type { ProcessId } from '../../model/ids.js';
import {
  CHECKSUM_BYTES,
  COUNTER_AT,
  type Frame,
  KEY_ID_AT,
  KEYED_SEAL_BYTES,
  type Lane,
  LENGTH_AT,
  NO_KEY,
  ORIGIN_BYTES,
  SEAL_AT,
  SENDER_BYTES,
  SENDER_OFFSET,
  TAG_BYTES,
} from './frame.js';
import { FrameKey, NONCE_BYTES } from './frame-key.js';
import type { KeyRing } from './key-ring.js';

/**
 * What a sender puts on its frames. The first four bytes of a seal are part of the frame's id: they differ between two frames of
 * one sender that are on their way, as surely as 32 bits can.
 */
export interface Seal {
  /** Of the seal itself. */
  readonly bytes: number;
  /** Up to this size a copy of a message is cheaper than another piece. */
  readonly copiedBytesMax: number;
  /**
   * Seals a frame in pieces, in which all but the key id and the seal is written: the pieces to send. `header` is the beginning of
   * the first piece, with room for the seal. `to`: the only process that may take it; null where several may. `keyId`: of the key
   * to seal with; null for the one that the ring sends with.
   */
  seal(frame: Frame, header: Buffer, lane: Lane, to: ProcessId | null, keyId?: number | null): Frame;
}

const CHECKED_FROM = SEAL_AT + CHECKSUM_BYTES;

/**
 * The seal without a key: a CRC-32 of all that stands behind it, begun with the length of the frame. Of what stands before it,
 * magic, version and queue are compared exactly by every receiver.
 */
export const CRC_32 = {
  bytes: CHECKSUM_BYTES,
  copiedBytesMax: 2_048,

  seal(frame: Frame, header: Buffer): Frame {
    header.writeUInt32BE(NO_KEY, KEY_ID_AT);
    let checksum = header.readUInt32BE(LENGTH_AT);
    let from = CHECKED_FROM;
    for (const piece of frame) {
      checksum = crc32(piece.subarray(from), checksum);
      from = 0;
    }
    header.writeUInt32BE(checksum, SEAL_AT);
    return frame;
  },

  /** Whether a frame is as it was sealed. It is at least a header long, and as long as it says. */
  fits(frame: Buffer): boolean {
    return crc32(frame.subarray(CHECKED_FROM), frame.length) === frame.readUInt32BE(SEAL_AT);
  },
} as const satisfies Seal & Record<'fits', unknown>;

/** In the upper half of the counter's field: set on frames of the bulk lane. */
const BULK_BIT = 0x8000_0000;
/** Beside it: set on frames for one process. */
const ADDRESSED_BIT = 0x4000_0000;
const HALF = 2 ** 32;

const HEADER_BYTES = SEAL_AT + KEYED_SEAL_BYTES + ORIGIN_BYTES;

/** The lane and the counter of a frame that is at least a header long. */
export function countOf(frame: Buffer): { readonly lane: Lane; readonly counter: number } {
  const upper = frame.readUInt32BE(COUNTER_AT);
  const lane = upper >= BULK_BIT ? 'bulk' : 'datagram';
  return { lane, counter: (upper % ADDRESSED_BIT) * HALF + frame.readUInt32BE(COUNTER_AT + 4) };
}

/** Whether a frame that is at least a header long is for one process. */
export function isAddressed(frame: Buffer): boolean {
  return (frame.readUInt32BE(COUNTER_AT) & ADDRESSED_BIT) !== 0;
}

/** What a tag covers besides the messages: lane, counter and origin. All else before the messages is compared exactly. */
function coveredBytes(frame: Buffer): Buffer {
  return frame.subarray(COUNTER_AT, HEADER_BYTES);
}

/**
 * What a tag covers besides the messages, and, of a frame for one process, the id of that one, which is not in the frame: what was
 * sent to another process says nothing to this one, though somebody who has recorded it may bring it here.
 */
export class Covered {
  readonly #bytes = Buffer.alloc(HEADER_BYTES - COUNTER_AT + SENDER_BYTES);

  /** `receiver` is looked at where the frame says that it is for one process. The result holds until the next call. */
  of(frame: Buffer, receiver: string): Buffer {
    const covered = coveredBytes(frame);
    if (!isAddressed(frame)) return covered;
    covered.copy(this.#bytes);
    this.#bytes.write(receiver, covered.length, 'hex');
    return this.#bytes;
  }
}

/**
 * The seal with a key: the text is encrypted under what is derived for this start from the key that the ring sends with. A counter
 * is the nonce, and goes on through all keys. Key id, queue and version are bound by the derivation, and the length by the tag.
 */
export class KeyedSeal implements Seal {
  readonly bytes = KEYED_SEAL_BYTES;
  /** What fits a datagram is encrypted in one piece, and what is short in place. */
  readonly copiedBytesMax = 65_536;
  #counter = 0;
  #sending: FrameKey | null = null;
  readonly #nonce = Buffer.alloc(NONCE_BYTES);
  readonly #covered = new Covered();

  constructor(
    private readonly ring: KeyRing,
    private readonly queueId: string,
  ) {}

  seal(frame: Frame, header: Buffer, lane: Lane, to: ProcessId | null, keyId: number | null = null): Frame {
    header.writeUInt32BE(keyId ?? this.ring.sendingId, KEY_ID_AT);
    this.#counter += 1;
    const upper =
      Math.floor(this.#counter / HALF) + (lane === 'bulk' ? BULK_BIT : 0) + (to === null ? 0 : ADDRESSED_BIT);
    header.writeUInt32BE(upper, COUNTER_AT);
    header.writeUInt32BE(this.#counter % HALF, COUNTER_AT + 4);
    header.copy(this.#nonce, NONCE_BYTES - 8, COUNTER_AT, COUNTER_AT + 8);

    const covered = this.#covered.of(header, to ?? '');
    const tag = header.subarray(SEAL_AT, SEAL_AT + TAG_BYTES);
    return this.#keyFor(header, keyId).seal(this.#nonce, covered, frame, HEADER_BYTES, tag);
  }

  #keyFor(header: Buffer, keyId: number | null): FrameKey {
    const { sendingId, sendingKey } = this.ring;
    if (keyId !== null && keyId !== sendingId)
      return new FrameKey(this.ring.keyUnder(keyId), this.queueId, Buffer.from(startIn(header)));
    if (this.#sending?.ringKey !== sendingKey)
      this.#sending = new FrameKey(sendingKey, this.queueId, Buffer.from(startIn(header)));
    return this.#sending;
  }
}

/** Sender, incarnation and nonce, as they are in a frame under a key. */
export function startIn(frame: Buffer): Buffer {
  return frame.subarray(SEAL_AT + KEYED_SEAL_BYTES + SENDER_OFFSET, HEADER_BYTES);
}
