import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { Ledger } from '../../lib/ledger/ledger.js';
import type { RecordKey } from '../../lib/ledger/records/inventory.js';
import { constants } from '../../lib/model/constants.js';
import { DamagedLogError } from '../../lib/model/errors.js';
import type { Instance } from '../../lib/model/ids.js';
import type { LedgerRecord } from '../../lib/model/records.js';
import { repetitions } from '../support/repetitions.js';
import { committed, type LedgerPlace, QUEUE } from './ledger-place.js';
import { anyStep, decided, type LifeStep, Walk } from './life-steps.js';
import { ledgerOfEachTest } from './open-ledger.js';
import { at, checkpointAt, END, entryAt, voteAt } from './records.js';

/** Registers how any ledger's log is cut at its beginning, begins anew at a checkpoint, and is mended. */
export function describeLifecycle(name: string, emptyPlace: () => LedgerPlace): void {
  describe(`${name}, as any ledger whose log is cut and mended`, () => {
    const open = ledgerOfEachTest(emptyPlace);
    let n: number;

    beforeEach(() => {
      n = open.place.segmentInstances;
    });

    const decide = (from: number, end: number, bytes = 1) => committed(open.ledger, ...decided(from, end, bytes));
    const checkpoint = (next: number): LedgerRecord => ({ kind: 'checkpoint', checkpoint: checkpointAt(next) });
    const truncation = (keepBytes: number): LedgerRecord => ({ kind: 'truncation', keepBytes });
    const instances = (from: number) => open.ledger.read(at(from), END, Infinity).map(({ instance }) => instance);
    const range = (from: number, end: number) => Array.from({ length: end - from }, (_, i) => from + i);

    it('drops whole segments below the checkpoint, and none without one', async () => {
      await decide(0, 3 * n + 5);
      await committed(open.ledger, truncation(0));
      expect(open.ledger.start).toBe(0);
      await committed(open.ledger, checkpoint(3 * n - 1));
      expect(open.ledger.start).toBe(0);
      await committed(open.ledger, truncation(0));
      expect(open.ledger.start).toBe(2 * n);
      expect(instances(2 * n)).toEqual(range(2 * n, 3 * n + 5));
      await open.reopen();
      expect(open.ledger.load()).toMatchObject({
        start: 2 * n,
        watermark: 3 * n + 5,
        checkpoint: checkpointAt(3 * n - 1),
      });
      expect(instances(2 * n)).toEqual(range(2 * n, 3 * n + 5));
    });

    it('keeps so many bytes of what is decided', async () => {
      await decide(0, 4 * n, 10);
      const startAfter = async (keepBytes: number) => {
        await committed(open.ledger, checkpoint(4 * n), truncation(keepBytes));
        return open.ledger.start;
      };
      expect(await startAfter(30 * n + 1)).toBe(0);
      expect(await startAfter(30 * n)).toBe(n);
      expect(await startAfter(11 * n)).toBe(2 * n);
      await open.reopen();
      expect(await startAfter(10 * n)).toBe(3 * n);
      expect(await startAfter(0)).toBe(4 * n);
      expect(instances(4 * n)).toEqual([]);
      await decide(4 * n, 4 * n + 1);
      expect(instances(4 * n)).toEqual([4 * n]);
    });

    it('drops a bounded number of segments with each commit', async () => {
      const most = constants.segmentsDroppedMax;
      const watermark = (most + 3) * n;
      await decide(0, watermark, 0);
      await committed(open.ledger, checkpoint(watermark), truncation(0));
      expect(open.ledger.start).toBe(most * n);
      await committed(open.ledger, truncation(0));
      expect(open.ledger.start).toBe(watermark);
    });

    it('is not read below its start', async () => {
      await decide(0, 2 * n);
      await committed(open.ledger, checkpoint(2 * n), truncation(n));
      expect(() => open.ledger.read(at(n - 1), END, 0)).toThrow('the log is read from its start on');
    });

    it('begins anew at a checkpoint beyond the watermark, and keeps the votes from there on', async () => {
      const next = n + 7;
      await decide(0, 5);
      await committed(open.ledger, voteAt(6), voteAt(next - 1), voteAt(next), voteAt(next + 2));
      await committed(open.ledger, voteAt(8), checkpoint(next), { kind: 'watermark', watermark: at(next) });
      const isNew = () => {
        expect(open.ledger.start).toBe(next);
        expect(instances(next)).toEqual([next, next + 2]);
      };
      isNew();
      await open.reopen();
      expect(open.ledger.load()).toMatchObject({
        start: next,
        watermark: next,
        checkpoint: checkpointAt(next),
        entries: [entryAt(next), entryAt(next + 2)],
      });
      isNew();
      await decide(next, 3 * n);
      await committed(open.ledger, checkpoint(2 * n), truncation(0));
      expect(open.ledger.start).toBe(2 * n);
      expect(instances(2 * n)).toEqual(range(2 * n, 3 * n));
    });

    it('begins anew after a log of many segments', async () => {
      const segments = constants.segmentsDroppedMax + 3;
      await decide(0, segments * n, 0);
      const next = (segments + 40) * n + 3;
      await committed(open.ledger, checkpoint(next), ...decided(next, next + 4, 1));
      expect(instances(next)).toEqual(range(next, next + 4));
      await committed(open.ledger, voteAt(next + 4));
      await open.reopen();
      expect(open.ledger.load()).toMatchObject({ start: next, watermark: next + 4 });
      const left = [...(await open.place.values()).keys()].filter((key) => typeof key === 'number' && key < next);
      expect(left).toEqual([]);
    });

    it.each<[string, LedgerRecord[]]>([
      ['a checkpoint beyond the watermark that is not raised', [checkpoint(9)]],
      ['one that ends beyond the watermark', [checkpoint(9), { kind: 'watermark', watermark: at(8) }]],
      ['a watermark beyond the votes after a checkpoint', [checkpoint(9), { kind: 'watermark', watermark: at(10) }]],
      ['a repair of what is not decided', [{ kind: 'repair', entry: entryAt(4) }]],
      ['a repair without a batch', [{ kind: 'repair', entry: { ...entryAt(1), vote: null } }]],
    ])('does not take %s', async (_what, records) => {
      await decide(0, 4);
      await expect(committed(open.ledger, ...records)).rejects.toEqual(
        expect.objectContaining({ code: 'LEDGER_FAILED' }),
      );
      await open.reopen();
      expect(open.ledger.load()).toMatchObject({ start: 0, watermark: 4, checkpoint: null });
    });

    it('does not take a checkpoint below its start', async () => {
      await decide(0, 2 * n);
      await committed(open.ledger, checkpoint(2 * n), truncation(0));
      await expect(committed(open.ledger, checkpoint(2 * n - 1))).rejects.toThrow('no checkpoint ends below');
    });

    it.each(['missing', 'changed'])('is whole again when an entry that is %s has been repaired', async (how) => {
      await decide(0, n + 4, 3);
      const good = (await open.place.values()).get(at(2))!;
      await open.ledger.close();
      await open.place.put(at(2), how === 'missing' ? null : Buffer.alloc(good.length, 7));
      await open.reopen();
      expect(instances(0)).toEqual([0, 1]);
      await committed(open.ledger, { kind: 'repair', entry: entryAt(2, 3) });
      expect(instances(0)).toEqual(range(0, n + 4));
      await open.reopen();
      open.ledger.load();
      expect(open.ledger.read(at(2), at(3), 0)).toEqual([entryAt(2, 3)]);
      expect(instances(0)).toEqual(range(0, n + 4));
    });

    describe('with an entry that is an earlier one', () => {
      const stale = 3;

      /** The log up to `end`, where the entry is not the last that was written. */
      async function withStaleEntry(end: number): Promise<void> {
        await committed(open.ledger, voteAt(stale, 9));
        const earlier = (await open.place.values()).get(at(stale))!;
        await decide(0, end);
        await open.ledger.close();
        await open.place.put(at(stale), earlier);
        open.ledger = open.place.open(QUEUE);
      }

      const damagedPart = (from: number, end: number): unknown =>
        expect.objectContaining({ code: 'LEDGER_DAMAGED', from, end });

      it.each([
        ['a segment', 2, 0],
        ['all below the watermark', 0, 7],
      ])('has to be repaired in %s, and is then whole', async (_where, segments, rest) => {
        const watermark = segments * n + rest;
        const end = Math.min(n, watermark);
        await withStaleEntry(watermark);
        expect(() => instances(0)).toThrow(damagedPart(0, end));
        expect(() => open.ledger.read(at(5), END, 0)).toThrow(damagedPart(0, end));
        await committed(open.ledger, ...range(0, 5).map((i): LedgerRecord => ({ kind: 'repair', entry: entryAt(i) })));
        expect(instances(0)).toEqual(range(0, 5));
        expect(() => open.ledger.read(at(5), END, 0)).toThrow(damagedPart(0, end));
        await committed(
          open.ledger,
          ...range(5, end).map((i): LedgerRecord => ({ kind: 'repair', entry: entryAt(i) })),
        );
        expect(instances(0)).toEqual(range(0, watermark));
        await open.reopen();
        expect(instances(0)).toEqual(range(0, watermark));
        expect(open.ledger.read(at(stale), at(stale + 1), 0)).toEqual([entryAt(stale)]);
      });

      it('is found again where not all has been repaired', async () => {
        await withStaleEntry(n);
        expect(() => instances(0)).toThrow(damagedPart(0, n));
        await committed(open.ledger, ...range(5, n).map((i): LedgerRecord => ({ kind: 'repair', entry: entryAt(i) })));
        await open.reopen();
        expect(() => instances(0)).toThrow(damagedPart(0, n));
      });

      it('is found by a process that goes on as by one that starts, before any of it is handed out', async () => {
        await withStaleEntry(5);
        open.ledger.load();
        await decide(5, n + 2);
        expect(instances(5)).toEqual(range(5, n + 2));
        for (const from of [0, 1, 4]) expect(() => open.ledger.read(at(from), END, 0)).toThrow(damagedPart(0, 5));
      });
    });

    it('is what the model is, whatever happens to it', async () => {
      const run = async (steps: readonly LifeStep[]) => {
        const own = emptyPlace();
        const walk = new Walk(own);
        for (const step of [...steps, { kind: 'reopen' } as const]) await walk.take(step);
        await walk.ledger.close();
        own.dispose();
      };
      await fc.assert(fc.asyncProperty(fc.array(anyStep(n), { maxLength: 14 }), run), {
        numRuns: n > 100 ? repetitions(8, 100) : repetitions(100, 1_000),
      });
    });

    it('finds any decided entry missing or an earlier one when the log is read, in whatever slices', async () => {
      const steps = fc.array(
        anyStep(n).filter(({ kind }) => kind !== 'repair'),
        { minLength: 2, maxLength: 8 },
      );
      const run = async (sequence: readonly LifeStep[], pick: number, sliceBytes: number) => {
        const own = emptyPlace();
        const walk = new Walk(own);
        const states: Map<RecordKey, Buffer>[] = [];
        for (const step of sequence) {
          await walk.take(step);
          states.push(await own.values());
        }
        await walk.ledger.close();
        const { start, watermark } = walk.snapshot();
        const faults = faultsIn(states, start, watermark);
        const fault = faults[pick % faults.length];
        if (fault) {
          await own.put(...fault);
          walk.ledger = own.open(QUEUE);
          const damage = damageIn(walk.ledger, start, watermark, sliceBytes);
          expect(damage.from).toBeLessThanOrEqual(fault[0]);
          expect(damage.end).toBeGreaterThan(fault[0]);
          await walk.ledger.close();
        }
        own.dispose();
      };
      const slice = fc.constantFrom(0, 10, 300, Infinity);
      await fc.assert(fc.asyncProperty(steps, fc.nat(), slice, run), {
        numRuns: n > 100 ? repetitions(4, 40) : repetitions(80, 600),
      });
    });
  });
}

/** What may happen to one decided entry: it goes, or it goes back to what it was in an earlier state. */
function faultsIn(
  states: readonly Map<RecordKey, Buffer>[],
  start: number,
  watermark: number,
): [Instance, Buffer | null][] {
  const last = states.at(-1)!;
  const decidedKeys = [...last.keys()].filter((key) => typeof key === 'number' && key >= start && key < watermark);
  return decidedKeys.flatMap((key) => {
    const earlier = states.map((state) => state.get(key)).filter((value) => value && !value.equals(last.get(key)!));
    const values = earlier.length > 0 ? earlier : [null];
    return values.map((value): [Instance, Buffer | null] => [key as Instance, value ?? null]);
  });
}

/** The damage that is found when the log is read from `start` on. */
function damageIn(ledger: Ledger, start: number, watermark: number, sliceBytes: number): DamagedLogError {
  try {
    for (let next = start; next < watermark;) {
      next = ledger.read(at(next), at(watermark), sliceBytes).at(-1)!.instance + 1;
    }
  } catch (error) {
    if (error instanceof DamagedLogError) return error;
    throw error;
  }
  throw new Error('No damage was found.');
}
