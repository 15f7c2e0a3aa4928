import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { NO_BALLOT } from '../../lib/model/ballot.js';
import { NO_BASE } from '../../lib/model/base.js';
import type { BatchId } from '../../lib/model/batch.js';
import { constants } from '../../lib/model/constants.js';
import type { LedgerRecord, LogEntry } from '../../lib/model/records.js';
import { NO_STARTS, type Nonce } from '../../lib/model/start.js';
import { View } from '../../lib/model/view.js';
import { describeCheckpoints } from './compliance-checkpoints.js';
import { describeDamage } from './compliance-damage.js';
import { describeLifecycle } from './compliance-lifecycle.js';
import { describeReading } from './compliance-reading.js';
import { committed, type LedgerPlace, QUEUE } from './ledger-place.js';
import { LedgerModel } from './model.js';
import { ledgerOfEachTest } from './open-ledger.js';
import {
  anyRecord,
  at,
  BALLOT,
  checkpointAt,
  END,
  entryAt,
  GROUP,
  nearRecord,
  OTHER,
  PROCESS,
  voteAt,
} from './records.js';

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

    it('still has every kind of record after reopening', async () => {
      const signed = {
        group: GROUP,
        attempt: 3,
        members: [PROCESS, OTHER],
        base: { from: at(9), digest: 'ab'.repeat(16) },
        borderInstances: 77,
      };
      const start = { incarnation: 2, nonce: 'cd'.repeat(16) as Nonce };
      const peer = { process: OTHER, starts: [{ ...start, incarnation: 7 }], isForked: true };
      const starts = { own: [{ ...start, incarnation: 1 }, start], peers: [peer], hasLostVotes: true };
      const first = { view: new View(0, [PROCESS]), from: at(0) };
      const used = { number: 1, sendingId: 2 ** 32 - 1, removedUpTo: 0, decidedAt: at(1) };
      const removed = { ...used, number: 2, removedUpTo: 7, decidedAt: at(2) };
      const second = { view: new View(1, [PROCESS, OTHER]), from: at(512) };
      await committed(
        open.ledger,
        { kind: 'identity', process: PROCESS, incarnation: 2, founds: true },
        { kind: 'starts', starts },
        { kind: 'promise', ballot: BALLOT },
        {
          kind: 'founding',
          founding: {
            signed,
            joined: { ...signed, attempt: 3 },
            refused: [GROUP],
            withdrawals: [{ founding: signed, by: [OTHER] }],
          },
        },
        { kind: 'view', group: GROUP, borderInstances: 77, record: second },
        { kind: 'view', group: GROUP, borderInstances: 77, record: first },
        { kind: 'keys', record: removed },
        { kind: 'keys', record: used },
        { kind: 'entry', entry: { instance: at(4), promised: BALLOT, vote: null } },
        { kind: 'watermark', watermark: at(3) },
        ...[3, 2, 1, 0].map((instance) => voteAt(instance)),
      );
      await open.reopen();
      expect(open.ledger.load()).toEqual({
        identity: { process: PROCESS, incarnation: 2, founds: true },
        promise: BALLOT,
        watermark: 3,
        founding: {
          signed,
          joined: { ...signed, attempt: 3 },
          refused: [GROUP],
          withdrawals: [{ founding: signed, by: [OTHER] }],
        },
        group: GROUP,
        borderInstances: 77,
        views: [first, second],
        entries: [entryAt(3), { instance: 4, promised: BALLOT, vote: null }],
        start: 0,
        checkpoint: null,
        verdict: null,
        base: NO_BASE,
        starts,
        keys: [used, removed],
      });
    });

    it('has nothing left of a group that is dissolved, and all of what it was to begin with', async () => {
      const base = { from: at(0), digest: 'ab'.repeat(16) };
      const founding = { signed: null, joined: null, refused: [GROUP], withdrawals: [] };
      await committed(open.ledger, { kind: 'base', base });
      await committed(
        open.ledger,
        { kind: 'identity', process: PROCESS, incarnation: 2, founds: true },
        {
          kind: 'view',
          group: GROUP,
          borderInstances: constants.borderInstances,
          record: { view: new View(0, [PROCESS, OTHER]), from: at(0) },
        },
        { kind: 'promise', ballot: BALLOT },
        voteAt(0),
      );
      // What is written along with it is of the same group.
      await committed(open.ledger, voteAt(1), { kind: 'founding', founding }, { kind: 'dissolution' });
      await open.reopen();
      const empty = (instance: number) => ({ instance, promised: NO_BALLOT, vote: null });
      expect(open.ledger.load()).toMatchObject({
        identity: null,
        promise: NO_BALLOT,
        group: null,
        borderInstances: null,
        views: [],
        entries: [empty(0), empty(1)],
        founding,
        base,
      });
      await committed(open.ledger, { kind: 'identity', process: OTHER, incarnation: 1, founds: true }, voteAt(0));
      await open.reopen();
      expect(open.ledger.load()).toMatchObject({ identity: { process: OTHER }, entries: [entryAt(0), empty(1)] });
    });

    it('keeps a verdict until it is taken back, whatever checkpoints come', async () => {
      const verdict = { next: at(2), refuted: '1'.repeat(32), upheld: '2'.repeat(32) };
      await committed(open.ledger, voteAt(0), voteAt(1), { kind: 'watermark', watermark: at(2) });
      await committed(open.ledger, { kind: 'verdict', verdict });
      await committed(open.ledger, { kind: 'checkpoint', checkpoint: checkpointAt(2) });
      await open.reopen();
      expect(open.ledger.load()).toMatchObject({ verdict, checkpoint: checkpointAt(2) });
      await committed(
        open.ledger,
        { kind: 'checkpoint', checkpoint: checkpointAt(2) },
        { kind: 'verdict', verdict: null },
      );
      await open.reopen();
      expect(open.ledger.load()).toMatchObject({ verdict: null, checkpoint: checkpointAt(2) });
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
      await fc.assert(fc.asyncProperty(queue, steps, run), { numRuns: 60 });
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
  describeDamage(name, emptyPlace);
  describeLifecycle(name, emptyPlace);
  describeReading(name, emptyPlace);
  describeCheckpoints(name, emptyPlace);
}
