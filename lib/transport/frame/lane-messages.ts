/**
 * The messages of transports about their two lanes, inside frames like all other messages. The first byte tells them
 * apart: no message of the layers above begins with one as high. All numbers are big-endian.
 *
 * | first byte | message | fields |
 * | --- | --- | --- |
 * | 0xf0 | here | |
 * | 0xf1 | deaf | |
 * | 0xf2 | advice | id (8 bytes), bytes of one part (u32), 1 where it is for everyone or else 0 (u32) |
 * | 0xf3 | got | id |
 * | 0xf4 | coming | |
 * | 0xf5 | want | id, numbers of parts (u32 each) |
 * | 0xf6 | part | id, number (u32), bytes |
 * | 0xf7 | gone | id |
 */
import { TOP_BYTE_MAX } from '../transport.js';
import { FRAME_BYTES_MAX, FRAME_ID_BYTES } from './frame.js';

export interface Advice {
  readonly kind: 'advice';
  readonly id: string;
  readonly partBytes: number;
  readonly isForEveryone: boolean;
}

export type LaneMessage =
  /** The sender lives: said where it would otherwise be silent for too long. */
  | { readonly kind: 'here' }
  /** The sender does not hear datagrams of the receiver. */
  | { readonly kind: 'deaf' }
  /** A large frame is on its way by the bulk lane; it can be had in parts of so many bytes, too. */
  | Advice
  /** The large frame is here. */
  | { readonly kind: 'got'; readonly id: string }
  /** A large frame of the receiver is arriving: the sender waits for the announced ones. */
  | { readonly kind: 'coming' }
  /** Asks for parts of a large frame that does not come by the bulk lane. */
  | { readonly kind: 'want'; readonly id: string; readonly parts: readonly number[] }
  | { readonly kind: 'part'; readonly id: string; readonly part: number; readonly bytes: Buffer }
  /** The sender does not have the frame that parts were asked of, or not any more. */
  | { readonly kind: 'gone'; readonly id: string };

const HERE = 0xf0;
const DEAF = 0xf1;
const ADVICE = 0xf2;
const GOT = 0xf3;
const COMING = 0xf4;
const WANT = 0xf5;
const PART = 0xf6;
const GONE = 0xf7;

const ID_AT = 1;
const NUMBER_AT = ID_AT + FRAME_ID_BYTES;
const NUMBER_BYTES = 4;
const PART_HEAD_BYTES = NUMBER_AT + NUMBER_BYTES;

/** Parts of one question at most: it fits the smallest datagram. */
export const PARTS_ASKED_MAX = 64;

/** The approximate room of the smallest datagram: it bounds the number of parts of a frame. */
const PART_BYTES_MIN = 400;

/** Whether a message is one of these. */
export function isLaneMessage(message: Uint8Array): boolean {
  return (message[0] ?? 0) > TOP_BYTE_MAX;
}

/** How much of a large frame one datagram can carry. `maxMessageBytes`: of a message that fits it. */
export function partBytesOf(maxMessageBytes: number): number {
  return maxMessageBytes - PART_HEAD_BYTES;
}

export function encodeLaneMessage(message: LaneMessage): Uint8Array {
  switch (message.kind) {
    case 'here':
      return Buffer.of(HERE);
    case 'deaf':
      return Buffer.of(DEAF);
    case 'coming':
      return Buffer.of(COMING);
    case 'got':
      return withNumbers(GOT, message.id, []);
    case 'gone':
      return withNumbers(GONE, message.id, []);
    case 'advice':
      return withNumbers(ADVICE, message.id, [message.partBytes, message.isForEveryone ? 1 : 0]);
    case 'want':
      return withNumbers(WANT, message.id, message.parts);
    case 'part':
      return Buffer.concat([withNumbers(PART, message.id, [message.part]), message.bytes]);
  }
}

/** The message that `bytes` are, or null where they are none. The bytes of a part are not copied. */
export function decodeLaneMessage(bytes: Buffer): LaneMessage | null {
  const kind = bytes[0];
  if (kind === HERE || kind === DEAF || kind === COMING) {
    if (bytes.length !== 1) return null;
    return { kind: kind === HERE ? 'here' : kind === DEAF ? 'deaf' : 'coming' };
  }
  if (bytes.length < NUMBER_AT) return null;
  const id = bytes.toString('hex', ID_AT, NUMBER_AT);
  if (kind === GOT || kind === GONE)
    return bytes.length === NUMBER_AT ? { kind: kind === GOT ? 'got' : 'gone', id } : null;
  if (kind === PART) {
    if (bytes.length <= PART_HEAD_BYTES) return null;
    return { kind: 'part', id, part: bytes.readUInt32BE(NUMBER_AT), bytes: bytes.subarray(PART_HEAD_BYTES) };
  }
  const count = (bytes.length - NUMBER_AT) / NUMBER_BYTES;
  if (!Number.isInteger(count) || count < 1) return null;
  const numbers = Array.from({ length: count }, (_, i) => bytes.readUInt32BE(NUMBER_AT + i * NUMBER_BYTES));
  const [partBytes = 0, forEveryone = 0] = numbers;
  if (kind === WANT) return count <= PARTS_ASKED_MAX ? { kind: 'want', id, parts: numbers } : null;
  if (kind !== ADVICE || count !== 2 || partBytes < PART_BYTES_MIN || partBytes > FRAME_BYTES_MAX || forEveryone > 1)
    return null;
  return { kind: 'advice', id, partBytes, isForEveryone: forEveryone === 1 };
}

function withNumbers(kind: number, id: string, numbers: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(NUMBER_AT + numbers.length * NUMBER_BYTES);
  bytes[0] = kind;
  bytes.write(id, ID_AT, 'hex');
  numbers.forEach((number, i) => bytes.writeUInt32BE(number, NUMBER_AT + i * NUMBER_BYTES));
  return bytes;
}
