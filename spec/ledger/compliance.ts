import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { NO_BALLOT } from '../../lib/model/ballot.js';
import { NO_BASE } from '../../lib/model/base.js';
import type { BatchId } from '../../lib/model/batch.js';
import { constants } from '../../lib/model/constants.js';
import type { LedgerRecord, LogEntry } from '../../lib/model/records.js';
import { NO_STARTS } from '../../lib/model/start.js';
import { repetitions } from '../support/repetitions.js';
import { describeCheckpoints } from './compliance-checkpoints.js';
import { describeDamage } from './compliance-damage.js';
import { describeLifecycle } from './compliance-lifecycle.js';
import { describeReading } from './compliance-reading.js';
import { describeRecords } from './compliance-records.js';
import { committed, type LedgerPlace, QUEUE } from './ledger-place.js';
import { LedgerModel } from './model.js';
import { ledgerOfEachTest } from './open-ledger.js';
import { anyRecord, at, BALLOT, checkpointAt, END, entryAt, GROUP, nearRecord, voteAt } from './records.js';

/** An entry with its body as text: jest compares large arrays slowly. */
function shown({ vote, ...rest }: LogEntry): unknown {
  return {
    ...rest,
    ballot: vote?.ballot,
    id: vote?.batch.id,
    body: vote && Buffer.from(vote.batch.body).toString('latin1'),
  };
}

/** Registers what every ledger must do: whoever implements the port calls this with a maker of empty places. */
export function describeLedger(name: string, emptyPlace: () => LedgerPlace): void {
  describe(`${name}, as any ledger`, () => {
    const open = ledgerOfEachTest(emptyPlace);

    it('knows nothing when it is new', () => {
      expect(open.ledger.load()).toEqual({
        identity: null,
        promise: NO_BALLOT,
        watermark: 0,
        founding: { signed: null, joined: null, refused: [], withdrawals: [] },
        group: null,
        borderInstances: null,
        views: [],
        entries: [],
        start: 0,
        checkpoint: null,
        verdict: null,
        base: NO_BASE,
        starts: NO_STARTS,
        keys: [],
      });
      expect(open.ledger.read(at(0), END, Infinity)).toEqual([]);
    });

    it('refuses a chunk of a checkpoint that is too large to be sent and read back', async () => {
      const writer = open.ledger.checkpoints.create(checkpointAt(1));
      const chunk = Buffer.alloc(constants.checkpointChunkBytesMax + 1);
      await expect(writer.append(chunk)).rejects.toThrow('no chunk of a checkpoint is larger');
      await writer.abandon();
      expect(open.place.checkpointCount()).toBe(0);
    });

    it('shows what is committed without reopening', async () => {
      await committed(open.ledger, voteAt(1));
      expect(open.ledger.read(at(0), END, Infinity)).toEqual([entryAt(1)]);
      await committed(open.ledger, voteAt(2));
      expect(open.ledger.read(at(0), END, Infinity)).toEqual([entryAt(1), entryAt(2)]);
    });

    it('keeps the last of two records of one kind, in one commit and across', async () => {
      const longer = entryAt(0, 9000);
      await committed(open.ledger, { kind: 'watermark', watermark: at(9) }, voteAt(0), {
        kind: 'watermark',
        watermark: at(0),
      });
      await committed(open.ledger, voteAt(0, 70_000), { kind: 'entry', entry: longer });
      await open.reopen();
      expect(open.ledger.load()).toMatchObject({ watermark: 0, entries: [longer] });
    });

    it('is what the model is after any commits and reopenings', async () => {
      const commit = fc.array(fc.oneof(anyRecord(GROUP), nearRecord), { maxLength: 8 });
      const steps = fc.array(fc.oneof({ weight: 3, arbitrary: commit }, fc.constant('reopen' as const)), {
        maxLength: 12,
      });
      const queue = fc.string({ minLength: 1, maxLength: 30, unit: 'binary' });
      const run = async (queueId: string, sequence: readonly (LedgerRecord[] | 'reopen')[]) => {
        const ownPlace = emptyPlace();
        let own = ownPlace.open(queueId);
        const model = new LedgerModel();
        for (const step of [...sequence, 'reopen' as const]) {
          if (step === 'reopen') {
            await own.close();
            own = ownPlace.open(queueId);
            const { entries, ...rest } = own.load();
            const { entries: expectedEntries, ...expectedRest } = model.snapshot();
            expect(rest).toEqual(expectedRest);
            expect(entries.map(shown)).toEqual(expectedEntries.map(shown));
          } else {
            const records = model.possible(step);
            await committed(own, ...records);
            model.commit(records);
          }
          expect(own.read(at(0), END, Infinity).map(shown)).toEqual(model.log().map(shown));
        }
        await own.close();
        ownPlace.dispose();
      };
      await fc.assert(fc.asyncProperty(queue, steps, run), { numRuns: repetitions(20, 200) });
    });

    it('keeps the queues in one place apart', async () => {
      const other = open.place.open('239.255.0.1:7401');
      await committed(open.ledger, voteAt(1), { kind: 'promise', ballot: BALLOT });
      await committed(other, voteAt(2));
      await other.close();
      await committed(open.ledger, voteAt(3));
      await open.reopen();
      const again = open.place.open('239.255.0.1:7401');
      expect(open.ledger.load()).toMatchObject({ promise: BALLOT, entries: [entryAt(1), entryAt(3)] });
      expect(again.load()).toMatchObject({ promise: NO_BALLOT, entries: [entryAt(2)] });
      await again.close();
    });

    it('refuses to be opened twice, and says that the queue is open already', async () => {
      expect(() => open.place.open(QUEUE)).toThrow(
        expect.objectContaining({
          code: 'DIRECTORY_IN_USE',
          message: expect.stringContaining(`Queue ${QUEUE} is already open`),
        }),
      );
      await committed(open.ledger, voteAt(0));
      await open.reopen();
      expect(open.ledger.load().entries).toEqual([entryAt(0)]);
    });

    it('takes nothing of a commit that fails, and no commit after it', async () => {
      await committed(open.ledger, voteAt(0));
      const misnamed = {
        ...entryAt(2),
        vote: { ballot: BALLOT, batch: { id: 'nonsense' as BatchId, body: new Uint8Array() } },
      };
      const failure = expect.objectContaining({ code: 'LEDGER_FAILED', cause: expect.anything() });
      await expect(committed(open.ledger, voteAt(1), { kind: 'entry', entry: misnamed })).rejects.toEqual(failure);
      await expect(committed(open.ledger, voteAt(3))).rejects.toEqual(failure);
      await open.reopen();
      expect(open.ledger.load().entries).toEqual([entryAt(0)]);
      await committed(open.ledger, voteAt(1));
    });

    it.each<[string, LedgerRecord]>([
      ['an entry below the watermark', voteAt(1)],
      ['a lower watermark', { kind: 'watermark', watermark: at(1) }],
      ['a watermark above what is in the log', { kind: 'watermark', watermark: at(4) }],
    ])('does not take %s', async (_what, record) => {
      await committed(open.ledger, ...[0, 1, 2].map((instance) => voteAt(instance)), {
        kind: 'watermark',
        watermark: at(2),
      });
      await expect(committed(open.ledger, record)).rejects.toEqual(expect.objectContaining({ code: 'LEDGER_FAILED' }));
      await open.reopen();
      expect(open.ledger.load()).toMatchObject({ watermark: 2, entries: [entryAt(2)] });
    });

    it('may be closed twice, and then takes nothing more', async () => {
      await committed(open.ledger, voteAt(0));
      await Promise.all([open.ledger.close(), open.ledger.close()]);
      await open.ledger.close();
      const closed = expect.objectContaining({ code: 'LEDGER_FAILED', message: expect.stringContaining('closed') });
      await expect(committed(open.ledger, voteAt(1))).rejects.toEqual(closed);
      expect(() => open.ledger.read(at(0), END, 0)).toThrow(closed);
      expect(() => open.ledger.load()).toThrow(closed);
      await open.reopen();
      expect(open.ledger.load().entries).toEqual([entryAt(0)]);
    });
  });
  describeRecords(name, emptyPlace);
  describeDamage(name, emptyPlace);
  describeLifecycle(name, emptyPlace);
  describeReading(name, emptyPlace);
  describeCheckpoints(name, emptyPlace);
}
