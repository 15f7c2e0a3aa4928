import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { DeliveryTable } from '../../lib/consensus/delivery-table.js';
import { batchId, NO_OP_ID, partsOf, type BatchId } from '../../lib/model/batch.js';
import type { ProcessId } from '../../lib/model/ids.js';

const ANNA = 'aaaaaaaaaaaaaaaa' as ProcessId;
const BERT = 'bbbbbbbbbbbbbbbb' as ProcessId;

const ids = fc
  .tuple(fc.constantFrom(ANNA, BERT), fc.integer({ min: 1, max: 3 }), fc.nat(6))
  .map(([process, incarnation, sequence]) => batchId(process, incarnation, sequence));
const idsAndNoOps = fc.oneof({ weight: 9, arbitrary: ids }, fc.constant(NO_OP_ID));

/** The same, by remembering everything. */
class NaiveTable {
  readonly #admitted: BatchId[] = [];

  has(id: BatchId): boolean {
    if (id === NO_OP_ID || this.#admitted.includes(id)) return true;
    const { process, incarnation } = partsOf(id);
    return this.#admitted.map(partsOf).some((other) => other.process === process && other.incarnation > incarnation);
  }

  admit(id: BatchId): boolean {
    const admitted = !this.has(id);
    if (admitted) this.#admitted.push(id);
    return admitted;
  }
}

describe('the delivery table', () => {
  it('decides as one that remembers everything', () => {
    fc.assert(
      fc.property(fc.array(idsAndNoOps, { maxLength: 60, size: 'max' }), (sequence) => {
        const table = new DeliveryTable();
        const twin = new NaiveTable();
        for (const id of sequence) {
          expect(table.has(id)).toBe(twin.has(id));
          expect(table.admit(id)).toBe(twin.admit(id));
          expect(table.has(id)).toBe(true);
        }
      }),
    );
  });

  it('admits batches of one process in any order, each once', () => {
    const table = new DeliveryTable();
    const order = [2, 0, 2, 1, 1, 3].map((sequence) => table.admit(batchId(ANNA, 1, sequence)));
    expect(order).toEqual([true, true, false, true, false, true]);
  });

  it('never admits a batch of an incarnation that is over', () => {
    const table = new DeliveryTable();
    table.admit(batchId(ANNA, 2, 0));
    expect(table.admit(batchId(ANNA, 1, 7))).toBe(false);
    expect(table.admit(batchId(BERT, 1, 7))).toBe(true);
  });

  it('goes its own way after it was copied', () => {
    fc.assert(
      fc.property(fc.array(ids), fc.array(ids), (before, after) => {
        const table = new DeliveryTable();
        const twin = new DeliveryTable();
        for (const id of before) table.admit(id);
        const copy = table.copy();
        for (const id of after) copy.admit(id);
        for (const id of before) twin.admit(id);
        for (const id of after) expect(table.has(id)).toBe(twin.has(id));
      }),
    );
  });

  it('that is limited, and has not seen the first batch, forgets the oldest and none of the latest', () => {
    const table = new DeliveryTable(10);
    for (let sequence = 5; sequence < 1_000; sequence += 1) expect(table.admit(batchId(ANNA, 1, sequence))).toBe(true);
    const known = Array.from({ length: 1_000 }, (_, sequence) => sequence).filter((sequence) =>
      table.has(batchId(ANNA, 1, sequence)),
    );
    expect(known).toEqual([990, 991, 992, 993, 994, 995, 996, 997, 998, 999]);
  });
});
