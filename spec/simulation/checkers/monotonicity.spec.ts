import { beforeEach, describe, expect, it } from '@jest/globals';

import { NO_BALLOT } from '../../../lib/model/ballot.js';
import { NO_BASE } from '../../../lib/model/base.js';
import type { LedgerRecord, LedgerSnapshot } from '../../../lib/model/records.js';
import { NO_STARTS } from '../../../lib/model/start.js';
import { Monotonicity } from '../../../lib/simulation/checkers/monotonicity.js';
import {
  A,
  at,
  B,
  checkpointAt,
  checkpointed,
  classic,
  fast,
  found,
  identity,
  noVote,
  promise,
  report,
} from './subjects.js';
import { vote, watermark, X, Y, Z } from './subjects.js';

describe('monotonicity', () => {
  let disks: Monotonicity;
  const commit = (...records: LedgerRecord[]): void => disks.durable('p1', records);

  beforeEach(() => {
    disks = new Monotonicity(report);
  });

  it('promises rise, votes follow them, decisions and new lives come', () => {
    commit(identity(1));
    commit(promise(fast(1)), vote(0, fast(1), X));
    commit(promise(classic(1)));
    commit(vote(0, classic(1), Y), noVote(1, classic(1)));
    commit(identity(2));
    commit(promise(classic(2, B)), vote(1, classic(2, B), Z, classic(2, B)), watermark(1), vote(0, NO_BALLOT, Z));
    expect(found).toEqual([]);
  });

  it('each process is looked at by itself', () => {
    disks.durable('p1', [promise(classic(2)), vote(0, classic(2), X)]);
    disks.durable('p2', [promise(classic(1)), vote(0, classic(1), Y)]);
    expect(found).toEqual([]);
  });

  it('a vote may be written again, also when more has been promised since', () => {
    commit(vote(0, fast(1), X));
    commit(promise(classic(2)), vote(0, fast(1), X, classic(2)));
    expect(found).toEqual([]);
  });

  it('a decision is no vote', () => {
    commit(promise(classic(9)), vote(0, classic(9), X));
    commit(vote(0, fast(1), Y), watermark(1));
    expect(found).toEqual([]);
  });

  it('it keeps what is on the disk', () => {
    commit(identity(3), promise(classic(2)), vote(5, classic(2), X), watermark(4));
    const { incarnation, promise: promised, watermark: below, entries } = disks.diskOf('p1');
    expect({ incarnation, promised, below }).toEqual({ incarnation: 3, promised: classic(2), below: 4 });
    expect(entries.get(5)?.vote?.batch).toBe(X);
  });

  it.each<[string, LedgerRecord[], LedgerRecord[], string]>([
    [
      'a promise never falls',
      [promise(classic(2))],
      [promise(fast(2))],
      'p1 promises 2.aaaaaa.fast after 2.aaaaaa.classic',
    ],
    [
      'nor does that for one instance',
      [promise(fast(2)), noVote(3, classic(2))],
      [noVote(3, fast(2))],
      'p1 at 3 promises 2.aaaaaa.fast after 2.aaaaaa.classic',
    ],
    [
      'the ballot of a vote never falls',
      [vote(0, classic(2), X)],
      [vote(0, classic(1), X)],
      'p1 at 0 votes in 1.aaaaaa.classic after 2.aaaaaa.classic',
    ],
    [
      'there is one vote a ballot',
      [vote(0, fast(1), X)],
      [vote(0, fast(1), Y)],
      'p1 at 0 votes twice in 1.aaaaaa.fast',
    ],
    [
      'no vote is below the promise',
      [promise(fast(2, B))],
      [vote(0, fast(2, A), X)],
      'p1 at 0 votes in 2.aaaaaa.fast though it has promised 2.bbbbbb.fast',
    ],
    [
      'nor below that for its instance',
      [promise(fast(2))],
      [vote(0, fast(2), X, classic(2))],
      'p1 at 0 votes in 2.aaaaaa.fast though it has promised 2.aaaaaa.classic there',
    ],
    [
      'a promise for one instance is one in a reign that is promised as a whole',
      [promise(fast(1)), noVote(3, classic(1))],
      [noVote(4, classic(2))],
      'p1 at 4 promises 2.aaaaaa.classic, and that reign nowhere else',
    ],
    [
      'a vote is not forgotten',
      [promise(fast(1)), vote(0, fast(1), X)],
      [noVote(0, classic(1))],
      'p1 at 0 has forgotten its vote in 1.aaaaaa.fast',
    ],
    ['the watermark never falls', [watermark(7)], [watermark(6)], 'p1 lowers its watermark from 7 to 6'],
    ['no life has the number of an earlier one', [identity(2)], [identity(2)], 'p1 starts as incarnation 2 again'],
  ])('%s', (_, before, after, text) => {
    commit(...before);
    expect(found).toEqual([]);
    commit(...after);
    expect(found).toEqual([text]);
  });

  it('a checkpoint takes the place of votes below its end, and the watermark goes there', () => {
    commit(promise(classic(1)), vote(3, classic(1), X), vote(7, classic(1), Y));
    commit(checkpointed(checkpointAt(5)), watermark(5));
    expect(found).toEqual([]);
    expect(disks.diskOf('p1').checkpoint?.next).toBe(5);
    commit(noVote(7, classic(1)));
    expect(found).toEqual(['p1 at 7 has forgotten its vote in 1.aaaaaa.classic']);
  });

  it('no checkpoint goes beyond the watermark', () => {
    commit(checkpointed(checkpointAt(5)), watermark(4));
    expect(found).toEqual(['p1 has a checkpoint at 5 and its watermark at 4']);
  });

  describe('a start', () => {
    const past: LedgerSnapshot = {
      identity: null,
      promise: classic(2),
      watermark: at(3),
      founding: { signed: null, joined: null, refused: [], withdrawals: [] },
      group: null,
      borderInstances: null,
      views: [],
      entries: [{ instance: at(4), promised: NO_BALLOT, vote: { ballot: classic(2), batch: X } }],
      start: at(0),
      base: NO_BASE,
      starts: NO_STARTS,
      keys: [],
      checkpoint: checkpointAt(2),
      verdict: null,
    };

    beforeEach(() => {
      commit(promise(classic(2)), watermark(3), checkpointed(checkpointAt(2)), vote(4, classic(2), X));
    });

    it('finds what was written', () => {
      disks.loads('p1', past);
      expect(found).toEqual([]);
    });

    it.each<[string, Partial<LedgerSnapshot>, string]>([
      ['an earlier promise', { promise: classic(1) }, 'p1 starts with its promise of 2.aaaaaa.classic forgotten'],
      ['another watermark', { watermark: at(2) }, 'p1 starts with watermark 2, and 3 was written'],
      ['another checkpoint', { checkpoint: null }, 'p1 starts with another checkpoint than its last'],
      ['a vote less', { entries: [] }, 'p1 starts with something else at 4 than was written'],
      [
        'another vote',
        { entries: [{ instance: at(4), promised: NO_BALLOT, vote: { ballot: classic(1), batch: X } }] },
        'p1 starts with something else at 4 than was written',
      ],
      [
        'a vote more',
        { entries: [...past.entries, { instance: at(5), promised: classic(1), vote: null }] },
        'p1 starts with something at 5 that was not written',
      ],
    ])('does not find %s', (_, change, text) => {
      disks.loads('p1', { ...past, ...change });
      expect(found).toEqual([text]);
    });
  });

  it('a rule that is broken within one commit is seen as well', () => {
    commit(vote(0, fast(1), X), vote(0, fast(1), Y));
    expect(found).toEqual(['p1 at 0 votes twice in 1.aaaaaa.fast']);
  });
});
