import type { KeyObject } from 'node:crypto';
import { crc32 } from 'node:zlib';

import { type GroupId, NO_GROUP, type ProcessId } from '../../model/ids.js';
import type { Start } from '../../model/start.js';
import {
  BOOT_OFFSET,
  type Frame,
  framedBytes,
  frameIdOf,
  GROUP_OFFSET,
  INCARNATION_OFFSET,
  type Lane,
  LENGTH_AT,
  MESSAGE_HEADER_BYTES,
  ORIGIN_BYTES,
  queueDigest,
  SEAL_AT,
  SENDER_OFFSET,
  writePrefix,
} from './frame.js';
import { derivedKey, type KeyRing } from './key-ring.js';
import { CRC_32, KeyedSeal, type Seal } from './seal.js';

/** A frame of one message for the bulk lane, which is made when it is first asked for. */
export interface LargeFrame {
  /** Equal where message and group are, as surely as 32 bits can tell. */
  readonly content: string;
  readonly frame: () => Frame;
  /** Whether another key is sent with since it was sealed: that one may be removed before it arrives. */
  readonly isOutdated: () => boolean;
}

/** Makes the frames of one start of a sender on one queue. */
export class FrameEncoder {
  readonly #seal: Seal;
  /** Of a frame, in bytes: all that stands before its messages. */
  readonly headerBytes: number;
  readonly #header: Buffer;
  readonly #originAt: number;

  /** Without keys frames have a checksum. */
  constructor(
    private readonly queueId: string,
    sender: ProcessId,
    start: Start,
    private readonly keys: KeyRing | null = null,
  ) {
    this.#seal = keys === null ? CRC_32 : new KeyedSeal(keys, queueId);
    this.#originAt = SEAL_AT + this.#seal.bytes;
    this.headerBytes = this.#originAt + ORIGIN_BYTES;
    this.#header = Buffer.alloc(this.headerBytes);
    writePrefix(this.#header, queueDigest(queueId));
    this.#header.write(sender, this.#originAt + SENDER_OFFSET, 'hex');
    this.#header.writeUInt32BE(start.incarnation, this.#originAt + INCARNATION_OFFSET);
    this.#header.write(start.nonce, this.#originAt + BOOT_OFFSET, 'hex');
    this.join(NO_GROUP);
  }

  /** Of this start, and known to nobody without the key that the ring sends with now. */
  secretUnder(keys: KeyRing): KeyObject {
    return derivedKey(
      keys.sendingKey,
      'challenges',
      this.queueId,
      this.#header.subarray(this.#originAt + SENDER_OFFSET),
    );
  }

  join(group: GroupId): void {
    this.#header.write(group, this.#originAt + GROUP_OFFSET, 'hex');
  }

  /**
   * One frame with these messages, of which there is at least one. Large ones are not copied on the way to the seal. `to`: under
   * a key no other process takes it. `keyId` as of `Seal.seal`.
   */
  encode(
    messages: readonly Uint8Array[],
    lane: Lane = 'datagram',
    to: ProcessId | null = null,
    keyId: number | null = null,
  ): Frame {
    const { copiedBytesMax } = this.#seal;
    let frameBytes = this.headerBytes;
    let ownBytes = this.headerBytes;
    for (const message of messages) {
      frameBytes += framedBytes(message);
      ownBytes += message.length > copiedBytesMax ? MESSAGE_HEADER_BYTES : framedBytes(message);
    }

    const own = Buffer.allocUnsafe(ownBytes);
    own.set(this.#header);
    own.writeUInt32BE(frameBytes, LENGTH_AT);
    const frame: Uint8Array[] = [];
    let pieceFrom = 0;
    let at = this.headerBytes;
    for (const message of messages) {
      own.writeUInt32BE(message.length, at);
      at += MESSAGE_HEADER_BYTES;
      if (message.length > copiedBytesMax) {
        frame.push(own.subarray(pieceFrom, at), message);
        pieceFrom = at;
      } else {
        own.set(message, at);
        at += message.length;
      }
    }
    if (pieceFrom < at) frame.push(own.subarray(pieceFrom, at));
    return this.#seal.seal(frame, own, lane, to, keyId);
  }

  /**
   * Under a key each seal is another, so that the message itself is what tells whether the same is on its way. `to` as of
   * `encode`.
   */
  encodeLarge(message: Uint8Array, to: ProcessId | null): LargeFrame {
    const { keys } = this;
    let made: Frame | null = null;
    let keyId: number | null = null;
    const frame = (): Frame => {
      keyId ??= keys?.sendingId ?? null;
      return (made ??= this.encode([message], 'bulk', to));
    };
    if (keys === null) return { content: frameIdOf(frame()[0] ?? new Uint8Array()), frame, isOutdated: () => false };
    const isOutdated = (): boolean => keyId !== null && keyId !== keys.sendingId;
    const group = this.#header.toString('hex', this.#originAt, this.#originAt + SENDER_OFFSET);
    return { content: `${group} ${message.length} ${crc32(message)}`, frame, isOutdated };
  }
}
