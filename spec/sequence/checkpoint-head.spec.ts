import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { batchId, ofKind } from '../../lib/model/batch.js';
import { COUNTER_MAX, type Instance, type Position, type ProcessId } from '../../lib/model/ids.js';
import { groupIdOf, View } from '../../lib/model/view.js';
import { type CheckpointHead, decodeHead, encodeHead } from '../../lib/sequence/checkpoint-head.js';

const naturals = fc.maxSafeNat();
const processes = fc
  .array(
    fc.nat(15).map((digit) => digit.toString(16)),
    { minLength: 16, maxLength: 16 },
  )
  .map((digits) => digits.join('') as ProcessId);
const instances = fc.integer({ min: 0, max: COUNTER_MAX }).map((instance) => instance as Instance);
const marks = fc.record({
  next: instances,
  position: naturals.map((position) => position as Position),
  bytes: naturals,
});
const views = fc
  .uniqueArray(processes, { minLength: 1, maxLength: 7 })
  .map((members) => ({ view: new View(0, members), from: 0 as Instance }));
const numbers = fc.integer({ min: 1, max: 1e12 });
const rows = fc.record({
  process: processes,
  incarnation: naturals,
  since: instances,
  next: naturals,
  last: instances,
});
const held = fc.record({
  instance: instances,
  batch: fc
    .record({ process: processes, incarnation: numbers, since: numbers, sequence: numbers, body: fc.uint8Array() })
    .map(({ process, incarnation, since, sequence, body }) => ({
      id: batchId(process, incarnation, sequence, since as Instance),
      body: Buffer.from(body),
    })),
});
const keys = fc.record({
  number: naturals,
  sendingId: fc.option(numbers),
  removedUpTo: naturals,
  decidedAt: instances,
});
const delivered = fc.record({ horizon: instances, rows: fc.array(rows), held: fc.array(held) });
const heads: fc.Arbitrary<CheckpointHead> = fc
  .record({ view: views, keys: fc.array(keys), mark: marks, boundary: marks, delivered })
  .map(({ view, keys: states, mark, boundary, delivered: state }) => ({
    group: groupIdOf(view.view.members, 0),
    views: [view],
    keys: states,
    cursor: { ...mark, boundary, delivered: state },
  }));

describe('the head of a checkpoint', () => {
  it('is read as it was written, and written the same each time', () => {
    fc.assert(
      fc.property(heads, (head) => {
        const bytes = Buffer.from(encodeHead(head));
        expect(decodeHead(bytes)).toEqual(head);
        expect(encodeHead(decodeHead(bytes))).toEqual(bytes);
      }),
    );
  });

  it('that is cut short, or longer, or anything at all, is refused', () => {
    fc.assert(
      fc.property(heads, fc.nat(), (head, at) => {
        const bytes = Buffer.from(encodeHead(head));
        const malformed = expect.objectContaining({ code: 'MALFORMED_BYTES' });
        expect(() => decodeHead(bytes.subarray(0, at % bytes.length))).toThrow(malformed);
        expect(() => decodeHead(Buffer.concat([bytes, Buffer.of(0)]))).toThrow(malformed);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => decodeHead(Buffer.concat([Buffer.of(4), bytes]))).toThrow(
          expect.objectContaining({ code: 'MALFORMED_BYTES' }),
        );
      }),
    );
  });

  it('that holds back a value that is no messages is refused', () => {
    const [{ cursor, ...rest }] = fc.sample(heads, 1) as [CheckpointHead];
    const id = ofKind('view', batchId('a'.repeat(16) as ProcessId, 1, 0));
    const delivered = { ...cursor.delivered, held: [{ instance: 1 as Instance, batch: { id, body: Buffer.of(1) } }] };
    const bytes = Buffer.from(encodeHead({ ...rest, cursor: { ...cursor, delivered } }));
    expect(() => decodeHead(bytes)).toThrow(expect.objectContaining({ code: 'MALFORMED_BYTES' }));
  });

  it('of a later format is refused as such', () => {
    expect(() => decodeHead(Buffer.of(5, 0, 0))).toThrow(expect.objectContaining({ code: 'LEDGER_VERSION' }));
  });
});
