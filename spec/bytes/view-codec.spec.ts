import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { FieldReader } from '../../lib/bytes/field-reader.js';
import { FieldWriter } from '../../lib/bytes/field-writer.js';
import { decodeView, encodeView, readView, writeView } from '../../lib/bytes/view-codec.js';
import { COUNTER_MAX, type Instance, type ProcessId } from '../../lib/model/ids.js';
import { MAX_MEMBERS, View, type ViewRecord } from '../../lib/model/view.js';
import { idOf } from '../support/ids.js';

const process = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(idOf);
const views: fc.Arbitrary<ViewRecord> = fc.record({
  view: fc
    .tuple(fc.nat(1_000), fc.uniqueArray(process, { minLength: 1, maxLength: MAX_MEMBERS }))
    .map(([number, members]) => new View(number, members)),
  from: fc.oneof(fc.nat(1_000), fc.constant(COUNTER_MAX)).map((instance) => instance as Instance),
});

describe('a view as bytes', () => {
  it('comes back as it went, by itself and between other fields', () => {
    fc.assert(
      fc.property(views, (record) => {
        expect(decodeView(encodeView(record))).toEqual(record);
        const out = new FieldWriter().natural(7);
        writeView(out, record);
        const input = new FieldReader(out.natural(8).finish());
        expect([input.natural(), readView(input), input.natural()]).toEqual([7, record, 8]);
      }),
    );
  });

  it('is no view where bytes are lacking or too many, or where it has no members or one twice', () => {
    const record = { view: new View(1, ['a'.repeat(16) as ProcessId]), from: 5 as Instance };
    const bytes = encodeView(record);
    const fields = (...members: readonly ProcessId[]) =>
      new FieldWriter().natural(1).natural(5).members(members).finish();
    expect(fields(...record.view.members)).toEqual(bytes);
    const wrong = [bytes.subarray(1), Buffer.concat([bytes, Buffer.alloc(1)]), fields()];
    wrong.push(fields(...record.view.members, ...record.view.members));
    for (const each of wrong)
      expect(() => decodeView(each)).toThrow(expect.objectContaining({ code: 'MALFORMED_BYTES' }));
  });
});
