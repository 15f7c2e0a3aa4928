/**
 * What a ledger must hold. The seal of a record shows that it was written here; that it is the last one written, and that
 * none is missing, only the whole can show. So every commit also writes one small record, the inventory, which tells the
 * number and the digest of all records that safety rests on: an acceptor whose vote or promise had vanished, or had gone
 * back to what it was before, would vote twice. What is decided is told of by its segment's tally.
 *
 * A digest is a sum of what the records' seals are scattered to, so that a commit takes away the old and adds the new.
 */
import type { Instance } from '../../model/ids.js';
import { crcOf } from './seal.js';

/** Where a record belongs: an instance of the log, or the key of what is kept outside it. */
export type RecordKey = string | Instance;

/** What a record adds to a digest and, where it is a vote, to the bytes of its segment. */
export interface Share {
  readonly digest: number;
  /** Of the body of its batch. */
  readonly bytes: number;
}

/** A record as it is to be stored. */
export interface Change extends Share {
  readonly value: Buffer;
}

/** What becomes durable together, by key; null is removed. */
export type Changes = ReadonlyMap<RecordKey, Change | null>;

/** Of the entries of one segment that are below the watermark and not below the log's start. */
export interface Tally {
  /** Null where it is not known, since a damaged entry was replaced. */
  readonly digest: number | null;
  readonly bytes: number;
}

export interface InventoryRecord {
  readonly watermark: Instance;
  /** Of the records outside the log and the entries from the watermark on: how many there are. */
  readonly count: number;
  /** Of the same. */
  readonly digest: number;
  /** Of the segment that the watermark lies in; those below have theirs in records of their own. */
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

/** What a record adds to a digest. The finalizer of MurmurHash3, lest the sums of similar CRCs be equal. */
export function shareOf(value: Buffer): number {
  let bits = crcOf(value);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
