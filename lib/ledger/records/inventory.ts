/**
 * The inventory says what a ledger must hold. The seal of a record shows that it was written here. Only all records
 * together can show that it is the last one written, and that none is missing. So every commit also writes one small
 * record, the inventory: the number and the digest of all records that safety rests on. An acceptor whose vote or
 * promise has vanished, or is again what it was before, would vote twice. Decided entries are counted in the tally of
 * their segment instead.
 *
 * A digest is a sum of numbers, one for each record's seal, so that a commit subtracts the old records and adds the new
 * ones.
 */
import type { Instance } from '../../model/ids.js';
import { crcOf } from './seal.js';

/** Where a record belongs: an instance of the log, or the key of what is kept outside it. */
export type RecordKey = string | Instance;

/** The share that a record adds to a digest and, where it is a vote, to the bytes of its segment. */
export interface Share {
  readonly digest: number;
  /** The length of its batch's body. */
  readonly bytes: number;
}

/** A record as it is to be stored. */
export interface Change extends Share {
  readonly value: Buffer;
}

/** The records that become durable together, by key; null removes a record. */
export type Changes = ReadonlyMap<RecordKey, Change | null>;

/** Of the entries of one segment that are below the watermark and not below the log's start. */
export interface Tally {
  /** Null where it is not known, because a damaged entry was replaced. */
  readonly digest: number | null;
  readonly bytes: number;
}

export interface InventoryRecord {
  readonly watermark: Instance;
  /** The number of records outside the log and of entries from the watermark on. */
  readonly count: number;
  /** The digest of the same records. */
  readonly digest: number;
  /** The tally of the segment that the watermark lies in; the tallies of the segments below are records of their own. */
  readonly open: Tally;
}

export const NO_TALLY: Tally = { digest: 0, bytes: 0 };

export const NOTHING: InventoryRecord = { watermark: 0 as Instance, count: 0, digest: 0, open: NO_TALLY };

/** The digest of `digest`'s records and one more, whose share `share` is. */
export function plus(digest: number, share: number): number {
  return (digest + share) >>> 0;
}

export function tallyWith({ digest, bytes }: Tally, share: Share): Tally {
  return { digest: digest === null ? null : plus(digest, share.digest), bytes: bytes + share.bytes };
}

/** The number that a record adds to a digest. The finalizer of MurmurHash3 keeps the sums of similar CRCs apart. */
export function shareOf(value: Buffer): number {
  let bits = crcOf(value);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
