/**
 * Serialisation: any value that consists of registered classes, collections and primitives becomes MessagePack and
 * comes back as it was, or is refused by name. message-format.ts says what the bytes look like, registry.ts holds the classes.
 * States, which may be of any size, have encoder, decoder and format of their own: state-encoder.ts says more.
 */
import { Packr, RESERVE_START_SPACE } from 'msgpackr';

import { TreplicaError } from '../model/errors.js';
import { Decoding } from './decoding.js';
import { Encoding } from './encoding.js';
import { malformed } from './malformed.js';
import { compare, unreadable } from './trial.js';

/** Records and structures would need tables outside of the message. Bytes are copied out of it: the state may change them. */
const packr = new Packr({ useRecords: false, mapsAsObjects: false, useBigIntExtension: true, copyBuffers: true });

/** Makes msgpackr leave the first byte free. */
const BEHIND_HEAD = RESERVE_START_SPACE | 1;

/** msgpackr writes into slabs and keeps the size of the largest: a single large message would make all of them large. */
const SLAB_BYTES = 65_536;

/**
 * The bytes of `value`, which may be kept. Throws NOT_SERIALIZABLE for what cannot be carried faithfully and
 * CLASS_NOT_REGISTERED for an instance of an unknown class; both name the class and the field.
 *
 * Carried are primitives other than symbols, arrays with their holes, plain objects, Map, Set, Date, Buffer, Uint8Array
 * and instances of registered or declared classes, whatever refers to whatever. Refused are functions, symbols, private
 * members, accessors, objects of any other built-in class and properties hung on arrays or collections.
 *
 * `head` is a byte to be written in front of them. Default: none.
 */
export function encode(value: unknown, head?: number): Buffer {
  const encoding = new Encoding(value);
  const bytes = packr.pack(encoding.run(), head === undefined ? 0 : BEHIND_HEAD);
  if (head !== undefined) bytes[0] = head;
  if (bytes.buffer.byteLength > SLAB_BYTES) packr.useBuffer(Buffer.allocUnsafeSlow(SLAB_BYTES));
  if (encoding.runsCode || encoding.news !== null) {
    const copy = rehearse(bytes, head === undefined ? 0 : 1);
    if (encoding.news !== null) compare(value as object, copy as object, encoding.news, false);
  }
  return bytes;
}

/** Small messages are copied to one place, because msgpackr needs a DataView and making one costs more than decoding. */
const desk = Buffer.allocUnsafeSlow(4_096);
const extent = { start: 0, end: 0 };

/**
 * The value that these bytes, from `start` on, were made of. Throws MALFORMED_BYTES if they were not made by `encode`, and
 * CLASS_NOT_REGISTERED if this process has not loaded the class.
 *
 * Instances are made without running the constructor or field initialisers: their fields are what the message says.
 */
export function decode(bytes: Uint8Array, start = 0): unknown {
  try {
    return new Decoding().value(unpack(bytes, start), null);
  } catch (error) {
    if (error instanceof TreplicaError) throw error;
    throw malformed(
      `something that cannot be read (${error instanceof Error ? error.message : String(error)})`,
      'message',
      error,
    );
  }
}

function unpack(bytes: Uint8Array, start: number): unknown {
  const { length } = bytes;
  if (length > desk.length) return packr.unpack(Buffer.from(bytes.buffer, bytes.byteOffset + start, length - start));
  if (length <= start) throw malformed('nothing', 'message');
  desk.set(bytes);
  extent.start = start;
  extent.end = length;
  return packr.unpack(desk, extent);
}

/** Bytes that no replica can read must not reach the log: there they would stop every replica at each start. */
function rehearse(bytes: Uint8Array, start: number): unknown {
  try {
    return decode(bytes, start);
  } catch (cause) {
    throw unreadable('value', cause);
  }
}
