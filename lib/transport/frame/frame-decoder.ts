import type { ProcessId } from '../../model/ids.js';
import { INCARNATION_MAX, type Start } from '../../model/start.js';
import {
  announcedBytes,
  BOOT_OFFSET,
  FRAME_PREFIX_BYTES,
  INCARNATION_OFFSET,
  isOfAnyVersion,
  isOurs,
  keyIdOf,
  LENGTH_AT,
  MESSAGE_HEADER_BYTES,
  ORIGIN_BYTES,
  queueDigest,
  queueOf,
  SEAL_AT,
  SENDER_OFFSET,
} from './frame.js';
import { type Origin, OriginCache } from './origin-cache.js';
import { type Seal, sealOf } from './seal.js';

/**
 * Why bytes are not heard. `own`: the network brought back what this process has sent. `version`: of another version of the
 * format. `queue`: of another queue. `key`: under a key that this process does not have. `foreign`: damaged, or no frame.
 */
export type Refusal = 'own' | 'version' | 'queue' | 'key' | 'foreign';

const BOOT_END = BOOT_OFFSET + 16;

/** Reads the frames that arrive at one start of a process on one queue. */
export class FrameDecoder {
  readonly #queue: number;
  /** Sender and start, as they are in the own frames. */
  readonly #self = Buffer.alloc(BOOT_END - SENDER_OFFSET);
  readonly #selfLow: number;
  readonly #origins = new OriginCache();

  constructor(queueId: string, self: ProcessId, start: Start) {
    this.#queue = queueDigest(queueId);
    this.#self.write(self, 0, 'hex');
    this.#self.writeUInt32BE(start.incarnation, INCARNATION_OFFSET - SENDER_OFFSET);
    this.#self.write(start.nonce, BOOT_OFFSET - SENDER_OFFSET, 'hex');
    this.#selfLow = this.#self.readInt32BE(4);
  }

  /**
   * The frame that `bytes` are, to be read with `originOf` and `messagesOf`. Cheapest test first: multicast brings back each
   * of our own frames, so they go before the seal is looked at.
   */
  open(bytes: Buffer): Buffer | Refusal {
    if (bytes.length < FRAME_PREFIX_BYTES) return 'foreign';
    if (!isOurs(bytes, 0)) return isOfAnyVersion(bytes) ? 'version' : 'foreign';
    if (queueOf(bytes) !== this.#queue) return 'queue';
    const seal = sealOf(keyIdOf(bytes));
    if (seal === undefined) return 'key';
    const originAt = originAtUnder(seal);
    const messagesAt = originAt + ORIGIN_BYTES;
    if (bytes.length < messagesAt) return 'foreign';
    if (bytes.readInt32BE(originAt + SENDER_OFFSET + 4) === this.#selfLow && this.#isOwn(bytes, originAt)) return 'own';
    if (bytes.readUInt32BE(LENGTH_AT) !== bytes.length) return 'foreign';
    if (!isIncarnation(bytes.readUInt32BE(originAt + INCARNATION_OFFSET))) return 'foreign';
    const frame = seal.open(bytes);
    return frame !== null && isFilledExactly(frame, messagesAt) ? frame : 'foreign';
  }

  /** The same object each time, as long as few origins are heard of. `frame` has at least a whole header. */
  originOf(frame: Buffer): Origin {
    return this.#origins.read(frame, originAtOf(frame));
  }

  #isOwn(bytes: Buffer, originAt: number): boolean {
    return bytes.compare(this.#self, 0, this.#self.length, originAt + SENDER_OFFSET, originAt + BOOT_END) === 0;
  }
}

function isIncarnation(value: number): boolean {
  return value >= 1 && value <= INCARNATION_MAX;
}

/** How long the frame is whose prefix is at the beginning of `bytes`, or null where that announces none that can be read here. */
export function readableBytes(bytes: Buffer): number | null {
  return sealOf(keyIdOf(bytes)) === undefined ? null : announcedBytes(bytes);
}

/** The fields before the messages of a frame that can be read here. `bytes` are at least its prefix. */
export function headerBytesOf(bytes: Buffer): number {
  return originAtOf(bytes) + ORIGIN_BYTES;
}

/** The messages of a frame that has been opened: views of its bytes. */
export function messagesOf(frame: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = headerBytesOf(frame); at < frame.length;) {
    const from = at + MESSAGE_HEADER_BYTES;
    at = from + frame.readUInt32BE(at);
    messages.push(frame.subarray(from, at));
  }
  return messages;
}

/** @throws Error where the frame is under a key that this process does not have. */
function originAtOf(frame: Buffer): number {
  const seal = sealOf(keyIdOf(frame));
  if (seal === undefined) throw new Error(`No frame that can be read: it is under the key ${keyIdOf(frame)}.`);
  return originAtUnder(seal);
}

function originAtUnder(seal: Seal): number {
  return SEAL_AT + seal.bytes;
}

function isFilledExactly(frame: Buffer, messagesAt: number): boolean {
  let at = messagesAt;
  while (at + MESSAGE_HEADER_BYTES <= frame.length) at += MESSAGE_HEADER_BYTES + frame.readUInt32BE(at);
  return at === frame.length && at > messagesAt;
}
