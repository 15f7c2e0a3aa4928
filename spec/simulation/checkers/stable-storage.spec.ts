import { beforeEach, describe, expect, it } from '@jest/globals';

import type { Message } from '../../../lib/consensus/messages.js';
import { type Ballot, NO_BALLOT } from '../../../lib/model/ballot.js';
import { NO_BASE } from '../../../lib/model/base.js';
import { type Batch, NO_OP } from '../../../lib/model/batch.js';
import { constants } from '../../../lib/model/constants.js';
import type { GroupId } from '../../../lib/model/ids.js';
import type { Founding, LedgerRecord } from '../../../lib/model/records.js';
import { Agreement } from '../../../lib/simulation/checkers/agreement.js';
import { Monotonicity } from '../../../lib/simulation/checkers/monotonicity.js';
import { StableStorage } from '../../../lib/simulation/checkers/stable-storage.js';
import {
  A,
  at,
  B,
  checkpointAt,
  classic,
  fast,
  found,
  noVote,
  promise,
  report,
  vote,
  watermark,
  X,
  Y,
} from './subjects.js';

describe('stable storage', () => {
  const founding: Founding = {
    group: 'cccccccccccccccc' as GroupId,
    attempt: 0,
    members: [A, B],
    base: NO_BASE,
    borderInstances: constants.borderInstances,
  };
  let disks: Monotonicity;
  let storage: StableStorage;

  /** A group of one, so that what is written is chosen. */
  const write = (...records: LedgerRecord[]): void => {
    disks.durable('p1', records);
    agreement.durable('p1', records);
  };
  let agreement: Agreement;

  beforeEach(() => {
    agreement = new Agreement(1, report);
    disks = new Monotonicity(report);
    storage = new StableStorage(disks, agreement, report);
  });

  const item = (instance: number, { id }: Batch) => ({ instance: at(instance), id });
  const accepted = (instance: number, ballot: Ballot, batch: Batch): Message => ({
    kind: 'accepted',
    ballot,
    watermark: at(0),
    items: [item(instance, batch)],
  });
  const promised = (ballot: Ballot, ...votes: readonly [number, Ballot, Batch][]): Message => ({
    kind: 'promise',
    ballot,
    watermark: at(0),
    from: at(0),
    until: null,
    votes: votes.map(([instance, voted, batch]) => ({ ...item(instance, batch), ballot: voted })),
  });

  it.each<[string, LedgerRecord | readonly LedgerRecord[], Message, RegExp]>([
    [
      'a promise',
      promise(classic(2)),
      promised(classic(2)),
      /^p1 says that it promises 2\.aaaaaa\.classic, which is not on its disk$/,
    ],
    [
      'the ballot of a coordinator',
      promise(fast(2)),
      { kind: 'prepare', ballot: fast(2), from: at(0) },
      /begins 2\.aaaaaa\.fast, which it has not promised itself/,
    ],
    [
      'a promise for one instance',
      [promise(classic(2)), noVote(3, classic(2))],
      { kind: 'report', ballot: classic(2), instance: at(3), vote: null },
      /promises 2\.aaaaaa\.classic at 3, which is not on its disk/,
    ],
    ['a vote', vote(3, fast(2), X), accepted(3, fast(2), X), /votes in 2\.aaaaaa\.fast at 3, which is not on its disk/],
    [
      'a signature',
      { kind: 'founding', founding: { signed: founding, joined: null, refused: [], withdrawals: [] } },
      { kind: 'signed', founding },
      /founds cccccccccccccccc, which it has not signed on its disk/,
    ],
    [
      'the founding of a group',
      { kind: 'founding', founding: { signed: founding, joined: null, refused: [], withdrawals: [] } },
      { kind: 'founded', founding },
      /founds cccccccccccccccc, which it has not signed on its disk/,
    ],
    [
      'a decision',
      vote(0, classic(1), X),
      { kind: 'decided', from: at(0), batches: [X], watermark: at(0) },
      /is decided at 0, where it has not been chosen/,
    ],
    ...(
      [
        {
          kind: 'heartbeat',
          ballot: classic(1),
          watermark: at(1),
          durable: at(0),
          anyFrom: null,
          complete: 0,
          timeMs: null,
        },
        { kind: 'heard', ballot: classic(1), watermark: at(1), durable: at(0), clockMs: null },
        { kind: 'accepted', ballot: classic(1), watermark: at(1), items: [] },
        { kind: 'promise', ballot: NO_BALLOT, watermark: at(1), from: at(0), until: null, votes: [] },
      ] as const
    ).map((message): [string, LedgerRecord, Message, RegExp] => [
      `a watermark in ${message.kind}`,
      vote(0, classic(1), X),
      message,
      /everything below 1 is decided, and at 0 nothing is/,
    ]),
  ])('nobody hears of %s before it is on disk', (_, records, message, text) => {
    storage.says('p1', message);
    expect(found).toEqual([expect.stringMatching(text)]);
    for (const record of [records].flat()) write(record);
    storage.says('p1', message);
    expect(found).toHaveLength(1);
  });

  it('a record on the disk of another does not count', () => {
    disks.durable('p2', [promise(classic(2))]);
    storage.says('p1', promised(classic(2)));
    expect(found).toHaveLength(1);
  });

  it('nobody is offered a checkpoint of what has not been decided', () => {
    storage.says('p1', { kind: 'offer', beyond: at(0), checkpoint: checkpointAt(1) });
    expect(found).toEqual(['p1 says that everything below 1 is decided, and at 0 nothing is']);
    write(vote(0, classic(1), X));
    storage.says('p1', { kind: 'offer', beyond: at(0), checkpoint: checkpointAt(1) });
    expect(found).toHaveLength(1);
  });

  it('a later promise covers an earlier one', () => {
    write(promise(classic(5)));
    storage.says('p1', promised(fast(2)));
    expect(found).toEqual([]);
  });

  it('a promise tells the votes that are on disk', () => {
    write(vote(3, fast(2), X));
    write(promise(classic(5)));
    storage.says('p1', promised(classic(5), [3, fast(2), X]));
    expect(found).toEqual([]);
    storage.says('p1', promised(classic(5), [3, fast(2), Y]));
    expect(found).toEqual(['p1 says that it has voted in 2.aaaaaa.fast at 3, which is not on its disk']);
  });

  it('a vote that a later one has replaced was on disk', () => {
    write(vote(3, classic(2), Y));
    storage.says('p1', accepted(3, fast(2), X));
    expect(found).toEqual([]);
  });

  it('a vote below the watermark is no longer looked for', () => {
    for (const instance of [0, 1, 2, 3]) write(vote(instance, classic(1), NO_OP));
    write(watermark(4));
    storage.says('p1', accepted(3, fast(2), X));
    storage.says('p1', { kind: 'report', ballot: classic(2), instance: at(3), vote: null });
    expect(found).toEqual([]);
  });

  it('a message that asks, proposes or repairs rests on no disk', () => {
    storage.says('p1', {
      kind: 'hello',
      replicas: 3,
      intent: 'found',
      base: '',
      borderInstances: constants.borderInstances,
    });
    storage.says('p1', { kind: 'canvass', ballot: classic(9) });
    storage.says('p1', { kind: 'accept', ballot: classic(9), items: [item(0, X)] });
    storage.says('p1', { kind: 'propose', ballot: fast(9), instance: at(9), batch: X });
    storage.says('p1', { kind: 'fetch', id: X.id, instance: at(9) });
    expect(found).toEqual([]);
  });

  it('a process that has lost its disk says nothing but that it is there', () => {
    storage.saysAsStranger('p1', {
      kind: 'hello',
      replicas: 3,
      intent: 'wait',
      base: '',
      borderInstances: constants.borderInstances,
    });
    storage.saysAsStranger('p1', { kind: 'unwilling', refused: founding.group });
    expect(found).toEqual([]);
    for (const message of [accepted(0, fast(1), X), promised(fast(1)), { kind: 'signed', founding } as const])
      storage.saysAsStranger('p1', message);
    expect(found).toEqual(['accepted', 'promise', 'signed'].map((kind) => `p1, which has lost its disk, says ${kind}`));
  });
});
