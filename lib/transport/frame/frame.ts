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
 * | 32 | 4 | incarnation of the sender's start |
 * | 36 | 16 | nonce of the sender's start |
 * | 52 | | one or more messages, each a length in 4 bytes and that many bytes |
 */
import { crc32 } from 'node:zlib';

import { NO_GROUP, type GroupId, type ProcessId } from '../../model/ids.js';
import { limits } from '../../model/limits.js';
import { INCARNATION_MAX, type Nonce, type Start } from '../../model/start.js';

const MAGIC = 0x545250;
export const FRAME_VERSION = 2;

const VERSION_AT = 3;
const CHECKSUM_AT = 4;
const CHECKED_FROM = 8;
const QUEUE_AT = 8;
const LENGTH_AT = 12;
const GROUP_AT = 16;
const SENDER_AT = 24;
const START_AT = 32;
const NONCE_AT = 36;
export const FRAME_HEADER_BYTES = 52;
/** Of what `frameIdOf` returns, before it is written in hexadecimal digits. */
export const FRAME_ID_BYTES = 8;
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

/** What tells a frame from all others of its sender that are on their way: its checksum and its length. */
export function frameIdOf(header: Uint8Array): string {
  const { buffer, byteOffset, length } = header;
  const bytes = Buffer.from(buffer, byteOffset, length);
  return bytes.toString('hex', CHECKSUM_AT, CHECKSUM_AT + 4) + bytes.toString('hex', LENGTH_AT, LENGTH_AT + 4);
}

/** The length of the frame with this id, or null where it is no sane one. */
export function bytesOfFrame(id: string): number | null {
  const bytes = Number.parseInt(id.slice(FRAME_ID_BYTES), 16);
  return bytes < FRAME_HEADER_BYTES + MESSAGE_HEADER_BYTES || bytes > FRAME_BYTES_MAX ? null : bytes;
}

/** Makes the frames of one start of a sender on one queue. */
export class FrameEncoder {
  readonly #header = Buffer.alloc(FRAME_HEADER_BYTES);

  constructor(queueId: string, sender: ProcessId, start: Start) {
    this.#header.writeUInt32BE(MAGIC_AND_VERSION, 0);
    this.#header.writeUInt32BE(queueDigest(queueId), QUEUE_AT);
    this.#header.write(sender, SENDER_AT, 'hex');
    this.#header.writeUInt32BE(start.incarnation, START_AT);
    this.#header.write(start.nonce, NONCE_AT, 'hex');
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

/** Reads the frames that arrive at one start of a process on one queue. */
export class FrameDecoder {
  readonly #queue: number;
  /** Sender and start, as they are in the own frames. */
  readonly #self = Buffer.alloc(FRAME_HEADER_BYTES - SENDER_AT);
  readonly #selfLow: number;
  readonly #groups = new IdCache<GroupId>();
  readonly #senders = new IdCache<ProcessId>();
  readonly #starts = new StartCache();

  constructor(queueId: string, self: ProcessId, start: Start) {
    this.#queue = queueDigest(queueId);
    this.#self.write(self, 0, 'hex');
    this.#self.writeUInt32BE(start.incarnation, START_AT - SENDER_AT);
    this.#self.write(start.nonce, NONCE_AT - SENDER_AT, 'hex');
    this.#selfLow = this.#self.readInt32BE(4);
  }

  /** Cheapest test first: multicast brings back each of our own frames, so they go before the checksum is computed. */
  judge(bytes: Buffer): Verdict {
    if (bytes.length < FRAME_HEADER_BYTES) return 'foreign';
    if (bytes.readUInt32BE(0) !== MAGIC_AND_VERSION)
      return bytes.readUIntBE(0, VERSION_AT) === MAGIC ? 'version' : 'foreign';
    if (bytes.readUInt32BE(QUEUE_AT) !== this.#queue) return 'foreign';
    if (bytes.readInt32BE(SENDER_AT + 4) === this.#selfLow && this.#isOwn(bytes)) return 'own';
    if (bytes.readUInt32BE(LENGTH_AT) !== bytes.length) return 'foreign';
    if (!isIncarnation(bytes.readUInt32BE(START_AT))) return 'foreign';
    if (bytes.readUInt32BE(CHECKSUM_AT) !== crc32(bytes.subarray(CHECKED_FROM))) return 'foreign';
    return isFilledExactly(bytes) ? 'intact' : 'foreign';
  }

  senderOf(frame: Buffer): ProcessId {
    return this.#senders.read(frame, SENDER_AT);
  }

  groupOf(frame: Buffer): GroupId {
    return this.#groups.read(frame, GROUP_AT);
  }

  /** The same object each time, as long as few starts are heard of. */
  startOf(frame: Buffer): Start {
    return this.#starts.read(frame);
  }

  #isOwn(bytes: Buffer): boolean {
    return bytes.compare(this.#self, 0, this.#self.length, SENDER_AT, FRAME_HEADER_BYTES) === 0;
  }
}

function isIncarnation(value: number): boolean {
  return value >= 1 && value <= INCARNATION_MAX;
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

/** Starts for starts as bytes: the same few return for ever. */
class StartCache {
  static readonly #entriesMax = 256;
  readonly #entries = new Map<number, { readonly bytes: Buffer; readonly start: Start }>();

  read(frame: Buffer): Start {
    const key = frame.readInt32BE(NONCE_AT);
    const entry = this.#entries.get(key);
    if (entry !== undefined && isStartOf(frame, entry.bytes)) return entry.start;
    if (this.#entries.size >= StartCache.#entriesMax) this.#entries.clear();
    const nonce = frame.toString('hex', NONCE_AT, FRAME_HEADER_BYTES) as Nonce;
    const start = { incarnation: frame.readUInt32BE(START_AT), nonce };
    this.#entries.set(key, { bytes: Buffer.from(frame.subarray(START_AT, FRAME_HEADER_BYTES)), start });
    return start;
  }
}

/** Word by word: for so few bytes a call into native code costs more, and this is on the path of every frame. */
function isStartOf(frame: Buffer, bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at += 4)
    if (frame.readInt32BE(START_AT + at) !== bytes.readInt32BE(at)) return false;
  return true;
}
