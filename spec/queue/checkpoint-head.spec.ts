import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { Instance, Position, ProcessId } from '../../lib/model/ids.js';
import { groupIdOf, View } from '../../lib/model/view.js';
import { decodeHead, encodeHead, type CheckpointHead } from '../../lib/queue/checkpoint-head.js';

const naturals = fc.maxSafeNat();
const processes = fc
  .array(
    fc.nat(15).map((digit) => digit.toString(16)),
    { minLength: 16, maxLength: 16 },
  )
  .map((digits) => digits.join('') as ProcessId);
const marks = fc.record({
  next: naturals.map((next) => next as Instance),
  position: naturals.map((position) => position as Position),
  bytes: naturals,
});
const views = fc
  .uniqueArray(processes, { minLength: 1, maxLength: 7 })
  .map((members) => ({ view: new View(0, members), from: 0 as Instance }));
const rows = fc.record({ process: processes, incarnation: naturals, upTo: naturals, beyond: fc.array(naturals) });
const heads: fc.Arbitrary<CheckpointHead> = fc
  .record({ view: views, mark: marks, boundary: marks, delivered: fc.array(rows) })
  .map(({ view, mark, boundary, delivered }) => ({
    group: groupIdOf(view.view.members, 0),
    views: [view],
    cursor: { ...mark, boundary, delivered },
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
        expect(() => decodeHead(Buffer.concat([Buffer.of(1), bytes]))).toThrow(
          expect.objectContaining({ code: 'MALFORMED_BYTES' }),
        );
      }),
    );
  });

  it('of a later format is refused as such', () => {
    expect(() => decodeHead(Buffer.of(2, 0, 0))).toThrow(expect.objectContaining({ code: 'LEDGER_VERSION' }));
  });
});
