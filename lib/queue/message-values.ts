import type { Position } from '../model/ids.js';
import { checkMessage } from './message-checks.js';
import { MESSAGE_HEAD_BYTES, MessageHead, unknownHead } from './message-head.js';

/** How values become bytes and come back: handed to an engine where its public class is composed. */
export interface MessageCodec {
  /**
   * The bytes of `value` behind the byte `head`, which may be kept.
   * @throws TreplicaError NOT_SERIALIZABLE or CLASS_NOT_REGISTERED for what cannot be carried.
   */
  encode(value: unknown, head: number): Uint8Array;
  /**
   * The value that these bytes hold from `start` on.
   * @throws TreplicaError MALFORMED_BYTES or CLASS_NOT_REGISTERED
   */
  decode(bytes: Uint8Array, start: number): unknown;
}

/**
 * The message that carries `value`: bytes as they are, all else as the codec writes it.
 * @throws TreplicaError MESSAGE_TOO_LARGE, and as the codec does
 */
export function messageOf(value: unknown, codec: MessageCodec): Uint8Array {
  if (!(value instanceof Uint8Array)) return codec.encode(value, MessageHead.value);
  checkMessage(value); // Before it is copied.
  const message = Buffer.allocUnsafe(MESSAGE_HEAD_BYTES + value.length);
  message[0] = MessageHead.raw;
  message.set(value, MESSAGE_HEAD_BYTES);
  return message;
}

/**
 * Whether a message is for a reader, which is seen by its first byte alone: it is not where it has none, or holds an operation. A
 * reader is told of what this release does not know.
 */
export function isForReader(message: Uint8Array): boolean {
  const head = message[0];
  return head !== undefined && head !== MessageHead.operation && head !== MessageHead.systemOperation;
}

/**
 * The value that was put, of a message that is for a reader; bytes are a view of the message.
 * @throws TreplicaError MESSAGE_VERSION, and as the codec does
 */
export function valueIn(message: Buffer, position: Position, codec: MessageCodec): unknown {
  const head = message.readUInt8(0);
  if (head === MessageHead.raw) return message.subarray(MESSAGE_HEAD_BYTES);
  if (head !== MessageHead.value) throw unknownHead(head, position);
  return codec.decode(message, MESSAGE_HEAD_BYTES);
}
