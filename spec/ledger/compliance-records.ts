import { describe, expect, it } from '@jest/globals';

import { NO_BALLOT } from '../../lib/model/ballot.js';
import { NO_BASE } from '../../lib/model/base.js';
import { constants } from '../../lib/model/constants.js';
import type { Nonce } from '../../lib/model/start.js';
import { View } from '../../lib/model/view.js';
import { committed, type LedgerPlace } from './ledger-place.js';
import { ledgerOfEachTest } from './open-ledger.js';
import { at, BALLOT, checkpointAt, entryAt, GROUP, OTHER, PROCESS, voteAt } from './records.js';

/** Registers what every ledger keeps of each kind of record, and how long. */
export function describeRecords(name: string, emptyPlace: () => LedgerPlace): void {
  describe(`${name}: kinds of records`, () => {
    const open = ledgerOfEachTest(emptyPlace);

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
  });
}
