/**
 * The seal stands in front of every stored value: a CRC-32 of all that follows and of the key it is stored under, so
 * that neither a changed nor a displaced value is taken for a good one, and the version of the format.
 */
import { crc32 } from 'node:zlib';

import { anotherVersion, damaged } from '../ledger-errors.js';

const FORMAT_VERSION = 7;
const CRC_BYTES = 4;

/** Bytes to leave free at the start of a value for `seal`. */
export const SEAL_BYTES = CRC_BYTES + 1;

/** Writes the seal into the first `SEAL_BYTES` of `value`. `keyCrc` is the CRC-32 of whatever names the value's place. */
export function seal(value: Buffer, keyCrc: number): Buffer {
  value[CRC_BYTES] = FORMAT_VERSION;
  value.writeUInt32LE(crc32(value.subarray(CRC_BYTES), keyCrc), 0);
  return value;
}

/**
 * The value without its seal, not copied.
 * @param name what it is and where, for the message
 * @throws TreplicaError LEDGER_DAMAGED or LEDGER_VERSION
 */
export function unseal(value: Buffer, keyCrc: number, name: string): Buffer {
  if (value.length < SEAL_BYTES) throw damaged(name, 'it is too short');
  if (!isSealed(value, keyCrc)) throw damaged(name, 'its checksum is wrong');
  const version = value[CRC_BYTES];
  if (version !== FORMAT_VERSION)
    throw anotherVersion(name, `format version ${String(version)}, and this Treplica reads ${FORMAT_VERSION}`);
  return value.subarray(SEAL_BYTES);
}

/** Whether the seal is that of the value at this key, of whatever version it is. */
export function isSealed(value: Buffer, keyCrc: number): boolean {
  return value.length >= SEAL_BYTES && crcOf(value) === crc32(value.subarray(CRC_BYTES), keyCrc);
}

/** The CRC-32 in the seal of `value`. */
export function crcOf(value: Buffer): number {
  return value.readUInt32LE(0);
}
