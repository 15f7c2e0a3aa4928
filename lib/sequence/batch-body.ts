/**
 * The body of a value: the number of its kind (u8), and what the kind has. A batch of messages has the time at which it was
 * proposed (f64), then for each message its length (u32) and its bytes.
 */
import { VALUE_KINDS, type ValueKind } from '../model/batch.js';
import { TreplicaError } from '../model/errors.js';

/** The bytes that say of which kind a body is. */
export const BODY_KIND_BYTES = 1;
const TIME_AT = BODY_KIND_BYTES;
/** The bytes before the messages of a body. */
export const BODY_HEAD_BYTES = TIME_AT + 8;
const MESSAGES = VALUE_KINDS.indexOf('messages');

/** The bytes of a message in a body beyond its own. */
export const MESSAGE_HEAD_BYTES = 4;

export interface BatchContent {
  /** The proposer's clock, in milliseconds since 1970. */
  readonly proposedAtMs: number;
  /** Parts of the body, not copies. */
  readonly messages: readonly Buffer[];
}

/** Copies `messages`, which are `totalBytes` long together, into one body. */
export function packBody(messages: readonly Uint8Array[], totalBytes: number, proposedAtMs: number): Uint8Array {
  const body = Buffer.allocUnsafe(BODY_HEAD_BYTES + MESSAGE_HEAD_BYTES * messages.length + totalBytes);
  body[0] = MESSAGES;
  let at = body.writeDoubleBE(proposedAtMs, TIME_AT);
  for (const message of messages) {
    at = body.writeUInt32BE(message.length, at);
    body.set(message, at);
    at += message.length;
  }
  return body;
}

/** The body of a value of another kind: only the part that knows the kind reads its content. */
export function packValue(kind: Exclude<ValueKind, 'messages'>, content: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.of(VALUE_KINDS.indexOf(kind)), content]);
}

/**
 * Unpacks a body that `packBody` made.
 * @throws TreplicaError MALFORMED_BYTES when `body` is nothing that it could have made.
 */
export function unpackBody(body: Uint8Array): BatchContent {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  if (bytes.length < BODY_HEAD_BYTES) throw malformed(`it has ${bytes.length} bytes`);
  if (bytes[0] !== MESSAGES) throw malformed('it holds no messages');
  const proposedAtMs = bytes.readDoubleBE(TIME_AT);
  if (!Number.isFinite(proposedAtMs)) throw malformed('its time is not a number');
  const messages: Buffer[] = [];
  let at = BODY_HEAD_BYTES;
  while (at < bytes.length) {
    const start = at + MESSAGE_HEAD_BYTES;
    if (start > bytes.length) throw malformed('it ends within a length');
    at = start + bytes.readUInt32BE(at);
    if (at > bytes.length) throw malformed('it ends within a message');
    messages.push(bytes.subarray(start, at));
  }
  return { proposedAtMs, messages };
}

/** Whether it is the body of a value of this kind; in the case of messages, whether `unpackBody` can unpack at least one. */
export function isBody(kind: ValueKind, body: Uint8Array): boolean {
  if (body[0] !== VALUE_KINDS.indexOf(kind)) return false;
  if (kind !== 'messages') return true;
  if (body.length < BODY_HEAD_BYTES + MESSAGE_HEAD_BYTES) return false;
  const fields = new DataView(body.buffer, body.byteOffset, body.length);
  if (!Number.isFinite(fields.getFloat64(TIME_AT))) return false;
  let at = BODY_HEAD_BYTES;
  while (at + MESSAGE_HEAD_BYTES <= body.length) at += MESSAGE_HEAD_BYTES + fields.getUint32(at);
  return at === body.length;
}

function malformed(why: string): TreplicaError {
  return new TreplicaError('MALFORMED_BYTES', `The body of a batch cannot be read: ${why}.`);
}
