import { beforeEach, describe, expect, it } from '@jest/globals';

import { type Ballot, type BallotKind, ballotOf } from '../../lib/model/ballot.js';
import { NO_OP_ID } from '../../lib/model/batch.js';
import type { Instance } from '../../lib/model/ids.js';
import { CoreGroup } from '../support/core-group.js';
import { of } from '../support/losses.js';

const FIRST = 0 as Instance;

/** Process 3 is looked at; 1 coordinates in reign 1, and 2 is made to say things. */
let group: CoreGroup;

beforeEach(() => {
  group = new CoreGroup(3).found();
});

function ballot(reign: number, process: number, kind: BallotKind = 'classic'): Ballot {
  return ballotOf(reign, group.process(process).id, kind);
}

function prepare(by: Ballot, from = 2): void {
  group.forge(from, 3, { kind: 'prepare', ballot: by, from: FIRST });
}

function accept(by: Ballot, from = 2): void {
  group.forge(from, 3, { kind: 'accept', ballot: by, items: [{ instance: FIRST, id: NO_OP_ID }] });
}

function votesOf3(): readonly Ballot[] {
  return group
    .sentOf('accepted')
    .filter((m) => m.from === 3 && m.to === 2)
    .map((m) => m.message.ballot);
}

function promisesOf3(): readonly { ballot: Ballot; votes: readonly unknown[] }[] {
  return group
    .sentOf('promise')
    .filter((m) => m.from === 3 && m.to === 2)
    .map(({ message: { ballot, votes } }) => ({ ballot, votes }));
}

describe('an acceptor (The Part-Time Parliament, section 2.3)', () => {
  it('votes in the ballot that it has promised', () => {
    prepare(ballot(7, 2));
    accept(ballot(7, 2));
    expect(votesOf3()).toEqual([ballot(7, 2)]);
  });

  it('does not vote below its promise, and says what it has promised', () => {
    prepare(ballot(7, 2));
    accept(ballot(1, 1), 1);
    expect(votesOf3()).toEqual([]);
    expect(group.sentOf('refusal').at(-1)).toMatchObject({ from: 3, to: 1, message: { promised: ballot(7, 2) } });
  });

  it('promises nothing below its promise', () => {
    prepare(ballot(7, 2));
    prepare(ballot(6, 2));
    expect(promisesOf3().map((promise) => promise.ballot)).toEqual([ballot(7, 2)]);
  });

  it('believes nobody but the coordinator of a ballot', () => {
    prepare(ballot(7, 1), 2);
    accept(ballot(7, 1), 2);
    expect(promisesOf3()).toEqual([]);
    expect(votesOf3()).toEqual([]);
    expect(group.process(3).disk.promise).toEqual(ballot(1, 1));
  });

  it('promises by voting, so that it does not vote below its vote', () => {
    accept(ballot(7, 2));
    accept(ballot(1, 1), 1);
    expect(votesOf3()).toEqual([ballot(7, 2)]);
    expect(group.process(3).disk.promise).toEqual(ballot(7, 2, 'fast'));
  });

  it('tells its votes to whom it promises', () => {
    accept(ballot(7, 2));
    prepare(ballot(8, 2));
    expect(promisesOf3().at(-1)?.votes).toEqual([{ instance: 0, ballot: ballot(7, 2), id: NO_OP_ID }]);
  });

  it('votes again in a higher ballot, for another value', () => {
    group.loss = of('accepted');
    const id = group.propose(1, 'a');
    group.run(3);
    expect(group.process(3).disk.log.get(FIRST)?.vote?.batch.id).toBe(id);
    accept(ballot(7, 2));
    expect(group.process(3).disk.log.get(FIRST)?.vote).toMatchObject({ ballot: ballot(7, 2), batch: { id: NO_OP_ID } });
  });

  it('repeats a vote that it is asked for again, without writing it again', () => {
    accept(ballot(7, 2));
    const written = group.process(3).disk.log.get(FIRST);
    accept(ballot(7, 2));
    expect(votesOf3()).toEqual([ballot(7, 2), ballot(7, 2)]);
    expect(group.process(3).disk.log.get(FIRST)).toBe(written);
  });

  it('casts a vote that waits for its batch when the batch comes', () => {
    const batch = group.process(1).newBatch('late');
    group.forge(2, 3, { kind: 'accept', ballot: ballot(7, 2), items: [{ instance: FIRST, id: batch.id }] });
    expect(votesOf3()).toEqual([]);
    group.forge(1, 3, { kind: 'batch', batch });
    expect(votesOf3()).toEqual([ballot(7, 2)]);
  });

  it('does not cast it when it has promised more in the meantime', () => {
    const batch = group.process(1).newBatch('late');
    group.forge(2, 3, { kind: 'accept', ballot: ballot(7, 2), items: [{ instance: FIRST, id: batch.id }] });
    prepare(ballot(8, 2));
    group.forge(1, 3, { kind: 'batch', batch });
    expect(votesOf3()).toEqual([]);
    expect(group.process(3).disk.log.size).toBe(0);
  });

  it('refuses two values in one ballot as a broken invariant', () => {
    accept(ballot(7, 2));
    const batch = { id: group.propose(3, 'a'), body: Buffer.from('a') };
    group.forge(2, 3, { kind: 'batch', batch });
    expect(() => {
      group.forge(2, 3, { kind: 'accept', ballot: ballot(7, 2), items: [{ instance: FIRST, id: batch.id }] });
    }).toThrow('one vote a ballot');
  });
});

describe('an acceptor that was restarted', () => {
  it('keeps its promise', () => {
    prepare(ballot(7, 2));
    group.crash(3);
    group.restart(3);
    accept(ballot(1, 1), 1);
    prepare(ballot(6, 2));
    expect(votesOf3()).toEqual([]);
    expect(promisesOf3().map((promise) => promise.ballot)).toEqual([ballot(7, 2)]);
  });

  it('keeps its vote', () => {
    accept(ballot(7, 2));
    group.crash(3);
    group.restart(3);
    prepare(ballot(8, 2));
    expect(promisesOf3().at(-1)?.votes).toEqual([{ instance: 0, ballot: ballot(7, 2), id: NO_OP_ID }]);
  });

  it('keeps the reign that has asked it about one instance', () => {
    group.forge(2, 3, { kind: 'inquire', ballot: ballot(7, 2), instance: FIRST });
    group.crash(3);
    group.restart(3);
    prepare(ballot(6, 2));
    expect(promisesOf3()).toEqual([]);
    expect(
      group
        .sentOf('refusal')
        .filter((m) => m.from === 3)
        .map((m) => m.message.promised.reign),
    ).toEqual([7]);
  });

  it('keeps what it has promised for one instance alone', () => {
    const fast = new CoreGroup(3, { mode: 'fast' }).found();
    const reign = ballotOf(1, fast.process(1).id, 'fast');
    fast.forge(1, 3, { kind: 'inquire', ballot: { ...reign, step: 1 }, instance: FIRST });
    fast.crash(3);
    fast.restart(3);
    fast.forge(1, 3, { kind: 'any', ballot: reign, from: FIRST });
    const batch = { id: fast.propose(2, 'a'), body: Buffer.from('a') };
    fast.forge(2, 3, { kind: 'propose', ballot: reign, instance: FIRST, batch });
    expect(fast.sentOf('accepted').filter((m) => m.from === 3)).toEqual([]);
  });
});

describe('nobody hears of a promise or vote that is not durable', () => {
  it('a promise that was not written before the crash is never heard, and not kept', () => {
    group.crashAt = (process, point) => process === 3 && point === 'before-persist';
    prepare(ballot(7, 2));
    expect(promisesOf3()).toEqual([]);
    expect(group.process(3).disk.promise).toEqual(ballot(1, 1));
  });

  it('a vote that was not written before the crash is never heard, and not kept', () => {
    group.crashAt = (process, point) => process === 3 && point === 'before-persist';
    accept(ballot(7, 2));
    expect(votesOf3()).toEqual([]);
    expect(group.process(3).disk.log.size).toBe(0);
  });

  it('a promise and a vote are heard when they are written, and no earlier', () => {
    group.commitDelays = () => 5;
    prepare(ballot(7, 2));
    accept(ballot(7, 2));
    group.run(4);
    expect([promisesOf3().length, votesOf3().length]).toEqual([0, 0]);
    expect(group.process(3).disk.promise).toEqual(ballot(1, 1));
    group.run(8);
    expect([promisesOf3().length, votesOf3().length]).toEqual([1, 1]);
  });
});
