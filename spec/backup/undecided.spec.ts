import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { type Ending, endingOf, isComplete, type Survivor } from '../../lib/backup/undecided.js';
import { pick } from '../../lib/consensus/picking.js';
import { type Ballot, type BallotKind, ballotOf, NO_BALLOT } from '../../lib/model/ballot.js';
import { type Batch, type BatchId, batchId, NO_OP, NO_OP_ID, ofKind } from '../../lib/model/batch.js';
import { after, type GroupId, type Instance, type ProcessId } from '../../lib/model/ids.js';
import { View } from '../../lib/model/view.js';
import { packChange } from '../../lib/sequence/view-change.js';
import { idOf } from '../support/ids.js';
import { repetitions } from '../support/repetitions.js';

const GROUP = 'cccccccccccccccc' as GroupId;
const BORDER = 10;
const FIRST = 7 as Instance;

function membersOf(n: number): ProcessId[] {
  return Array.from({ length: n }, (_, i) => idOf(i + 1));
}

function batchOf(number: number): Batch {
  return { id: batchId(idOf(99), 1, number), body: Buffer.from(`batch ${number}`) };
}

interface Cast {
  readonly instance?: Instance;
  readonly ballot: Ballot;
  readonly batch: Batch;
}

interface Left {
  readonly n?: number;
  readonly hasAllVotes?: boolean;
  readonly watermark?: Instance;
  readonly views?: Survivor['past']['views'];
}

function survivor(process: ProcessId, votes: readonly Cast[], left: Left = {}): Survivor {
  const { n = 3, hasAllVotes = true, watermark = FIRST } = left;
  const { views = [{ view: new View(0, membersOf(n)), from: 0 as Instance }] } = left;
  const entries = votes.map(({ instance = FIRST, ballot, batch }) => ({
    instance,
    promised: NO_BALLOT,
    vote: { ballot, batch },
  }));
  return { process, hasAllVotes, past: { watermark, entries, views, group: GROUP, borderInstances: BORDER } };
}

function ids({ batches }: Ending): BatchId[] {
  return batches.map(({ id }) => id);
}

const classic = (reign: number): Ballot => ballotOf(reign, idOf(1), 'classic');
const fast = (reign: number): Ballot => ballotOf(reign, idOf(1), 'fast');
const [P1, P2, P3, P4] = [idOf(1), idOf(2), idOf(3), idOf(4)] as const;
const [A, B, C] = [batchOf(1), batchOf(2), batchOf(3)] as const;

/** A number below n, drawn by the seed of a history. */
type Draw = (n: number) => number;

/** One instance, as a group may have voted there: in ascending ballots, each begun with what a classic quorum had voted for before. */
class Past {
  readonly view: View;
  readonly latest = new Map<ProcessId, Cast>();
  /** Chosen in some ballot. */
  chosen: Batch | null = null;
  readonly #draw: Draw;

  constructor(n: number, ballots: readonly BallotKind[], draw: Draw) {
    this.view = new View(0, membersOf(n));
    this.#draw = draw;
    ballots.forEach((kind, i) => this.#hold(ballotOf(i + 1, idOf(1), kind)));
  }

  #hold(ballot: Ballot): void {
    const quorum = this.#someMembers(this.view.classicQuorum);
    const answers = quorum.map((member) => {
      const cast = this.latest.get(member);
      return cast === undefined ? null : { instance: FIRST, ballot: cast.ballot, id: cast.batch.id };
    });
    // A fast ballot begins above everything that phase 1 has met.
    const isFree = answers.every((answer) => answer === null);
    if (!isFree && ballot.step === 0) return;
    const forced = [A, B, C].find(({ id }) => id === pick(answers, this.view)) ?? null;
    // Members that have not promised vote too, as nothing has told them of a higher ballot.
    const voters = this.#someMembers(this.#draw(this.view.size + 1));
    const proposed = forced ?? this.#someBatch();
    for (const voter of voters) {
      const batch = ballot.step === 0 ? this.#someBatch() : proposed;
      this.latest.set(voter, { ballot, batch });
    }
    for (const batch of [A, B, C]) {
      const votes = [...this.latest.values()].filter((cast) => cast.ballot === ballot && cast.batch === batch);
      if (votes.length >= this.view.quorum(ballot.step === 0 ? 'fast' : 'classic')) this.chosen = batch;
    }
  }

  #someBatch(): Batch {
    return [A, B, C][this.#draw(3)] ?? A;
  }

  #someMembers(count: number): ProcessId[] {
    const left = [...this.view.members];
    return Array.from({ length: count }, () => left.splice(this.#draw(left.length), 1)[0] ?? P1);
  }
}

const histories = fc.record({
  n: fc.integer({ min: 1, max: 7 }),
  ballots: fc.array(fc.constantFrom<BallotKind>('fast', 'classic'), { minLength: 1, maxLength: 5 }),
  draws: fc.infiniteStream(fc.nat(999)),
  left: fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }),
});

describe('what was acknowledged', () => {
  it('is kept wherever the ledgers that are left are said to be enough, and of a majority they always are', () => {
    let kept = 0;
    fc.assert(
      fc.property(histories, ({ n, ballots, draws, left }) => {
        const past = new Past(n, ballots, (below) => draws.next().value % below);
        const survivors = past.view.members
          .filter((_, i) => left[i])
          .map((process) => {
            const cast = past.latest.get(process);
            return survivor(process, cast === undefined ? [] : [cast], { n });
          });
        fc.pre(survivors.length > 0);
        const ending = endingOf(survivors);
        if (survivors.length >= past.view.classicQuorum) expect(isComplete(ending)).toBe(true);
        if (!isComplete(ending) || past.chosen === null) return;
        kept += 1;
        expect(ids(ending)).toEqual([past.chosen.id]);
      }),
      { numRuns: repetitions(1_500, 30_000) },
    );
    expect(kept).toBeGreaterThan(150);
  });

  it('is there in half of an even group: no quorum is without one of them', () => {
    const four = { n: 4 };
    const ending = endingOf([
      survivor(P1, [{ ballot: classic(1), batch: A }], four),
      survivor(P2, [{ ballot: classic(2), batch: B }], four),
    ]);
    expect(ids(ending)).toEqual([B.id]);
    expect(isComplete(ending)).toBe(true);
  });

  it('may be lost with a majority: the vote that is left is taken, and what is missing is said', () => {
    const ending = endingOf([survivor(P2, [{ ballot: classic(1), batch: A }])]);
    expect(ids(ending)).toEqual([A.id]);
    expect(isComplete(ending)).toBe(false);
    expect(ending.electorates).toEqual([
      { number: 0, from: 0, members: [P1, P2, P3], heard: [P2], mayHideChoices: true },
    ]);
  });

  it('may be one of two values that each may have been chosen fast: the one with more votes is taken, and the instance named', () => {
    const six = { n: 6 };
    const [a, b] = [
      { ballot: fast(1), batch: A },
      { ballot: fast(1), batch: B },
    ];
    const ending = endingOf([survivor(P1, [a], six), survivor(P2, [b], six), survivor(P3, [b], six)]);
    expect(ids(ending)).toEqual([B.id]);
    expect(ending.ambiguous).toEqual([]);
    const fewer = endingOf([survivor(P1, [a], six), survivor(P2, [b], six)]);
    expect([fewer.ambiguous, ids(fewer)]).toEqual([[FIRST], [A.id]]);
    expect(isComplete(fewer)).toBe(false);
  });
});

describe('below the highest watermark', () => {
  it('nothing is picked, whatever the votes of those that were behind', () => {
    const ahead = survivor(P1, [], { watermark: 9 as Instance });
    const behind = survivor(P2, [{ ballot: classic(9), batch: B }]);
    const ending = endingOf([behind, ahead]);
    expect([ending.from, ending.batches]).toEqual([9, []]);
    expect(isComplete(ending)).toBe(true);
  });
});

describe('an instance', () => {
  it('for which nobody has voted is a no-op before others, and none behind the last', () => {
    const far = { instance: after(FIRST, 2), ballot: classic(1), batch: A };
    const empty = { instance: after(FIRST, 3), ballot: classic(1), batch: NO_OP };
    const ending = endingOf([survivor(P1, [far, empty]), survivor(P2, [])]);
    expect(ids(ending)).toEqual([NO_OP_ID, NO_OP_ID, A.id]);
  });

  it('gets the vote of a ledger that lacks later ones only if no other tells of one', () => {
    const stale = survivor(P1, [{ ballot: classic(9), batch: A }], { hasAllVotes: false });
    expect(ids(endingOf([stale, survivor(P2, [{ ballot: classic(1), batch: B }]), survivor(P3, [])]))).toEqual([B.id]);
    expect(ids(endingOf([stale, survivor(P2, []), survivor(P3, [])]))).toEqual([A.id]);
    const ending = endingOf([stale, survivor(P2, [])]);
    expect([isComplete(ending), ending.electorates[0]?.heard]).toEqual([false, [P2]]);
  });
});

describe('a vote of a ledger that lacks later ones, for a value that is not taken,', () => {
  const stale = (ballot: Ballot) => survivor(P1, [{ ballot, batch: A }], { n: 5, hasAllVotes: false });
  const heard = (process: ProcessId) => survivor(process, [{ ballot: classic(2), batch: B }], { n: 5 });

  it.each([
    ['higher', classic(9)],
    ['same', classic(2)],
  ])(
    'in a %s ballot may be one of a choice where too few ledgers are left: process and instance are named',
    (_, ballot) => {
      const ending = endingOf([stale(ballot), heard(P2)]);
      expect([ids(ending), ending.passedOver]).toEqual([[B.id], [{ instance: FIRST, process: P1 }]]);
      expect(isComplete(ending)).toBe(false);
    },
  );

  it('is not one of a choice in a lower ballot, nor where enough ledgers are left, nor for the value that is taken', () => {
    expect(endingOf([stale(classic(1)), heard(P2)]).passedOver).toEqual([]);
    expect(endingOf([stale(classic(9)), heard(P2), heard(P3), heard(P4)]).passedOver).toEqual([]);
    const same = survivor(P1, [{ ballot: classic(9), batch: B }], { n: 5, hasAllVotes: false });
    expect(endingOf([same, heard(P2)]).passedOver).toEqual([]);
  });

  it('is named where it is one of several such, of which one is taken', () => {
    const other = survivor(P2, [{ ballot: fast(3), batch: B }], { n: 5, hasAllVotes: false });
    const ending = endingOf([stale(fast(3)), other]);
    expect(ids(ending)).toEqual([A.id]);
    expect(ending.passedOver).toEqual([{ instance: FIRST, process: P2 }]);
  });
});

describe('views that have changed', () => {
  const views = [
    { view: new View(0, [P1, P2, P3]), from: 0 as Instance },
    { view: new View(1, [P2, P3, P4]), from: after(FIRST, 1) },
  ];

  it('judge each instance by the members of its own', () => {
    const before = { ballot: classic(1), batch: A };
    const behind = { instance: after(FIRST, 1), ballot: classic(9), batch: B };
    const of1 = survivor(P1, [before, behind], { views });
    const of4 = survivor(P4, [{ ballot: classic(9), batch: C }], { views });
    expect(ids(endingOf([of1, of4]))).toEqual([A.id]);
    expect(endingOf([of1, of4]).electorates.map(({ heard }) => heard)).toEqual([[P1], [P4]]);
  });

  it('of which the latest has all of the ledgers do not need those of the one before, once it governs', () => {
    const left = { views, watermark: after(FIRST, 1) };
    const ending = endingOf([survivor(P3, [], left), survivor(P4, [], left)]);
    expect(isComplete(ending)).toBe(true);
    expect(ending.electorates.map(({ number }) => number)).toEqual([1]);
  });

  it('by what only votes tell of have members that may have acknowledged more', () => {
    const body = packChange({ follows: 0, members: [P3, P4] });
    const change = { id: ofKind('view', batchId(P1, 1, 1)), body };
    const votes = [{ ballot: classic(1), batch: change }];
    const ending = endingOf([survivor(P1, votes), survivor(P2, votes)]);
    expect(ids(ending)).toEqual([change.id]);
    expect(ending.electorates).toEqual([
      { number: 0, from: 0, members: [P1, P2, P3], heard: [P1, P2], mayHideChoices: false },
      { number: 1, from: after(FIRST, BORDER), members: [P3, P4], heard: [], mayHideChoices: true },
    ]);
    expect(isComplete(ending)).toBe(false);
    expect(isComplete(endingOf([survivor(P1, votes), survivor(P2, votes), survivor(P3, votes)]))).toBe(true);
  });
});
