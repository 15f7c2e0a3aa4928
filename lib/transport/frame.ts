/**
 * The frame: what a datagram, and each piece of a bulk stream, consists of. All numbers are big-endian.
 *
 * | offset | bytes | field |
 * | --- | --- | --- |
 * | 0 | 3 | magic |
 * | 3 | 1 | version of the format |
 * | 4 | 4 | CRC-32 of everything behind it; what is before it is compared exactly |
 * | 8 | 4 | queue: CRC-32 of its id |
 * | 12 | 4 | length of the whole frame |
 * | 16 | 8 | group |
 * | 24 | 8 | sender |
 * | 32 | | one or more messages, each a length in 4 bytes and that many bytes |
 */
import { crc32 } from 'node:zlib';

import { NO_GROUP, type GroupId, type ProcessId } from '../model/ids.js';
import { limits } from '../model/limits.js';

const MAGIC = 0x545250;
export const FRAME_VERSION = 1;

const VERSION_AT = 3;
const CHECKSUM_AT = 4;
const CHECKED_FROM = 8;
const QUEUE_AT = 8;
const LENGTH_AT = 12;
const GROUP_AT = 16;
const SENDER_AT = 24;
export const FRAME_HEADER_BYTES = 32;
const MESSAGE_HEADER_BYTES = 4;

const MAGIC_AND_VERSION = MAGIC * 256 + FRAME_VERSION;

/** The longest frame: a message of the largest size with what the protocol wraps around it. */
export const FRAME_BYTES_MAX = limits.messageBytesMax + 1024 * 1024;

/** Up to this size a copy is cheaper than another element in the list that the socket takes. */
const COPIED_BYTES_MAX = 2048;

/** The bytes of one frame, in pieces to be sent one behind the other. */
export type Frame = readonly Uint8Array[];

/** Bytes that a frame grows by when it carries `message`. */
export function framedBytes(message: Uint8Array): number {
  return MESSAGE_HEADER_BYTES + message.length;
}

export function queueDigest(queueId: string): number {
  return crc32(queueId);
}

/** The queue's digest in what may be a frame, or -1 where it is too short to be one. */
export function queueOf(bytes: Buffer): number {
  return bytes.length < FRAME_HEADER_BYTES ? -1 : bytes.readUInt32BE(QUEUE_AT);
}

export function versionOf(bytes: Buffer): number {
  return bytes.readUInt8(VERSION_AT);
}

/** How long the frame says that it is, or null where `header` is not one of ours or its length not a sane one. */
export function announcedBytes(header: Buffer): number | null {
  if (header.readUInt32BE(0) !== MAGIC_AND_VERSION) return null;
  const length = header.readUInt32BE(LENGTH_AT);
  return length < FRAME_HEADER_BYTES + MESSAGE_HEADER_BYTES || length > FRAME_BYTES_MAX ? null : length;
}

/** Makes the frames of one sender on one queue. */
export class FrameEncoder {
  readonly #header = Buffer.alloc(FRAME_HEADER_BYTES);

  constructor(queueId: string, sender: ProcessId) {
    this.#header.writeUInt32BE(MAGIC_AND_VERSION, 0);
    this.#header.writeUInt32BE(queueDigest(queueId), QUEUE_AT);
    this.#header.write(sender, SENDER_AT, 'hex');
    this.join(NO_GROUP);
  }

  join(group: GroupId): void {
    this.#header.write(group, GROUP_AT, 'hex');
  }

  /** One frame with these messages, of which there is at least one. Large ones become pieces of it without a copy. */
  encode(messages: readonly Uint8Array[]): Frame {
    let frameBytes = FRAME_HEADER_BYTES;
    let ownBytes = FRAME_HEADER_BYTES;
    for (const message of messages) {
      frameBytes += framedBytes(message);
      ownBytes += message.length > COPIED_BYTES_MAX ? MESSAGE_HEADER_BYTES : framedBytes(message);
    }

    const own = Buffer.allocUnsafe(ownBytes);
    own.set(this.#header);
    own.writeUInt32BE(frameBytes, LENGTH_AT);
    const frame: Uint8Array[] = [];
    let pieceFrom = 0;
    let at = FRAME_HEADER_BYTES;
    for (const message of messages) {
      own.writeUInt32BE(message.length, at);
      at += MESSAGE_HEADER_BYTES;
      if (message.length > COPIED_BYTES_MAX) {
        frame.push(own.subarray(pieceFrom, at), message);
        pieceFrom = at;
      } else {
        own.set(message, at);
        at += message.length;
      }
    }
    if (pieceFrom < at) frame.push(own.subarray(pieceFrom, at));
    own.writeUInt32BE(checksumOf(frame), CHECKSUM_AT);
    return frame;
  }
}

function checksumOf(frame: Frame): number {
  let checksum = 0;
  let checkedFrom = CHECKED_FROM;
  for (const piece of frame) {
    checksum = crc32(piece.subarray(checkedFrom), checksum);
    checkedFrom = 0;
  }
  return checksum;
}

/** `own`: the network brought back what this process has sent. `foreign`: another queue's, damaged, or no frame. */
export type Verdict = 'intact' | 'own' | 'version' | 'foreign';

/** Reads the frames that arrive at one process on one queue. */
export class FrameDecoder {
  readonly #queue: number;
  readonly #selfHigh: number;
  readonly #selfLow: number;
  readonly #groups = new IdCache<GroupId>();
  readonly #senders = new IdCache<ProcessId>();

  constructor(queueId: string, self: ProcessId) {
    this.#queue = queueDigest(queueId);
    const bytes = Buffer.from(self, 'hex');
    this.#selfHigh = bytes.readInt32BE(0);
    this.#selfLow = bytes.readInt32BE(4);
  }

  /** Cheapest test first: multicast brings back each of our own frames, so they go before the checksum is computed. */
  judge(bytes: Buffer): Verdict {
    if (bytes.length < FRAME_HEADER_BYTES) return 'foreign';
    if (bytes.readUInt32BE(0) !== MAGIC_AND_VERSION)
      return bytes.readUIntBE(0, VERSION_AT) === MAGIC ? 'version' : 'foreign';
    if (bytes.readUInt32BE(QUEUE_AT) !== this.#queue) return 'foreign';
    if (bytes.readInt32BE(SENDER_AT) === this.#selfHigh && bytes.readInt32BE(SENDER_AT + 4) === this.#selfLow)
      return 'own';
    if (bytes.readUInt32BE(LENGTH_AT) !== bytes.length) return 'foreign';
    if (bytes.readUInt32BE(CHECKSUM_AT) !== crc32(bytes.subarray(CHECKED_FROM))) return 'foreign';
    return isFilledExactly(bytes) ? 'intact' : 'foreign';
  }

  senderOf(frame: Buffer): ProcessId {
    return this.#senders.read(frame, SENDER_AT);
  }

  groupOf(frame: Buffer): GroupId {
    return this.#groups.read(frame, GROUP_AT);
  }
}

/** The messages of an intact frame: views of its bytes. */
export function messagesOf(frame: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = FRAME_HEADER_BYTES; at < frame.length;) {
    const from = at + MESSAGE_HEADER_BYTES;
    at = from + frame.readUInt32BE(at);
    messages.push(frame.subarray(from, at));
  }
  return messages;
}

function isFilledExactly(frame: Buffer): boolean {
  let at = FRAME_HEADER_BYTES;
  while (at + MESSAGE_HEADER_BYTES <= frame.length) at += MESSAGE_HEADER_BYTES + frame.readUInt32BE(at);
  return at === frame.length && at > FRAME_HEADER_BYTES;
}

/** Ids as text for ids as bytes. A frame brings two of them and the same few return for ever. */
class IdCache<Id extends string> {
  static readonly #entriesMax = 256;
  readonly #entries = new Map<number, { readonly high: number; readonly id: Id }>();

  read(bytes: Buffer, at: number): Id {
    const high = bytes.readInt32BE(at);
    const low = bytes.readInt32BE(at + 4);
    const entry = this.#entries.get(low);
    if (entry?.high === high) return entry.id;
    if (this.#entries.size >= IdCache.#entriesMax) this.#entries.clear();
    const id = bytes.toString('hex', at, at + 8) as Id;
    this.#entries.set(low, { high, id });
    return id;
  }
}
