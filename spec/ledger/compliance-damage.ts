import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { RecordKey } from '../../lib/ledger/records/inventory.js';
import { constants } from '../../lib/model/constants.js';
import type { LedgerRecord } from '../../lib/model/records.js';
import { View } from '../../lib/model/view.js';
import { repetitions } from '../support/repetitions.js';
import { committed, type LedgerPlace, QUEUE } from './ledger-place.js';
import { LedgerModel } from './model.js';
import { ledgerOfEachTest } from './open-ledger.js';
import { anyRecord, at, BALLOT, END, entryAt, GROUP, nearRecord, PROCESS, voteAt } from './records.js';

/** Registers what every ledger must find when something stored is gone, or is again what it was before. */
export function describeDamage(name: string, emptyPlace: () => LedgerPlace): void {
  describe(`${name}, as any ledger with something gone`, () => {
    const view = { view: new View(0, [PROCESS]), from: at(0) };
    const damage = (message: string): unknown =>
      expect.objectContaining({ code: 'LEDGER_DAMAGED', message: expect.stringContaining(message) });

    const damagedFrom = (from: number, end: number, message: string): unknown =>
      expect.objectContaining({ code: 'LEDGER_DAMAGED', from, end, message: expect.stringContaining(message) });

    const open = ledgerOfEachTest(emptyPlace);
    /** What was stored before the last commit. */
    let earlier: Map<RecordKey, Buffer>;

    beforeEach(async () => {
      const votes = [0, 1, 3, 4].map((instance) => voteAt(instance));
      await committed(
        open.ledger,
        { kind: 'identity', process: PROCESS, incarnation: 1, founds: true },
        { kind: 'promise', ballot: { ...BALLOT, reign: 1 } },
        { kind: 'view', group: GROUP, borderInstances: constants.borderInstances, record: view },
        ...votes,
        { kind: 'entry', entry: { instance: at(2), promised: BALLOT, vote: null } },
        { kind: 'entry', entry: { instance: at(5), promised: BALLOT, vote: null } },
        { kind: 'watermark', watermark: at(1) },
      );
      await committed(open.ledger, voteAt(3, 10));
      earlier = await open.place.values();
      await committed(
        open.ledger,
        { kind: 'promise', ballot: BALLOT },
        voteAt(1, 20),
        voteAt(2),
        voteAt(4, 20),
        { kind: 'watermark', watermark: at(4) },
        { kind: 'entry', entry: { ...entryAt(5), promised: BALLOT } },
      );
      await open.ledger.close();
    });

    function load(): unknown {
      open.ledger = open.place.open(QUEUE);
      return open.ledger.load();
    }

    it('finds nothing amiss before', () => {
      expect(load()).toMatchObject({ promise: BALLOT, watermark: 4, views: [view] });
      expect(open.ledger.read(at(0), END, Infinity)).toHaveLength(6);
    });

    it.each<[string, RecordKey]>([
      ['a vote', at(4)],
      ['a promise for one instance', at(5)],
      ['the promise', 'promise'],
      ['a view', 'view/0000000000000000'],
      ['the identity', 'identity'],
    ])('finds that %s is missing', async (_what, key) => {
      await open.place.put(key, null);
      expect(load).toThrow(damage('records are missing or out of date: 5 are there of 6 that were written'));
    });

    it.each<[string, RecordKey]>([
      ['a vote', at(4)],
      ['a promise for one instance', at(5)],
      ['the promise', 'promise'],
    ])('finds that %s is an earlier one', async (_what, key) => {
      await open.place.put(key, earlier.get(key)!);
      expect(load).toThrow(damage('records are out of date: not all 6 of them are the last that were written'));
    });

    it('finds that the watermark is missing, or an earlier one', async () => {
      await open.place.put('watermark', null);
      expect(load).toThrow(damage('its decided watermark is 0, and 4 was written'));
      await open.ledger.close();
      await open.place.put('watermark', earlier.get('watermark')!);
      expect(load).toThrow(damage('its decided watermark is 1, and 4 was written'));
    });

    it('finds that the inventory is missing, or an earlier one', async () => {
      await open.place.put('inventory', null);
      expect(load).toThrow(damage('it has records, and the inventory of them is missing'));
      await open.ledger.close();
      await open.place.put('inventory', earlier.get('inventory')!);
      expect(load).toThrow(damage('its decided watermark is 4, and 1 was written'));
    });

    it('finds that nothing but the log is left', async () => {
      for (const key of (await open.place.values()).keys())
        if (typeof key === 'string') await open.place.put(key, null);
      expect(load).toThrow(damage('the inventory of them is missing'));
    });

    it('neither reads nor writes what it has not compared', async () => {
      await open.place.put(at(5), null);
      open.ledger = open.place.open(QUEUE);
      expect(() => open.ledger.read(at(0), at(1), 0)).toThrow(damage('records are missing'));
      await expect(committed(open.ledger, voteAt(5))).rejects.toThrow('records are missing');
    });

    it.each([0, 2, 3])(
      'finds, when it is read, that decided entry %i is missing, and reads the others',
      async (gone) => {
        await open.place.put(at(gone), null);
        load();
        const missing = damagedFrom(gone, gone + 1, `log entry ${String(gone)} of queue ${QUEUE}`);
        expect(() => open.ledger.read(at(gone), at(gone + 1), Infinity)).toThrow(missing);
        expect(() => open.ledger.read(at(gone), END, 0)).toThrow(missing);
        const before = gone === 0 ? [] : open.ledger.read(at(0), END, Infinity);
        expect(before.map(({ instance }) => instance)).toEqual([0, 1, 2].slice(0, gone));
        expect(open.ledger.read(at(gone + 1), END, Infinity)).toHaveLength(5 - gone);
      },
    );

    it('finds, when it is read, that a decided entry holds no batch', async () => {
      await open.place.put(at(2), earlier.get(at(2))!);
      load();
      expect(() => open.ledger.read(at(2), at(3), 0)).toThrow(damagedFrom(2, 3, `log entry 2 of queue ${QUEUE}`));
    });

    it('finds that a decided entry is an earlier one before it hands out any of its segment', async () => {
      await open.place.put(at(1), earlier.get(at(1))!);
      load();
      const outOfDate = damagedFrom(0, 4, 'log from instance 0 to 3');
      for (const from of [3, 3, 0, 2]) expect(() => open.ledger.read(at(from), END, 0)).toThrow(outOfDate);
      expect(open.ledger.read(at(4), END, Infinity)).toHaveLength(2);
    });

    it('finds any one record missing or an earlier one, after any commits and reopenings', async () => {
      const commits = fc.array(fc.array(fc.oneof(anyRecord(GROUP), nearRecord), { maxLength: 8 }), {
        minLength: 1,
        maxLength: 6,
      });
      const run = async (sequence: readonly (readonly LedgerRecord[])[], reopenAt: number, pick: number) => {
        const own = emptyPlace();
        let last = own.open(QUEUE);
        const model = new LedgerModel();
        const states: Map<RecordKey, Buffer>[] = [];
        for (const [i, step] of sequence.entries()) {
          if (i === reopenAt) {
            await last.close();
            last = own.open(QUEUE);
          }
          const records = model.possible(step);
          await committed(last, ...records);
          model.commit(records);
          states.push(await own.values());
        }
        await last.close();
        const faults = faultsIn(states, model.snapshot().watermark);
        const fault = faults[pick % faults.length];
        if (fault) {
          await own.put(...fault);
          last = own.open(QUEUE);
          expect(() => last.load()).toThrow(damage(QUEUE));
          await last.close();
        }
        own.dispose();
      };
      await fc.assert(fc.asyncProperty(commits, fc.nat(5), fc.nat(), run), { numRuns: repetitions(15, 150) });
    });
  });
}

/** What may happen to one record on which safety rests: it goes, or it goes back to what it was in an earlier state. */
function faultsIn(states: readonly Map<RecordKey, Buffer>[], watermark: number): [RecordKey, Buffer | null][] {
  const last = states.at(-1)!;
  if (last.size === 1) return []; // Without records there is nothing to take stock of.
  const keys = [...last.keys()].filter((key) => typeof key === 'string' || key >= watermark);
  return keys.flatMap((key) => {
    const earlier = states.map((state) => state.get(key)).filter((value) => value && !value.equals(last.get(key)!));
    return [null, ...earlier].map((value): [RecordKey, Buffer | null] => [key, value ?? null]);
  });
}
