import { deserialize, serialize } from 'node:v8';

import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { Operation, operation, StateMachine, type ExecutionContext } from '../../lib/index.js';
import type { Message } from '../../lib/consensus/messages.js';
import { ballotOf, compareBallots, NO_BALLOT, type Ballot } from '../../lib/model/ballot.js';
import { batchId, NO_OP, type Batch } from '../../lib/model/batch.js';
import type { GroupId, Instance, Position, ProcessId } from '../../lib/model/ids.js';
import type { Founding, LedgerRecord } from '../../lib/model/records.js';
import { classicQuorum, fastQuorum } from '../../lib/model/view.js';
import { packBody, type BatchContent } from '../../lib/queue/batch-body.js';
import type { DeliveredBatch } from '../../lib/queue/state-holder.js';
import { encode } from '../../lib/serialization/codec.js';
import { Agreement } from '../../lib/simulation/checkers/agreement.js';
import { difference } from '../../lib/simulation/checkers/difference.js';
import { Durability } from '../../lib/simulation/checkers/durability.js';
import { EqualStates } from '../../lib/simulation/checkers/equal-states.js';
import { ExactlyOnce } from '../../lib/simulation/checkers/exactly-once.js';
import { ApplicationInvariants, type Invariants } from '../../lib/simulation/checkers/invariants.js';
import { Monotonicity } from '../../lib/simulation/checkers/monotonicity.js';
import { OneOrder } from '../../lib/simulation/checkers/one-order.js';
import { StableStorage } from '../../lib/simulation/checkers/stable-storage.js';
import { isBelow, quorumOf } from '../../lib/simulation/checkers/votes.js';
import { History } from '../../lib/simulation/history.js';

const A = 'aaaaaaaaaaaaaaaa' as ProcessId;
const B = 'bbbbbbbbbbbbbbbb' as ProcessId;
const AT_MS = Date.UTC(2001, 0, 1);

/** What the checkers of one test have found. */
let found: string[];
const report = (text: string): void => void found.push(text);

beforeEach(() => {
  found = [];
});

const fast = (reign: number, coordinator = A): Ballot => ballotOf(reign, coordinator, 'fast');
const classic = (reign: number, coordinator = A): Ballot => ballotOf(reign, coordinator, 'classic');
const at = (instance: number): Instance => instance as Instance;

function batchOf(sequence: number, texts: readonly string[] = [`message ${sequence}`], incarnation = 1): Batch {
  const messages = texts.map((text) => Buffer.from(text));
  const bytes = messages.reduce((sum, { length }) => sum + length, 0);
  return { id: batchId(A, incarnation, sequence), body: packBody(messages, bytes, AT_MS) };
}

const [X, Y, Z] = [batchOf(0), batchOf(1), batchOf(2)];

function vote(instance: number, ballot: Ballot, batch: Batch, promised = NO_BALLOT): LedgerRecord {
  return { kind: 'entry', entry: { instance: at(instance), promised, vote: { ballot, batch } } };
}

const noVote = (instance: number, promised: Ballot): LedgerRecord => ({
  kind: 'entry',
  entry: { instance: at(instance), promised, vote: null },
});
const promise = (ballot: Ballot): LedgerRecord => ({ kind: 'promise', ballot });
const watermark = (below: number): LedgerRecord => ({ kind: 'watermark', watermark: at(below) });
const identity = (incarnation: number): LedgerRecord => ({ kind: 'identity', process: A, incarnation });

function delivered(
  position: number,
  texts: readonly string[],
  tickets: DeliveredBatch['tickets'] = null,
): DeliveredBatch {
  const messages = texts.map((text) => Buffer.from(text));
  return { position: position as Position, origin: A, proposedAtMs: AT_MS, messages, tickets };
}

/** Commits of members of a group of n, as they reach their disks. */
function agreementOf(n: number): {
  agreement: Agreement;
  commit: (member: number, ...records: LedgerRecord[]) => void;
} {
  const agreement = new Agreement(n, report);
  const commit = (member: number, ...records: LedgerRecord[]): void => {
    agreement.durable(`p${member + 1}`, records);
  };
  return { agreement, commit };
}

describe('quorums and ballots of the checkers', () => {
  const ballot = fc.record({
    reign: fc.nat(3),
    coordinator: fc.constantFrom(A, B),
    step: fc.constantFrom<0 | 1>(0, 1),
  });

  it('are those of the product, which they have been written without', () => {
    fc.assert(fc.property(ballot, ballot, (a, b) => expect(isBelow(a, b)).toBe(compareBallots(a, b) < 0)));
    for (let n = 1; n <= 31; n += 1) {
      expect(quorumOf(n, classic(1))).toBe(classicQuorum(n));
      expect(quorumOf(n, fast(1))).toBe(fastQuorum(n));
    }
  });
});

describe('agreement', () => {
  it('a majority chooses in a classic ballot', () => {
    const { agreement, commit } = agreementOf(4);
    commit(0, vote(0, classic(1), X));
    commit(1, vote(0, classic(1), X));
    expect(agreement.chosenAt(0)).toBeUndefined();
    commit(2, vote(0, classic(1), X));
    expect(agreement.chosenAt(0)).toBe(X.id);
    expect(found).toEqual([]);
  });

  it('three quarters choose in a fast ballot', () => {
    const { agreement, commit } = agreementOf(5);
    for (const member of [0, 1, 2]) commit(member, vote(0, fast(1), X));
    expect(agreement.chosenAt(0)).toBeUndefined();
    commit(3, vote(0, fast(1), X));
    expect(agreement.chosenAt(0)).toBe(X.id);
  });

  it('who votes twice counts once', () => {
    const { agreement, commit } = agreementOf(3);
    commit(0, vote(0, classic(1), X));
    commit(0, vote(0, classic(1), X));
    expect(agreement.chosenAt(0)).toBeUndefined();
  });

  it('votes in different ballots, for different batches and at different instances are not added', () => {
    const { agreement, commit } = agreementOf(3);
    commit(0, vote(0, classic(1), X), vote(1, classic(1), Y));
    commit(1, vote(0, classic(2), X), vote(1, classic(1), Z));
    commit(2, vote(0, fast(1), X), vote(2, classic(1), Y));
    expect([0, 1, 2].map((instance) => agreement.chosenAt(instance))).toEqual([undefined, undefined, undefined]);
  });

  it('the front is the first instance that nothing has been chosen at', () => {
    const { agreement, commit } = agreementOf(1);
    commit(0, vote(1, classic(1), Y));
    expect(agreement.front).toBe(0);
    commit(0, vote(0, classic(1), NO_OP));
    expect(agreement.front).toBe(2);
  });

  it('a batch may be chosen again, in a later ballot and at another instance', () => {
    const { commit } = agreementOf(1);
    commit(0, vote(0, classic(1), X));
    commit(0, vote(0, classic(2), X), vote(1, classic(2), X));
    expect(found).toEqual([]);
  });

  it('two batches are never chosen at one instance', () => {
    const { commit } = agreementOf(3);
    for (const member of [0, 1]) commit(member, vote(7, classic(1), X));
    for (const member of [1, 2]) commit(member, vote(7, classic(2), Y));
    expect(found).toEqual([`at 7 both ${X.id} and, in 2.aaaaaa.classic, ${Y.id} are chosen`]);
  });

  it('what was chosen may be taken for decided, whoever voted for it', () => {
    const { commit } = agreementOf(3);
    for (const member of [0, 1]) commit(member, vote(0, fast(1), X), vote(0, classic(1), X));
    commit(2, vote(0, NO_BALLOT, X), watermark(1));
    expect(found).toEqual([]);
  });

  it('what has not been chosen is not taken for decided', () => {
    const { commit } = agreementOf(3);
    commit(0, vote(0, classic(1), X), watermark(1));
    expect(found).toEqual([`p1 takes ${X.id} for decided at 0, where nothing has been chosen`]);
  });

  it('nothing is taken for decided in place of what was chosen', () => {
    const { commit } = agreementOf(3);
    for (const member of [0, 1]) commit(member, vote(0, classic(1), X));
    commit(2, vote(0, NO_BALLOT, NO_OP), watermark(1));
    expect(found).toEqual([`p3 takes the no-op for decided at 0, where ${X.id} has been chosen`]);
  });

  it('what is taken for decided is something', () => {
    const { commit } = agreementOf(3);
    commit(0, noVote(0, classic(1)), watermark(1));
    expect(found).toEqual(['p1 holds nothing at 0, which it takes for decided']);
  });

  it('a commit may hold a vote and, behind it, the decision that it is part of', () => {
    const { agreement, commit } = agreementOf(1);
    commit(0, vote(0, classic(1), X), vote(0, classic(1), X), watermark(1));
    expect(agreement.chosenAt(0)).toBe(X.id);
    expect(found).toEqual([]);
  });

  it('a body is known wherever it was stored, also where the batch is a stand-in elsewhere', () => {
    const { agreement, commit } = agreementOf(3);
    commit(0, vote(0, classic(1), X));
    commit(1, vote(4, classic(1), { id: X.id, body: Buffer.alloc(0) }));
    expect(agreement.bodyOf(X.id)).toBe(X.body);
    expect(agreement.bodyOf(Y.id)).toBeUndefined();
  });
});

describe('one order', () => {
  const orderOf = () => {
    const { agreement, commit } = agreementOf(1);
    const placed: { place: number; texts: string[] }[] = [];
    const order = new OneOrder(agreement, report, (place, { messages }) =>
      placed.push({ place, texts: messages.map(String) }),
    );
    /** Chooses batches at one instance after the other. */
    const choose = (...batches: readonly Batch[]): void => {
      for (const batch of batches) commit(0, vote(agreement.front, classic(1), batch));
    };
    return { order, choose, placed };
  };

  it('every process is handed what was chosen, message by message, at one pace or another', () => {
    const { order, choose, placed } = orderOf();
    choose(batchOf(0, ['a', 'b']), NO_OP, batchOf(1, ['c']));
    order.delivers('p1', 0, delivered(0, ['a', 'b']));
    order.delivers('p2', 0, delivered(0, ['a', 'b']));
    order.delivers('p2', 2, delivered(2, ['c']));
    order.delivers('p1', 2, delivered(2, ['c']));
    expect(found).toEqual([]);
    expect(placed).toEqual([
      { place: 0, texts: ['a', 'b'] },
      { place: 2, texts: ['c'] },
    ]);
    expect(order.length).toBe(3);
    expect([0, 1, 2, 3].map((position) => order.instanceOf(position))).toEqual([0, 0, 2, undefined]);
  });

  it('a process that begins anew is handed everything again', () => {
    const { order, choose } = orderOf();
    choose(X, Y);
    for (let life = 0; life < 2; life += 1) {
      order.delivers('p1', 0, delivered(0, ['message 0']));
      order.delivers('p1', 1, delivered(1, ['message 1']));
    }
    expect(found).toEqual([]);
  });

  it('no message is left out', () => {
    const { order, choose } = orderOf();
    choose(X, Y);
    order.delivers('p1', 0, delivered(1, ['message 1']));
    expect(found).toEqual(['p1 is handed position 1 after 0 messages']);
  });

  it('no message is handed over twice', () => {
    const { order, choose } = orderOf();
    choose(X);
    order.delivers('p1', 0, delivered(0, ['message 0']));
    order.delivers('p1', 1, delivered(0, ['message 0']));
    expect(found).toEqual(['p1 is handed position 0 after 1 messages']);
  });

  it('no message is handed over before it is chosen', () => {
    const { order, choose } = orderOf();
    choose(X);
    order.delivers('p1', 0, delivered(0, ['message 0', 'message 1']));
    expect(found).toEqual(['p1 is handed a message at 1 that has not been chosen']);
  });

  it('no message stands where another was chosen', () => {
    const { order, choose } = orderOf();
    choose(X, Y);
    order.delivers('p1', 0, delivered(0, ['message 1']));
    expect(found).toEqual(['p1 is handed another message at 0 than was chosen']);
  });

  it('a batch that was chosen twice has its first place only', () => {
    const { order, choose } = orderOf();
    choose(X, X, Y);
    order.delivers('p1', 0, delivered(0, ['message 0']));
    order.delivers('p1', 1, delivered(1, ['message 0']));
    expect(found).toEqual(['p1 is handed another message at 1 than was chosen']);
  });

  it('a batch that comes after one of a later life of its process has no place', () => {
    const { order, choose } = orderOf();
    choose(batchOf(0, ['late'], 2), batchOf(0, ['too late'], 1), batchOf(1, ['in time'], 2));
    order.delivers('p1', 0, delivered(0, ['late']));
    order.delivers('p1', 1, delivered(1, ['in time']));
    expect(found).toEqual([]);
    order.delivers('p2', 1, delivered(1, ['too late']));
    expect(found).toHaveLength(1);
  });

  it('what is chosen is known to somebody', () => {
    const { order, choose } = orderOf();
    choose({ id: X.id, body: Buffer.alloc(0) });
    order.delivers('p1', 0, delivered(0, ['message 0']));
    expect(found[0]).toBe(`${X.id} is chosen at 0 and nobody knows what is in it`);
  });
});

describe('exactly once', () => {
  const message = Buffer.from('one');

  it('a message may be ordered as often as it was submitted, or less often', () => {
    const once = new ExactlyOnce(report);
    once.submitted(message);
    once.submitted(message);
    once.submitted(Buffer.from('lost'));
    once.ordered([message, Buffer.from(message)]);
    expect(found).toEqual([]);
  });

  it('no message is ordered once more', () => {
    const once = new ExactlyOnce(report);
    once.submitted(message);
    once.ordered([message]);
    once.ordered([message]);
    expect(found).toEqual(['a message of 3 bytes is executed more often than it was submitted']);
  });

  it('no message is ordered that nobody has submitted', () => {
    new ExactlyOnce(report).ordered([message]);
    expect(found).toHaveLength(1);
  });
});

describe('durability', () => {
  /** Three members, of whom the first two have chosen a batch, which everybody is handed. */
  const chosenByTwo = () => {
    const { agreement, commit } = agreementOf(3);
    const order = new OneOrder(agreement, report, () => undefined);
    const durability = new Durability(3, agreement, order, report);
    const write = (member: number, ...records: LedgerRecord[]): void => {
      commit(member, ...records);
      durability.durable(member, records);
    };
    for (const member of [0, 1]) write(member, vote(0, classic(1), batchOf(0, ['a', 'b'])));
    order.delivers('p1', 0, delivered(0, ['a', 'b']));
    return { durability, write };
  };

  it('what a majority of disks holds may be acknowledged', () => {
    chosenByTwo().durability.acknowledged('p1', delivered(0, ['a', 'b']));
    expect(found).toEqual([]);
  });

  it('what fewer hold is not acknowledged', () => {
    const { durability, write } = chosenByTwo();
    write(1, vote(0, classic(2), Y));
    durability.acknowledged('p1', delivered(0, ['a', 'b']));
    expect(found).toEqual(['p1 acknowledges position 0 with 1 copies on 3 disks']);
  });

  it('who has caught up holds all that was acknowledged', () => {
    const { durability } = chosenByTwo();
    durability.acknowledged('p1', delivered(0, ['a', 'b']));
    durability.finish('p2', 2);
    expect(found).toEqual([]);
    durability.finish('p3', 1);
    expect(found).toEqual(['2 operations were acknowledged, and p3 ends with 1']);
  });
});

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
      [noVote(3, classic(2))],
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
      [],
      [vote(0, fast(2), X, classic(2))],
      'p1 at 0 votes in 2.aaaaaa.fast though it has promised 2.aaaaaa.classic there',
    ],
    [
      'a vote is not forgotten',
      [vote(0, fast(1), X)],
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

  it('what is broken in one commit is seen as well', () => {
    commit(vote(0, fast(1), X), vote(0, fast(1), Y));
    expect(found).toEqual(['p1 at 0 votes twice in 1.aaaaaa.fast']);
  });
});

describe('stable storage', () => {
  const founding: Founding = { group: 'cccccccccccccccc' as GroupId, attempt: 0, members: [A, B] };
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
    votes: votes.map(([instance, voted, batch]) => ({ ...item(instance, batch), ballot: voted })),
  });

  it.each<[string, LedgerRecord, Message, RegExp]>([
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
      noVote(3, classic(2)),
      { kind: 'report', ballot: classic(2), instance: at(3), vote: null },
      /promises 2\.aaaaaa\.classic at 3, which is not on its disk/,
    ],
    ['a vote', vote(3, fast(2), X), accepted(3, fast(2), X), /votes in 2\.aaaaaa\.fast at 3, which is not on its disk/],
    [
      'a signature',
      { kind: 'founding', founding: { signed: founding, refused: [] } },
      { kind: 'signed', founding },
      /founds cccccccccccccccc, which it has not signed on its disk/,
    ],
    [
      'the founding of a group',
      { kind: 'founding', founding: { signed: founding, refused: [] } },
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
        { kind: 'heartbeat', ballot: classic(1), watermark: at(1), anyFrom: null },
        { kind: 'heard', ballot: classic(1), watermark: at(1) },
        { kind: 'accepted', ballot: classic(1), watermark: at(1), items: [] },
        { kind: 'promise', ballot: NO_BALLOT, watermark: at(1), votes: [] },
      ] as const
    ).map((message): [string, LedgerRecord, Message, RegExp] => [
      `a watermark in ${message.kind}`,
      vote(0, classic(1), X),
      message,
      /everything below 1 is decided, and at 0 nothing is/,
    ]),
  ])('nobody hears of %s before it is on disk', (_, record, message, text) => {
    storage.says('p1', message);
    expect(found).toEqual([expect.stringMatching(text)]);
    write(record);
    storage.says('p1', message);
    expect(found).toHaveLength(1);
  });

  it('what is on the disk of another does not count', () => {
    disks.durable('p2', [promise(classic(2))]);
    storage.says('p1', promised(classic(2)));
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

  it('what asks, proposes or repairs rests on no disk', () => {
    storage.says('p1', { kind: 'hello', replicas: 3, willing: true });
    storage.says('p1', { kind: 'canvass', ballot: classic(9) });
    storage.says('p1', { kind: 'accept', ballot: classic(9), items: [item(0, X)] });
    storage.says('p1', { kind: 'propose', ballot: fast(9), instance: at(9), batch: X });
    storage.says('p1', { kind: 'fetch', id: X.id, instance: at(9) });
    expect(found).toEqual([]);
  });

  it('a process that has lost its disk says nothing but that it is there', () => {
    storage.saysAsStranger('p1', { kind: 'hello', replicas: 3, willing: false });
    storage.saysAsStranger('p1', { kind: 'unwilling', refused: founding.group });
    expect(found).toEqual([]);
    for (const message of [accepted(0, fast(1), X), promised(fast(1)), { kind: 'signed', founding } as const])
      storage.saysAsStranger('p1', message);
    expect(found).toEqual(['accepted', 'promise', 'signed'].map((kind) => `p1, which has lost its disk, says ${kind}`));
  });
});

class Ledger extends StateMachine {
  readonly lines: string[] = [];
  readonly totals: Map<string, number> = new Map();
}

/** Returns how many lines there are. */
@operation('spec.checkers.enter')
class Enter extends Operation<Ledger, { readonly lines: number; readonly at: number }> {
  constructor(readonly line: string) {
    super();
  }

  execute(ledger: Ledger, context: ExecutionContext) {
    if (this.line === '') throw new RangeError('there is nothing to enter');
    ledger.lines.push(this.line);
    ledger.totals.set(this.line, (ledger.totals.get(this.line) ?? 0) + 1);
    return { lines: ledger.lines.length, at: context.time };
  }
}

describe('equal states', () => {
  let states: EqualStates<Ledger>;
  let executions: number;

  beforeEach(() => {
    executions = 0;
    const execute = (action: () => void): void => {
      executions += 1;
      action();
    };
    states = new EqualStates(() => new Ledger(), execute, report);
  });

  const contentOf = (lines: readonly string[]): BatchContent => ({
    proposedAtMs: AT_MS,
    messages: lines.map((line) => Buffer.from(encode(new Enter(line)))),
  });
  const LINES = Array.from({ length: 16 }, (_, i) => `line ${i % 4}`);

  /** The state of a replica that has entered these lines. */
  function ledgerWith(lines: readonly string[]): Ledger {
    const ledger = new Ledger();
    ledger.lines.push(...lines);
    for (const line of lines) ledger.totals.set(line, (ledger.totals.get(line) ?? 0) + 1);
    return ledger;
  }

  it('a replica may hold what a sequential execution holds', () => {
    states.ordered(0, contentOf(LINES));
    expect(executions).toBe(1);
    expect(states.executed('p1', 0, 16, ledgerWith(LINES))).toBe(true);
    expect(found).toEqual([]);
  });

  it('a replica that is behind is compared with the state of its own position', () => {
    states.ordered(0, contentOf(LINES));
    states.ordered(16, contentOf(LINES));
    states.executed('p1', 0, 16, ledgerWith(LINES));
    states.executed('p1', 16, 32, ledgerWith([...LINES, ...LINES]));
    expect(found).toEqual([]);
  });

  it('a replica does not hold anything else', () => {
    states.ordered(0, contentOf(LINES));
    const other = ledgerWith(LINES);
    other.lines[3] = 'forged';
    states.executed('p2', 0, 16, other);
    expect(found).toEqual(["after 16 operations, by themselves and at p2, state.lines[3] is 'line 3' and 'forged'"]);
  });

  it('the order of a map counts, for operations may iterate it', () => {
    states.ordered(0, contentOf(LINES));
    const other = ledgerWith(LINES);
    const [first, ...rest] = other.totals;
    other.totals.clear();
    for (const [line, total] of [...rest, first!]) other.totals.set(line, total);
    states.executed('p2', 0, 16, other);
    expect(found).toEqual([expect.stringContaining('state.totals (entry 0)[0]')]);
  });

  it('looks at the end of every sixteenth operation, and where it is told to', () => {
    states.ordered(0, contentOf(LINES.slice(0, 3)));
    expect(states.executed('p1', 0, 3, new Ledger())).toBe(false);
    expect(found).toEqual([]);
    states.compare('p1', 3, new Ledger());
    expect(found).toHaveLength(1);
  });

  it('a caller is told what a sequential execution returns, at the time that was decided', () => {
    states.ordered(0, contentOf(['a', 'b']));
    states.told('p1', 1, () => ({ lines: 2, at: AT_MS }));
    expect(found).toEqual([]);
    states.told('p1', 1, () => ({ lines: 3, at: AT_MS }));
    expect(found).toEqual(['of the operation at 1, by itself and as told at p1, the outcome.lines is 2 and 3']);
  });

  it('a caller is told the very error', () => {
    states.ordered(0, contentOf(['']));
    states.told('p1', 0, () => {
      throw new RangeError('there is nothing to enter');
    });
    expect(found).toEqual([]);
    states.told('p1', 0, () => ({ lines: 1, at: AT_MS }));
    expect(found).toHaveLength(1);
  });

  it('a caller is not told an error in place of a result', () => {
    states.ordered(0, contentOf(['a']));
    states.told('p1', 0, () => {
      throw new Error('no room');
    });
    expect(found).toHaveLength(1);
  });
});

describe('the difference of two states', () => {
  it.each<[string, unknown, unknown]>([
    [
      'equal values',
      { a: [1, { b: new Map([['x', new Set([1])]]) }] },
      { a: [1, { b: new Map([['x', new Set([1])]]) }] },
    ],
    ['properties in another order', { a: 1, b: 2 }, { b: 2, a: 1 }],
    ['dates of one moment', new Date(5), new Date(5)],
    ['equal bytes', new Uint8Array([1, 2]), new Uint8Array([1, 2])],
    ['what is not a number', NaN, NaN],
  ])('is none for %s', (_, one, other) => {
    expect(difference(one, other)).toBeNull();
  });

  it.each<[string, unknown, unknown, string]>([
    ['a value', { a: { b: 1 } }, { a: { b: 2 } }, 'state.a.b is 1 and 2'],
    ['a type', { a: 1 }, { a: '1' }, "state.a is 1 and '1'"],
    ['a missing property', { a: 1 }, {}, 'state.a is 1 and undefined'],
    ['a missing element', [1, 2], [1], 'state[1] is 2 and undefined'],
    ['the order of a set', new Set([1, 2]), new Set([2, 1]), 'state (element 0) is 1 and 2'],
    ['a negative zero', 0, -0, 'state is 0 and -0'],
    [
      'a date',
      { at: new Date(0) },
      { at: new Date(1) },
      'state.at is 1970-01-01T00:00:00.000Z and 1970-01-01T00:00:00.001Z',
    ],
  ])('is told for %s', (_, one, other, text) => {
    expect(difference(one, other)).toBe(text);
  });

  it.each<[string, (value: number) => unknown]>([
    ['maps', (value) => new Map([['a', value]])],
    ['sets', (value) => new Set([value])],
    ['dates', (value) => new Date(value)],
    ['bytes far behind', (value) => new Uint8Array(1_000).fill(value, 999)],
    ['buffers', (value) => new Uint8Array([value]).buffer],
    ['errors', (value) => new Error(`error ${value}`)],
    ['patterns', (value) => new RegExp(`${value}`)],
    ['boxed numbers', (value): unknown => Object(value)],
  ])('is told for %s that come from another realm', (_, valueOf) => {
    const copyOf = (value: number): unknown => deserialize(serialize({ it: valueOf(value) }));
    expect(difference(copyOf(1), copyOf(1))).toBeNull();
    expect(difference(copyOf(1), copyOf(2))).toContain('state.it');
  });
});

describe('invariants', () => {
  const look = (invariants: Invariants<Ledger>): void =>
    new ApplicationInvariants(invariants, report).executed('p1', 4, new Ledger());

  it('may hold', () => {
    look({ 'there is room': ({ lines }) => lines.length < 10 });
    expect(found).toEqual([]);
  });

  it.each<[string, (state: Ledger) => boolean | string, string]>([
    ['not hold', () => false, ''],
    ['say why they do not hold', ({ lines }) => `${lines.length} are too few`, ': 0 are too few'],
  ])('may %s', (_, holds, why) => {
    look({ 'all is well': () => true, 'it is full': holds });
    expect(found).toEqual([`after 4 operations at p1, "it is full" does not hold${why}`]);
  });

  it('may not throw', () => {
    look({
      'it has a first line': ({ lines }) => {
        if (lines[0] === undefined) throw new TypeError('there is none');
        return true;
      },
    });
    expect(found).toEqual([expect.stringContaining('does not hold: it throws TypeError: there is none')]);
  });
});

describe('real time', () => {
  let history: History;

  beforeEach(() => {
    history = new History((checker, text) => report(`${checker}: ${text}`));
  });

  /** A call that has been executed after so many operations. */
  const call = (kind: 'operation' | 'read', position: number | null, process = 'p1') => {
    const made = history.call(kind, process, 'c1', `the ${kind}`);
    made.position = position;
    return made;
  };
  const answer = (made: ReturnType<typeof call>): void => history.returns(made, { result: 'done' });

  it('a call knows when it was made and answered, by whom, and with what', () => {
    const made = call('operation', 0);
    answer(call('read', 0));
    answer(made);
    expect(history.calls[0]).toMatchObject({
      process: 'p1',
      caller: 'c1',
      input: 'the operation',
      calledAt: 1,
      returnedAt: 4,
      outcome: { result: 'done' },
    });
    expect(history.calls[1]).toMatchObject({ calledAt: 2, returnedAt: 3 });
  });

  it('what is never answered stays open', () => {
    call('operation', 5);
    expect(history.calls[0]).toMatchObject({ returnedAt: null, outcome: null });
  });

  it('operations one after the other are executed in that order', () => {
    answer(call('operation', 0));
    answer(call('operation', 1, 'p2'));
    answer(call('read', 2));
    expect(found).toEqual([]);
  });

  it('calls made at the same time may be executed in any order', () => {
    const [first, second, third] = [call('operation', 1), call('operation', 0), call('read', 0)];
    for (const made of [first, second, third]) answer(made);
    expect(found).toEqual([]);
  });

  it('no operation comes before one that had been answered when it was called', () => {
    answer(call('operation', 4));
    answer(call('operation', 3, 'p2'));
    expect(found).toEqual(['real time: p2 answers an operation as of 3 operations, made when 5 had been answered']);
  });

  it('no read misses an operation that had been answered when it was called', () => {
    answer(call('operation', 0));
    answer(call('read', 0, 'p3'));
    expect(found).toEqual(['real time: p3 answers a read as of 0 operations, made when 1 had been answered']);
  });

  it('no read sees less than one before it', () => {
    answer(call('read', 7));
    answer(call('read', 6));
    expect(found).toHaveLength(1);
  });

  it('what was executed nobody knows where proves nothing', () => {
    answer(call('operation', 9));
    answer(call('operation', null));
    expect(found).toEqual([]);
  });
});
