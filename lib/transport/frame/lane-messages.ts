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
 * | 0xf8 | probe | tick (u32) |
 * | 0xf9 | echo | tick (u32) |
 * | 0xfa | of admission | (admission-messages.ts) |
 * | 0xfb | fragment | burst (u32), number of the part (u16), bytes of one part (u16), bytes of the message (u32), bytes |
 * | 0xfc | again | burst (u32), numbers of parts (u16 each) |
 * | 0xfd | knock | port (u16), 1 where it is an answer or else 0 (u8) |
 * | 0xfe | neighbour | port (u16), address as text in ASCII |
 */
import { constants } from '../../model/constants.js';
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
  | { readonly kind: 'gone'; readonly id: string }
  /** A part of a message that is larger than a datagram: all parts leave at once, and are numbered from zero on. */
  | {
      readonly kind: 'fragment';
      /** Tells the message from others of the sender's start. */
      readonly burst: number;
      readonly part: number;
      /** Of each part but the last. */
      readonly partBytes: number;
      readonly messageBytes: number;
      readonly bytes: Uint8Array;
    }
  /** Asks for parts of such a message that have not come. */
  | { readonly kind: 'again'; readonly burst: number; readonly parts: readonly number[] }
  /** By the bulk lane: the sender is there, and reached at this port of the address that the connection comes from. */
  | { readonly kind: 'knock'; readonly port: number; readonly isAnswer: boolean }
  /** The sender hears a process of the queue at this address, of which only its length has been looked at. */
  | { readonly kind: 'neighbour'; readonly port: number; readonly address: string }
  /** Asks for an echo: `tick` is the sender's, modulo 2^32. */
  | { readonly kind: 'probe'; readonly tick: number }
  /** Answers a probe with its tick. */
  | { readonly kind: 'echo'; readonly tick: number };

const HERE = 0xf0;
const DEAF = 0xf1;
const ADVICE = 0xf2;
const GOT = 0xf3;
const COMING = 0xf4;
const WANT = 0xf5;
const PART = 0xf6;
const GONE = 0xf7;
const FRAGMENT = 0xfb;
const AGAIN = 0xfc;
const KNOCK = 0xfd;
const NEIGHBOUR = 0xfe;
const PROBE = 0xf8;
const ECHO = 0xf9;

const ID_AT = 1;
const NUMBER_AT = ID_AT + FRAME_ID_BYTES;
const NUMBER_BYTES = 4;
const TICK_AT = 1;
const PART_HEAD_BYTES = NUMBER_AT + NUMBER_BYTES;

const BURST_AT = 1;
const PARTS_AT = BURST_AT + 4;
const PART_BYTES_AT = PARTS_AT + 2;
const MESSAGE_BYTES_AT = PART_BYTES_AT + 2;
const FRAGMENT_HEAD_BYTES = MESSAGE_BYTES_AT + 4;

const PLACE_HEAD_BYTES = 3;
/** An IPv6 address as text. */
const ADDRESS_LENGTH_MAX = 45;

export type Fragment = Extract<LaneMessage, { readonly kind: 'fragment' }>;

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

/** How much of a message one fragment can carry. `maxMessageBytes`: of a message that fits a datagram. */
export function fragmentBytesOf(maxMessageBytes: number): number {
  return maxMessageBytes - FRAGMENT_HEAD_BYTES;
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
    case 'probe':
      return withTick(PROBE, message.tick);
    case 'echo':
      return withTick(ECHO, message.tick);
    case 'advice':
      return withNumbers(ADVICE, message.id, [message.partBytes, message.isForEveryone ? 1 : 0]);
    case 'want':
      return withNumbers(WANT, message.id, message.parts);
    case 'part':
      return Buffer.concat([withNumbers(PART, message.id, [message.part]), message.bytes]);
    case 'fragment':
      return encodeFragment(message);
    case 'again':
      return encodeAgain(message);
    case 'knock':
      return Buffer.of(KNOCK, message.port >> 8, message.port & 255, message.isAnswer ? 1 : 0);
    case 'neighbour':
      return Buffer.concat([Buffer.of(NEIGHBOUR, message.port >> 8, message.port & 255), Buffer.from(message.address)]);
  }
}

function encodeFragment({ burst, part, partBytes, messageBytes, bytes }: Fragment): Buffer {
  const message = Buffer.allocUnsafe(FRAGMENT_HEAD_BYTES + bytes.length);
  message[0] = FRAGMENT;
  message.writeUInt32BE(burst, BURST_AT);
  message.writeUInt16BE(part, PARTS_AT);
  message.writeUInt16BE(partBytes, PART_BYTES_AT);
  message.writeUInt32BE(messageBytes, MESSAGE_BYTES_AT);
  message.set(bytes, FRAGMENT_HEAD_BYTES);
  return message;
}

function encodeAgain({ burst, parts }: Extract<LaneMessage, { readonly kind: 'again' }>): Buffer {
  const message = Buffer.allocUnsafe(PARTS_AT + 2 * parts.length);
  message[0] = AGAIN;
  message.writeUInt32BE(burst, BURST_AT);
  parts.forEach((part, i) => message.writeUInt16BE(part, PARTS_AT + 2 * i));
  return message;
}

function decodeFragment(bytes: Buffer): Fragment | null {
  if (bytes.length <= FRAGMENT_HEAD_BYTES) return null;
  const partBytes = bytes.readUInt16BE(PART_BYTES_AT);
  const messageBytes = bytes.readUInt32BE(MESSAGE_BYTES_AT);
  if (partBytes < PART_BYTES_MIN || messageBytes > constants.burstBytesMax) return null;
  return {
    kind: 'fragment',
    burst: bytes.readUInt32BE(BURST_AT),
    part: bytes.readUInt16BE(PARTS_AT),
    ...{ partBytes, messageBytes },
    bytes: bytes.subarray(FRAGMENT_HEAD_BYTES),
  };
}

/** A knock, or a neighbour. */
function decodePlace(bytes: Buffer): LaneMessage | null {
  if (bytes.length < PLACE_HEAD_BYTES + 1) return null;
  const port = bytes.readUInt16BE(1);
  if (port === 0) return null;
  if (bytes[0] === KNOCK) {
    const isAnswer = bytes[PLACE_HEAD_BYTES] ?? 0;
    return bytes.length === PLACE_HEAD_BYTES + 1 && isAnswer <= 1
      ? { kind: 'knock', port, isAnswer: isAnswer === 1 }
      : null;
  }
  const address = bytes.toString('latin1', PLACE_HEAD_BYTES);
  const isText = address.length <= ADDRESS_LENGTH_MAX && /^[\da-f:.]+$/.test(address);
  return isText ? { kind: 'neighbour', port, address } : null;
}

function decodeAgain(bytes: Buffer): LaneMessage | null {
  const count = (bytes.length - PARTS_AT) / 2;
  if (!Number.isInteger(count) || count < 1 || count > PARTS_ASKED_MAX) return null;
  const parts = Array.from({ length: count }, (_, i) => bytes.readUInt16BE(PARTS_AT + 2 * i));
  return { kind: 'again', burst: bytes.readUInt32BE(BURST_AT), parts };
}

/** The message that `bytes` are, or null where they are none. The bytes of a part are not copied. */
export function decodeLaneMessage(bytes: Buffer): LaneMessage | null {
  const kind = bytes[0];
  if (kind === FRAGMENT) return decodeFragment(bytes);
  if (kind === AGAIN) return decodeAgain(bytes);
  if (kind === KNOCK || kind === NEIGHBOUR) return decodePlace(bytes);
  if (kind === HERE || kind === DEAF || kind === COMING) {
    if (bytes.length !== 1) return null;
    return { kind: kind === HERE ? 'here' : kind === DEAF ? 'deaf' : 'coming' };
  }
  if (kind === PROBE || kind === ECHO) {
    if (bytes.length !== TICK_AT + NUMBER_BYTES) return null;
    return { kind: kind === PROBE ? 'probe' : 'echo', tick: bytes.readUInt32BE(TICK_AT) };
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

function withTick(kind: number, tick: number): Buffer {
  const bytes = Buffer.allocUnsafe(TICK_AT + NUMBER_BYTES);
  bytes[0] = kind;
  bytes.writeUInt32BE(tick, TICK_AT);
  return bytes;
}

function withNumbers(kind: number, id: string, numbers: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(NUMBER_AT + numbers.length * NUMBER_BYTES);
  bytes[0] = kind;
  bytes.write(id, ID_AT, 'hex');
  numbers.forEach((number, i) => bytes.writeUInt32BE(number, NUMBER_AT + i * NUMBER_BYTES));
  return bytes;
}
