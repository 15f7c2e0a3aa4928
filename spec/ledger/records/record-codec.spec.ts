import { crc32 } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { metaKey, type MetaRecord, RecordCodec } from '../../../lib/ledger/records/record-codec.js';
import { seal } from '../../../lib/ledger/records/seal.js';
import { NO_BALLOT } from '../../../lib/model/ballot.js';
import { batchId, boundTo, isBatchId, VALUE_KINDS } from '../../../lib/model/batch.js';
import type { GroupId } from '../../../lib/model/ids.js';
import type { LedgerRecord } from '../../../lib/model/records.js';
import { anyCheckpoint, anyRecord, at, END, OTHER, PROCESS } from '../records.js';

const codec = new RecordCodec('239.255.0.1:7400', 'in a spec');
const tally = fc.record({ digest: fc.option(fc.nat(2 ** 32 - 1)), bytes: fc.maxSafeNat() });
const records: fc.Arbitrary<StoredRecord> = fc.oneof(
  { weight: 5, arbitrary: anyRecord('aaaabbbbccccdddd' as GroupId).filter(isStored) },
  fc.record({ kind: fc.constant('checkpoint' as const), checkpoint: anyCheckpoint }),
  fc.record({ kind: fc.constant('start' as const), start: fc.maxSafeNat().map(at) }),
  fc.record({ kind: fc.constant('segment' as const), number: fc.maxSafeNat(), tally }),
);

/** What is encoded as it is. */
type StoredRecord = MetaRecord | Extract<LedgerRecord, { readonly kind: 'entry' }>;

function isStored(record: LedgerRecord): record is LedgerRecord & StoredRecord {
  return record.kind !== 'repair' && record.kind !== 'truncation';
}

function encode(record: StoredRecord): Buffer {
  return record.kind === 'entry' ? codec.encodeEntry(record.entry) : codec.encodeMeta(record);
}

/** Decodes `value` as if it had been found where `record` belongs. */
function decode(record: StoredRecord, value: Buffer): StoredRecord {
  if (record.kind !== 'entry') return codec.decodeMeta(metaKey(record), value);
  return { kind: 'entry', entry: codec.decodeEntry(record.entry.instance, value) };
}

const damage: unknown = expect.objectContaining({ code: 'LEDGER_DAMAGED' });

describe('the record codec', () => {
  it('gives back any record that it was given', () => {
    fc.assert(fc.property(records, (record) => expect(decode(record, encode(record))).toEqual(record)));
  });

  it('finds any bit that has flipped', () => {
    const flip = (record: StoredRecord, place: number) => {
      const value = encode(record);
      const bit = place % (8 * value.length);
      value[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => decode(record, value)).toThrow(damage);
    };
    fc.assert(fc.property(records, fc.nat(), flip), { numRuns: 2000 });
  });

  it('finds a record that is cut short or has grown', () => {
    const resize = (record: StoredRecord, place: number) => {
      const value = encode(record);
      expect(() => decode(record, value.subarray(0, place % value.length))).toThrow(damage);
      expect(() => decode(record, Buffer.concat([value, Buffer.alloc(1 + (place % 9))]))).toThrow(damage);
    };
    fc.assert(fc.property(records, fc.nat(), resize));
  });

  it('finds a record that stands where another belongs', () => {
    const displace = (one: StoredRecord, other: StoredRecord) => {
      fc.pre(keyOf(one) !== keyOf(other));
      expect(() => decode(one, encode(other))).toThrow(damage);
    };
    fc.assert(fc.property(records, records, displace));
  });

  it('encodes the vote with the largest numbers that there can be, in 78 bytes besides its body', () => {
    const ballot = { reign: Number.MAX_SAFE_INTEGER, coordinator: OTHER, step: 1 } as const;
    const id = boundTo(
      batchId(PROCESS, 8_999_999_999_999_999, 999_999_999_999_999, at(4_999_999_999_999_999)),
      2 ** 32 - 1,
    );
    expect(isBatchId(id)).toBe(true);
    const entry = { instance: END, promised: ballot, vote: { ballot, batch: { id, body: Buffer.from('a body') } } };
    const value = codec.encodeEntry(entry);
    expect(codec.decodeEntry(END, value)).toEqual(entry);
    expect(value.length - entry.vote.batch.body.length).toBe(78);
  });

  it('finds a value of a kind that it does not know', () => {
    const batch = { id: boundTo(batchId(PROCESS, 1, 0), 7), body: Buffer.from('a body') };
    const entry = { instance: at(3), promised: NO_BALLOT, vote: { ballot: NO_BALLOT, batch } };
    const value = codec.encodeEntry(entry);
    for (let tag = 1; tag <= 255; tag += 1) {
      value[value.indexOf(Buffer.from(PROCESS, 'hex')) - 1] = tag;
      seal(value, crc32('log/3', crc32(codec.queueId)));
      if (tag > 2 * VALUE_KINDS.length) expect(() => codec.decodeEntry(at(3), value)).toThrow(damage);
      else expect(codec.decodeEntry(at(3), value).promised).toEqual(NO_BALLOT);
    }
  });
});

function keyOf(record: StoredRecord): string | number {
  return record.kind === 'entry' ? record.entry.instance : metaKey(record);
}
