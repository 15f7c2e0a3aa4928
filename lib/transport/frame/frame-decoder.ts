import type { ProcessId } from '../../model/ids.js';
import { INCARNATION_MAX, type Start } from '../../model/start.js';
import {
  announcedBytes,
  BOOT_OFFSET,
  FRAME_PREFIX_BYTES,
  headerBytesUnder,
  INCARNATION_OFFSET,
  isFilledExactly,
  isOfAnyVersion,
  isOurs,
  keyIdOf,
  LENGTH_AT,
  MESSAGE_HEADER_BYTES,
  NO_KEY,
  originAtUnder,
  queueDigest,
  queueOf,
  SENDER_OFFSET,
} from './frame.js';
import { type Origin, OriginCache } from './origin-cache.js';
import { CRC_32 } from './seal.js';

/**
 * Why bytes are not heard. `own`: the network brought back what this process has sent. `version`: of another version of the
 * format. `queue`: of another queue. `key`: under a key that this process does not have. `seal`: the seal does not fit the key
 * that it names. `replay`: taken before, or too old to tell. `unmet`: of a start that has not been met, while too many such frames
 * come. `foreign`: damaged, or no frame.
 */
export type Refusal = 'own' | 'version' | 'queue' | 'key' | 'seal' | 'replay' | 'unmet' | 'foreign';

/** A frame that is as its sender has made it. */
export interface Opened {
  readonly origin: Origin;
  /** Of the key that it was sealed with. */
  readonly keyId: number;
  /** Its messages begin at `at` of these bytes. */
  readonly bytes: Buffer;
  readonly at: number;
  /** Null where everything in it counts: otherwise its start has not been met, and only what serves to meet it does. */
  readonly unmet: Unmet | null;
}

/** A start that has not been met: frames of it may be old ones. */
interface Unmet {
  /** Sender, incarnation and nonce as they are in frames. */
  readonly start: Buffer;
  readonly counter: number;
}

/** Opens frames of a queue that are as long as they say, and at least a header long. */
export interface FrameOpener {
  /** Whether it may open frames under this key id. */
  knows(keyId: number): boolean;
  /**
   * `source`: the address that it comes from. `bringer`: its start that is heard has just brought the frame in parts, which are new
   * themselves; null where nobody has.
   */
  open(
    frame: Buffer,
    source: string,
    bringer: ProcessId | null,
  ): Opened | Extract<Refusal, 'seal' | 'replay' | 'unmet' | 'foreign'>;
  /** The sender of a frame that is still coming, as far as its header can tell; null where that is nobody's from whom frames count. */
  senderOf(header: Buffer): ProcessId | null;
}

/** Without a key everything that is intact counts. */
class PlainOpener implements FrameOpener {
  readonly #origins = new OriginCache();

  knows(keyId: number): boolean {
    return keyId === NO_KEY;
  }

  open(frame: Buffer): Opened | 'foreign' {
    if (!CRC_32.fits(frame) || !isFilledExactly(frame, MESSAGES_AT)) return 'foreign';
    return { origin: this.#origins.read(frame, ORIGIN_AT), keyId: NO_KEY, bytes: frame, at: MESSAGES_AT, unmet: null };
  }

  senderOf(header: Buffer): ProcessId {
    return this.#origins.read(header, ORIGIN_AT).sender;
  }
}

const ORIGIN_AT = originAtUnder(NO_KEY);
const MESSAGES_AT = headerBytesUnder(NO_KEY);
const BOOT_END = BOOT_OFFSET + 16;

/** Reads the frames that arrive at one start of a process on one queue. */
export class FrameDecoder {
  readonly #queue: number;
  /** Sender and start, as they are in the own frames. */
  readonly #self = Buffer.alloc(BOOT_END - SENDER_OFFSET);
  readonly #selfLow: number;

  constructor(
    queueId: string,
    self: ProcessId,
    start: Start,
    private readonly opener: FrameOpener = new PlainOpener(),
  ) {
    this.#queue = queueDigest(queueId);
    this.#self.write(self, 0, 'hex');
    this.#self.writeUInt32BE(start.incarnation, INCARNATION_OFFSET - SENDER_OFFSET);
    this.#self.write(start.nonce, BOOT_OFFSET - SENDER_OFFSET, 'hex');
    this.#selfLow = this.#self.readInt32BE(4);
  }

  /**
   * What `bytes` are. Cheapest test first: multicast brings back each of our own frames, so they go before the seal is looked at.
   * Where `isFromHere` is false they come by a way by which nothing is heard. `source` and `bringer` as of `FrameOpener.open`.
   */
  open(bytes: Buffer, source = '', isFromHere = true, bringer: ProcessId | null = null): Opened | Refusal {
    if (bytes.length < FRAME_PREFIX_BYTES) return 'foreign';
    if (!isOurs(bytes, 0)) return isOfAnyVersion(bytes) ? 'version' : 'foreign';
    if (queueOf(bytes) !== this.#queue) return 'queue';
    const keyId = keyIdOf(bytes);
    if (!this.opener.knows(keyId)) return 'key';
    const originAt = originAtUnder(keyId);
    if (bytes.length < headerBytesUnder(keyId)) return 'foreign';
    if (bytes.readInt32BE(originAt + SENDER_OFFSET + 4) === this.#selfLow && this.#isOwn(bytes, originAt)) return 'own';
    if (!isFromHere || bytes.readUInt32BE(LENGTH_AT) !== bytes.length) return 'foreign';
    if (!isIncarnation(bytes.readUInt32BE(originAt + INCARNATION_OFFSET))) return 'foreign';
    return this.opener.open(bytes, source, bringer);
  }

  /** How long the frame is whose prefix is at the beginning of `bytes`, or null where that announces none that can be read here. */
  announcedBytes(bytes: Buffer): number | null {
    return queueOf(bytes) === this.#queue && this.opener.knows(keyIdOf(bytes)) ? announcedBytes(bytes) : null;
  }

  /** As `FrameOpener.senderOf`. */
  senderOf(header: Buffer): ProcessId | null {
    return this.opener.senderOf(header);
  }

  #isOwn(bytes: Buffer, originAt: number): boolean {
    return bytes.compare(this.#self, 0, this.#self.length, originAt + SENDER_OFFSET, originAt + BOOT_END) === 0;
  }
}

function isIncarnation(value: number): boolean {
  return value >= 1 && value <= INCARNATION_MAX;
}

/** The messages of a frame: views of its bytes. */
export function messagesOf({ bytes, at: first }: Pick<Opened, 'bytes' | 'at'>): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = first; at < bytes.length;) {
    const from = at + MESSAGE_HEADER_BYTES;
    at = from + bytes.readUInt32BE(at);
    messages.push(bytes.subarray(from, at));
  }
  return messages;
}
