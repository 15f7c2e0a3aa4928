/** The body of a batch: when it was proposed (f64), then for each message its length (u32) and its bytes. */
import { TreplicaError } from '../model/errors.js';

const HEAD_BYTES = 8;

/** What a message costs in a body beyond its own bytes. */
export const MESSAGE_HEAD_BYTES = 4;

export interface BatchContent {
  /** The proposer's clock, in milliseconds since 1970. */
  readonly proposedAtMs: number;
  /** Parts of the body, not copies. */
  readonly messages: readonly Buffer[];
}

/** Copies `messages`, which are `totalBytes` long together, into one body. */
export function packBody(messages: readonly Uint8Array[], totalBytes: number, proposedAtMs: number): Uint8Array {
  const body = Buffer.allocUnsafe(HEAD_BYTES + MESSAGE_HEAD_BYTES * messages.length + totalBytes);
  let at = body.writeDoubleBE(proposedAtMs);
  for (const message of messages) {
    at = body.writeUInt32BE(message.length, at);
    body.set(message, at);
    at += message.length;
  }
  return body;
}

/**
 * What `packBody` packed.
 * @throws TreplicaError MALFORMED_BYTES when `body` is nothing that it could have made.
 */
export function unpackBody(body: Uint8Array): BatchContent {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  if (bytes.length < HEAD_BYTES) throw malformed(`it has ${bytes.length} bytes`);
  const proposedAtMs = bytes.readDoubleBE(0);
  if (!Number.isFinite(proposedAtMs)) throw malformed('its time is not a number');
  const messages: Buffer[] = [];
  let at = HEAD_BYTES;
  while (at < bytes.length) {
    const start = at + MESSAGE_HEAD_BYTES;
    if (start > bytes.length) throw malformed('it ends within a length');
    at = start + bytes.readUInt32BE(at);
    if (at > bytes.length) throw malformed('it ends within a message');
    messages.push(bytes.subarray(start, at));
  }
  return { proposedAtMs, messages };
}

/** Whether `unpackBody` can unpack it into at least one message. */
export function isBody(body: Uint8Array): boolean {
  if (body.length < HEAD_BYTES + MESSAGE_HEAD_BYTES) return false;
  const fields = new DataView(body.buffer, body.byteOffset, body.length);
  if (!Number.isFinite(fields.getFloat64(0))) return false;
  let at = HEAD_BYTES;
  while (at + MESSAGE_HEAD_BYTES <= body.length) at += MESSAGE_HEAD_BYTES + fields.getUint32(at);
  return at === body.length;
}

function malformed(why: string): TreplicaError {
  return new TreplicaError('MALFORMED_BYTES', `The body of a batch cannot be read: ${why}.`);
}
