/**
 * The frame: a datagram is one frame or several, one behind the other, and so is a bulk stream. Each frame has a header and a
 * seal of its own. All numbers are big-endian. `s` is the length of the seal, which the key id tells: 4 bytes without a key,
 * and 24 with one.
 *
 * | offset | bytes | field |
 * | --- | --- | --- |
 * | 0 | 3 | magic |
 * | 3 | 1 | version of the format |
 * | 4 | 4 | key id: which seal is on the frame; 0 is CRC-32, without a key |
 * | 8 | 4 | queue: CRC-32 of its id |
 * | 12 | 4 | length of the whole frame |
 * | 16 | s | seal |
 * | 16 + s | 8 | group |
 * | 24 + s | 8 | sender |
 * | 32 + s | 4 | incarnation of the sender's start |
 * | 36 + s | 16 | boot: the nonce of the sender's start |
 * | 52 + s | | one or more messages, each a length in 4 bytes and that many bytes: encrypted where there is a key |
 *
 * The first 16 bytes, the *prefix*, suffice to tell where a frame ends and which processes can read it. The fields
 * behind the seal, up to the messages, are its *origin*. A start opens one transport, and its nonce is drawn anew for
 * it: the nonce is what tells one run of a process from all others, and needs no second number beside it.
 */
import { crc32 } from 'node:zlib';

import { constants } from '../../model/constants.js';

const MAGIC = 0x545250;
/**
 * Versions 1 and 2 had the checksum in front of the queue, and no key id; version 3 had no keys, and version 4 one cipher, and
 * challenges that did not say which start they were of.
 */
export const FRAME_VERSION = 5;
const MAGIC_AND_VERSION = MAGIC * 256 + FRAME_VERSION;

const VERSION_AT = 3;
export const KEY_ID_AT = 4;
export const QUEUE_AT = 8;
export const LENGTH_AT = 12;
export const SEAL_AT = 16;
/** Of all that stands before the seal. */
export const FRAME_PREFIX_BYTES = LENGTH_AT + 4;

/** Within the origin. */
export const GROUP_OFFSET = 0;
export const SENDER_OFFSET = 8;
export const SENDER_BYTES = 8;
export const INCARNATION_OFFSET = 16;
export const BOOT_OFFSET = 20;
export const ORIGIN_BYTES = 36;

export const MESSAGE_HEADER_BYTES = 4;

/** The key id of frames without a key. */
export const NO_KEY = 0;
/** Of the seal without a key. */
export const CHECKSUM_BYTES = 4;
/** Of the seal with one: the tag, and behind it the lane in one bit, whether it is for one process in another, and the counter in 62. */
export const TAG_BYTES = 16;
export const COUNTER_AT = SEAL_AT + TAG_BYTES;
export const KEYED_SEAL_BYTES = TAG_BYTES + 8;

/** The shortest frame: one with an empty message. */
const FRAME_BYTES_MIN = FRAME_PREFIX_BYTES + CHECKSUM_BYTES + ORIGIN_BYTES + MESSAGE_HEADER_BYTES;
/** The longest frame: a message of the largest size with what the protocol wraps around it. */
export const FRAME_BYTES_MAX = constants.messageBytesMax + 1024 * 1024;

/** In bytes: the length and the first four bytes of the seal, which stand side by side. */
export const FRAME_ID_BYTES = 8;
const FRAME_ID_LENGTH_DIGITS = 2 * (SEAL_AT - LENGTH_AT);

/** The two ways of a frame: as a datagram, or by the bulk lane. */
export type Lane = 'datagram' | 'bulk';

/** The bytes of one frame, in pieces to be sent one behind the other. */
export type Frame = readonly Uint8Array[];

/** Bytes that a frame grows by when it carries `message`. */
export function framedBytes(message: Uint8Array): number {
  return MESSAGE_HEADER_BYTES + message.length;
}

export function queueDigest(queueId: string): number {
  return crc32(queueId);
}

/** Writes what all frames of a queue begin with, but for the key id. */
export function writePrefix(header: Buffer, queue: number): void {
  header.writeUInt32BE(MAGIC_AND_VERSION, 0);
  header.writeUInt32BE(queue, QUEUE_AT);
}

/** The queue's digest in what may be a frame, or -1 where it is too short to be one. */
export function queueOf(bytes: Buffer): number {
  return bytes.length < FRAME_PREFIX_BYTES ? -1 : bytes.readUInt32BE(QUEUE_AT);
}

/** Of bytes that are at least a prefix. */
export function keyIdOf(bytes: Buffer): number {
  return bytes.readUInt32BE(KEY_ID_AT);
}

/** Of bytes that are at least a prefix. */
export function versionOf(bytes: Buffer): number {
  return bytes.readUInt8(VERSION_AT);
}

/** Whether bytes at `at`, at least a prefix, begin as our frames do. */
export function isOurs(bytes: Buffer, at: number): boolean {
  return bytes.readUInt32BE(at) === MAGIC_AND_VERSION;
}

/** Whether bytes, at least a prefix, begin as frames of any version do. */
export function isOfAnyVersion(bytes: Buffer): boolean {
  return bytes.readUIntBE(0, VERSION_AT) === MAGIC;
}

/** The bytes before the messages of a frame under this key id. */
export function headerBytesUnder(keyId: number): number {
  return originAtUnder(keyId) + ORIGIN_BYTES;
}

/** Where the origin of a frame under this key id begins. */
export function originAtUnder(keyId: number): number {
  return SEAL_AT + (keyId === NO_KEY ? CHECKSUM_BYTES : KEYED_SEAL_BYTES);
}

/** Whether messages follow each other from `at` to the end, and there is one. */
export function isFilledExactly(bytes: Buffer, at: number): boolean {
  let end = at;
  while (end + MESSAGE_HEADER_BYTES <= bytes.length) end += MESSAGE_HEADER_BYTES + bytes.readUInt32BE(end);
  return end === bytes.length && end > at;
}

/** How long a frame says that it is whose prefix is at `at`, or null where that is none of ours or its length not a sane one. */
export function announcedBytes(bytes: Buffer, at = 0): number | null {
  return isOurs(bytes, at) ? saneLength(bytes.readUInt32BE(at + LENGTH_AT)) : null;
}

/**
 * Distinguishes a frame from all others of its sender that are on their way: its length and the first bytes of its seal, in
 * hexadecimal digits. `header` is the beginning of a frame, with the seal.
 */
export function frameIdOf(header: Uint8Array): string {
  const { buffer, byteOffset, length } = header;
  return Buffer.from(buffer, byteOffset, length).toString('hex', LENGTH_AT, LENGTH_AT + FRAME_ID_BYTES);
}

/** The length of the frame with this id, or null where it is no sane one. */
export function bytesOfFrame(id: string): number | null {
  return saneLength(Number.parseInt(id.slice(0, FRAME_ID_LENGTH_DIGITS), 16));
}

function saneLength(bytes: number): number | null {
  return bytes < FRAME_BYTES_MIN || bytes > FRAME_BYTES_MAX ? null : bytes;
}
