import { type GroupId, NO_GROUP, type ProcessId } from '../../model/ids.js';
import type { Start } from '../../model/start.js';
import {
  BOOT_OFFSET,
  type Frame,
  framedBytes,
  GROUP_OFFSET,
  INCARNATION_OFFSET,
  LENGTH_AT,
  MESSAGE_HEADER_BYTES,
  queueDigest,
  SEAL_AT,
  SENDER_OFFSET,
  writePrefix,
} from './frame.js';
import { CRC_32, headerBytesUnder } from './seal.js';

/** Up to this size a copy is cheaper than another element in the list that the socket takes. */
const COPIED_BYTES_MAX = 2048;

/** Makes the frames of one start of a sender on one queue. */
export class FrameEncoder {
  readonly #seal = CRC_32;
  /** Of a frame, in bytes: all that stands before its messages. */
  readonly headerBytes = headerBytesUnder(this.#seal);
  readonly #originAt = SEAL_AT + this.#seal.bytes;
  readonly #header = Buffer.alloc(this.headerBytes);

  constructor(queueId: string, sender: ProcessId, start: Start) {
    writePrefix(this.#header, this.#seal.keyId, queueDigest(queueId));
    this.#header.write(sender, this.#originAt + SENDER_OFFSET, 'hex');
    this.#header.writeUInt32BE(start.incarnation, this.#originAt + INCARNATION_OFFSET);
    this.#header.write(start.nonce, this.#originAt + BOOT_OFFSET, 'hex');
    this.join(NO_GROUP);
  }

  join(group: GroupId): void {
    this.#header.write(group, this.#originAt + GROUP_OFFSET, 'hex');
  }

  /** One frame with these messages, of which there is at least one. Large ones become pieces of it without a copy. */
  encode(messages: readonly Uint8Array[]): Frame {
    let frameBytes = this.headerBytes;
    let ownBytes = this.headerBytes;
    for (const message of messages) {
      frameBytes += framedBytes(message);
      ownBytes += message.length > COPIED_BYTES_MAX ? MESSAGE_HEADER_BYTES : framedBytes(message);
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
      if (message.length > COPIED_BYTES_MAX) {
        frame.push(own.subarray(pieceFrom, at), message);
        pieceFrom = at;
      } else {
        own.set(message, at);
        at += message.length;
      }
    }
    if (pieceFrom < at) frame.push(own.subarray(pieceFrom, at));
    return this.#seal.seal(frame, own);
  }
}
