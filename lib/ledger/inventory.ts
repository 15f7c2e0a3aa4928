/**
 * What a ledger must hold. The seal of a record shows that it was written here; that it is the last one written, and that
 * none is missing, only the whole can show. So every commit also writes one small record, the inventory, which tells the
 * number and the digest of all records that safety rests on: an acceptor whose vote or promise had vanished, or had gone
 * back to what it was before, would vote twice.
 *
 * A digest is a sum of what the records' seals are scattered to, so that a commit takes away the old and adds the new.
 */
import { assert } from '../model/assert.js';
import { after, type Instance } from '../model/ids.js';
import { crcOf } from './seal.js';

/** Where a record belongs: an instance of the log, or the key of what is kept outside it. */
export type RecordKey = string | Instance;

/** What becomes durable together, by key, encoded. */
export type Changes = ReadonlyMap<RecordKey, Buffer>;

export interface InventoryRecord {
  readonly watermark: Instance;
  /** Of the records outside the log and the entries from the watermark on: how many there are. */
  readonly count: number;
  /** Of the same. */
  readonly digest: number;
  /** Of the entries below the watermark, of which none is missing. */
  readonly decidedDigest: number;
}

export const NOTHING: InventoryRecord = { watermark: 0 as Instance, count: 0, digest: 0, decidedDigest: 0 };

/** The digest of `digest`'s records and one more, whose share `share` is. */
export function plus(digest: number, share: number): number {
  return (digest + share) >>> 0;
}

/** What a record adds to a digest. The finalizer of MurmurHash3, lest the sums of similar CRCs be equal. */
export function shareOf(value: Buffer): number {
  let bits = crcOf(value);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** The inventory as of the last commit. */
export class Inventory {
  #record: InventoryRecord;
  /** Of each record that is counted. */
  readonly #shares: Map<RecordKey, number>;

  constructor(record: InventoryRecord, shares: Map<RecordKey, number>) {
    this.#record = record;
    this.#shares = shares;
  }

  get watermark(): Instance {
    return this.#record.watermark;
  }

  /** The inventory to be written with `changes`, which set the watermark to `watermark`; here nothing changes yet. */
  after(changes: Changes, watermark: Instance): InventoryRecord {
    const { watermark: first } = this.#record;
    assert(watermark >= first, 'the watermark never goes down', { watermark, first });
    let { count, digest, decidedDigest } = this.#record;
    for (const [key, value] of changes) {
      assert(typeof key === 'string' || key >= first, 'no entry below the watermark changes', { instance: key, first });
      const replaced = this.#shares.get(key);
      if (replaced === undefined) count += 1;
      digest = plus(digest, shareOf(value) - (replaced ?? 0));
    }
    for (let instance = first; instance < watermark; instance = after(instance)) {
      const changed = changes.get(instance);
      const share = changed ? shareOf(changed) : this.#shares.get(instance);
      assert(share !== undefined, 'the log has an entry at every decided instance', { instance, watermark });
      count -= 1;
      digest = plus(digest, -share);
      decidedDigest = plus(decidedDigest, share);
    }
    return { watermark, count, digest, decidedDigest };
  }

  /** `changes` are durable, and with them `record`, which `after` made for them. */
  became(record: InventoryRecord, changes: Changes): void {
    for (const [key, value] of changes) this.#shares.set(key, shareOf(value));
    for (let instance = this.watermark; instance < record.watermark; instance = after(instance))
      this.#shares.delete(instance);
    this.#record = record;
  }
}
