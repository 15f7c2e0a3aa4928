import { checkMessage } from './message-checks.js';
import { MESSAGE_HEAD_BYTES, MessageHead } from './message-head.js';

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

/** Whether a message holds a value, which is seen by its first byte alone. */
export function holdsValue(message: Uint8Array): boolean {
  return message[0] === MessageHead.raw || message[0] === MessageHead.value;
}

/**
 * What was put, of a message that holds a value; bytes are a view of the message.
 * @throws TreplicaError as the codec does
 */
export function valueIn(message: Buffer, codec: MessageCodec): unknown {
  if (message[0] === MessageHead.raw) return message.subarray(MESSAGE_HEAD_BYTES);
  return codec.decode(message, MESSAGE_HEAD_BYTES);
}
