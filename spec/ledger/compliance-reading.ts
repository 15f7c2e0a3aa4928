import { describe, expect, it } from '@jest/globals';

import type { BatchId } from '../../lib/model/batch.js';
import { constants } from '../../lib/model/constants.js';
import { committed, type LedgerPlace } from './ledger-place.js';
import { ledgerOfEachTest } from './open-ledger.js';
import { at, BALLOT, END, entryAt, voteAt } from './records.js';

/** Registers how any ledger's log is read: in what parts, and what is handed out. */
export function describeReading(name: string, emptyPlace: () => LedgerPlace): void {
  describe(`${name}, as any ledger whose log is read`, () => {
    const open = ledgerOfEachTest(emptyPlace);

    it('reads a range without its end', async () => {
      await committed(open.ledger, ...[2, 3, 5, 8].map((instance) => voteAt(instance)));
      const read = (from: number, to: number) =>
        open.ledger.read(at(from), at(to), Infinity).map((entry) => entry.instance);
      expect(read(0, 9)).toEqual([2, 3, 5, 8]);
      expect(read(3, 8)).toEqual([3, 5]);
      expect(read(4, 5)).toEqual([]);
      expect(read(6, 6)).toEqual([]);
      expect(read(9, 3)).toEqual([]);
    });

    it('reads no more than the bytes asked for, and one entry in any case', async () => {
      await committed(open.ledger, ...[0, 1, 2, 3].map((instance) => voteAt(instance, 100)));
      const countOf = (maxBytes: number) => open.ledger.read(at(0), END, maxBytes).length;
      expect([0, 99, 100, 250, 300, 400, 1000].map(countOf)).toEqual([1, 1, 1, 2, 3, 4, 4]);
    });

    it('reads across the borders of segments, one missing', async () => {
      const n = constants.segmentInstances;
      const instances = [n - 2, n - 1, n, n + 1, 3 * n - 1, 3 * n, 10 * n + 7];
      await committed(open.ledger, ...instances.map((instance) => voteAt(instance)));
      expect(open.ledger.read(at(0), END, Infinity).map((entry) => entry.instance)).toEqual(instances);
      await open.reopen();
      expect(open.ledger.read(at(n - 1), at(3 * n), Infinity)).toEqual(
        [n - 1, n, n + 1, 3 * n - 1].map((i) => entryAt(i)),
      );
    });

    it('keeps a log of many segments', async () => {
      const instances = Array.from({ length: 3 * constants.openSegmentsMax }, (_, i) => i * constants.segmentInstances);
      await committed(open.ledger, ...instances.map((instance) => voteAt(instance)));
      for (let round = 0; round < 3; round += 1) {
        for (const instance of instances) {
          await committed(open.ledger, voteAt(instance + round));
          expect(open.ledger.read(at(instance + round), at(instance + round + 1), 0)).toEqual([
            entryAt(instance + round),
          ]);
        }
      }
      expect(open.ledger.read(at(0), END, Infinity)).toHaveLength(3 * instances.length);
    });

    it('takes a batch of 8 MB, and one of 20 MB', async () => {
      await committed(open.ledger, voteAt(0, 8_000_000), voteAt(1, 20_000_000), voteAt(2));
      await open.reopen();
      for (const [instance, bytes] of [
        [0, 8_000_000],
        [1, 20_000_000],
      ] as const) {
        const body = open.ledger.load().entries[instance]!.vote!.batch.body;
        expect(Buffer.compare(body, entryAt(instance, bytes).vote!.batch.body)).toBe(0);
      }
    });

    it('hands out bodies that neither change later nor change the ledger', async () => {
      const body = new Uint8Array(60_000).fill(1);
      await committed(open.ledger, {
        kind: 'entry',
        entry: { ...entryAt(0), vote: { ballot: BALLOT, batch: { id: '' as BatchId, body } } },
      });
      body.fill(2);
      const read = () => open.ledger.read(at(0), at(1), Infinity)[0]!.vote!.batch.body;
      const held = read();
      await committed(open.ledger, voteAt(0, 60_000), voteAt(1, 60_000));
      expect(held.every((byte) => byte === 1)).toBe(true);
      read().fill(9);
      expect(read()).toEqual(entryAt(0, 60_000).vote!.batch.body);
      await open.reopen();
      expect(held.every((byte) => byte === 1)).toBe(true);
    });
  });
}
