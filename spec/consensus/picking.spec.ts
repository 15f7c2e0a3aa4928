import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { ReportedVote } from '../../lib/consensus/messages.js';
import { mayBeChosen, pick } from '../../lib/consensus/picking.js';
import { type BallotKind, ballotOf } from '../../lib/model/ballot.js';
import { type BatchId, batchId, NO_OP_ID } from '../../lib/model/batch.js';
import type { Instance, ProcessId } from '../../lib/model/ids.js';
import { View } from '../../lib/model/view.js';
import { idOf } from '../support/ids.js';

const A = batchId('aaaaaaaaaaaaaaaa' as ProcessId, 1, 0);
const B = batchId('bbbbbbbbbbbbbbbb' as ProcessId, 1, 0);
const KINDS: readonly BallotKind[] = ['classic', 'fast'];

/** What one acceptor has voted in each ballot, lowest first. */
type History = readonly (BatchId | null)[];

/** Everything that has happened at one instance: the kind of each ballot, and every vote that was ever cast. */
interface World {
  readonly kinds: readonly BallotKind[];
  readonly histories: readonly History[];
}

function viewOf(n: number): View {
  return new View(
    0,
    Array.from({ length: n }, (_, i) => idOf(i)),
  );
}

/** The value chosen in one ballot, if any. */
function chosenIn({ kinds, histories }: World, k: number, view: View): BatchId | null {
  for (const id of [A, B]) {
    const votes = histories.filter((history) => history[k] === id).length;
    if (votes >= view.quorum(kinds[k]!)) return id;
  }
  return null;
}

/** A classic ballot carries one value, and once something is chosen every higher ballot carries that and nothing else. */
function isPossible(world: World, view: View): boolean {
  const values = world.kinds.map(
    (_, k) => new Set(world.histories.map((history) => history[k] ?? null).filter((id) => id !== null)),
  );
  if (world.kinds.some((kind, k) => kind === 'classic' && values[k]!.size > 1)) return false;
  return values.every((_, k) => {
    const chosen = chosenIn(world, k, view);
    return chosen === null || values.slice(k + 1).every((higher) => [...higher].every((id) => id === chosen));
  });
}

/** An acceptor that is asked tells of its latest vote only. */
function answerOf({ kinds }: World, history: History): ReportedVote | null {
  const k = history.findLastIndex((id) => id !== null);
  if (k < 0) return null;
  const ballot = ballotOf(k + 1, '0000000000000000' as ProcessId, kinds[k]!);
  return { instance: 0 as Instance, ballot, id: history[k]! };
}

/** Whatever classic quorum answers: what was chosen is picked, and nothing is invented. */
function checkPicks(world: World, view: View): void {
  const chosen = world.kinds.map((_, k) => chosenIn(world, k, view)).find((id) => id !== null);
  const all = world.histories.map((history) => answerOf(world, history));
  for (const answers of subsets(all)) {
    if (answers.length < view.classicQuorum) continue;
    const picked = pick(answers, view);
    const seen = answers.filter((answer) => answer !== null).map((answer) => answer.id);
    const allowed = chosen !== undefined ? [chosen] : seen.length > 0 ? seen : [NO_OP_ID];
    if (!allowed.includes(picked)) throw new Error(`picked ${picked} of ${JSON.stringify({ chosen, world, answers })}`);
    if (pick([...answers].reverse(), view) !== picked)
      throw new Error(`the order of ${JSON.stringify(answers)} matters`);
  }
}

function* subsets<T>(items: readonly T[]): Generator<T[]> {
  for (let bits = 0; bits < 1 << items.length; bits += 1) yield items.filter((_, i) => (bits & (1 << i)) !== 0);
}

function* sequences<T>(items: readonly T[], length: number): Generator<T[]> {
  if (length === 0) yield [];
  else for (const rest of sequences(items, length - 1)) for (const item of items) yield [item, ...rest];
}

/** Acceptors are interchangeable: who of them had which history does not matter. */
function* multisets<T>(items: readonly T[], size: number, start = 0): Generator<T[]> {
  if (size === 0) yield [];
  else
    for (let i = start; i < items.length; i += 1)
      for (const rest of multisets(items, size - 1, i)) yield [items[i]!, ...rest];
}

/** Votes in ballot after ballot such that the world stays possible. */
function possibleWorlds(n: number): fc.Arbitrary<World> {
  const view = viewOf(n);
  const acceptors = Array.from({ length: n }, (_, i) => i);
  const round = fc.record({
    kind: fc.constantFrom(...KINDS),
    value: fc.constantFrom(A, B),
    voters: fc.subarray(acceptors),
    dissenters: fc.subarray(acceptors),
  });
  return fc.array(round, { minLength: 1, maxLength: 4 }).map((rounds) => {
    const kinds = rounds.map(({ kind }) => kind);
    const histories: (BatchId | null)[][] = acceptors.map(() => []);
    let chosen: BatchId | null = null;
    for (const [k, { kind, value, voters, dissenters }] of rounds.entries()) {
      const only: BatchId | null = chosen ?? (kind === 'classic' ? value : null);
      for (const i of acceptors)
        histories[i]!.push(voters.includes(i) ? (only ?? (dissenters.includes(i) ? B : A)) : null);
      chosen ??= chosenIn({ kinds, histories }, k, view);
    }
    return { kinds, histories };
  });
}

describe('the picking rule (Fast Paxos, section 2.2)', () => {
  it.each([
    [1, 3],
    [2, 3],
    [3, 3],
    [4, 2],
    [5, 2],
  ])('picks what was chosen, in every world of %i acceptors and %i ballots', (n, ballots) => {
    const view = viewOf(n);
    let worlds = 0;
    for (const kinds of sequences(KINDS, ballots)) {
      for (const histories of multisets([...sequences([null, A, B], ballots)], n)) {
        const world = { kinds, histories };
        if (!isPossible(world, view)) continue;
        worlds += 1;
        checkPicks(world, view);
      }
    }
    expect(worlds).toBeGreaterThan(10);
  });

  it.each([4, 5, 6, 7, 8])('picks what was chosen, in worlds of %i acceptors and up to 4 ballots', (n) => {
    fc.assert(
      fc.property(possibleWorlds(n), (world) => {
        checkPicks(world, viewOf(n));
      }),
      { numRuns: 2_000, seed: n },
    );
  });

  it('holds a value for possibly chosen exactly when the silent members can have made up its quorum', () => {
    for (const [kind, n] of KINDS.flatMap((kind) => [1, 2, 3, 4, 5, 6].map((n) => [kind, n] as const))) {
      const view = viewOf(n);
      for (const votes of sequences([false, true], n)) {
        for (let answered = 0; answered <= n; answered += 1) {
          const seen = votes.slice(0, answered).filter(Boolean).length;
          const possible = [...sequences([false, true], n - answered)].some(
            (silent) => seen + silent.filter(Boolean).length >= view.quorum(kind),
          );
          expect(mayBeChosen(seen, answered, ballotOf(1, view.members[0]!, kind), view)).toBe(possible);
        }
      }
    }
  });

  it('picks a value that a lower ballot chose and the highest ballot seen only began to carry', () => {
    // B was chosen in ballot 2 by the first four; ballot 3 has carried it to one of them so far.
    const histories: History[] = [
      [null, B, B],
      [null, B, null],
      [null, B, null],
      [null, B, null],
      [A, null, null],
      [A, null, null],
    ];
    const world: World = { kinds: ['classic', 'classic', 'classic'], histories };
    const answers = [0, 1, 4, 5].map((member) => answerOf(world, histories[member]!));
    expect(pick(answers, viewOf(6))).toBe(B);
  });
});
