import { describe, expect, it } from '@jest/globals';

import { isDead, mayWithdraw } from '../../../lib/consensus/membership/withdrawal.js';
import { NO_BASE } from '../../../lib/model/base.js';
import type { GroupId } from '../../../lib/model/ids.js';
import { classicQuorum, fastQuorum } from '../../../lib/model/view.js';
import { idOf } from '../../support/ids.js';

/**
 * A twin of the founding that knows nothing of ticks, messages' contents or records: every member is in one of these
 * states, which are what its ledger holds, so that a crash changes nothing. Whatever was ever said may be heard by anybody
 * at any moment, or never. All that can happen happens, one thing at a time.
 */
type State =
  /** Has been asked for nothing yet. */
  | 'new'
  /** Will never sign. */
  | 'refused'
  | 'signed'
  /** All have signed, as it has heard. */
  | 'holds'
  /** Has voted in the group: it holds the founding, and has made its vote durable. */
  | 'voted'
  | 'withdrawn'
  /** Knows that the founding is dead: has given up its signature, its view, its votes. */
  | 'free'
  /** The same, after it had voted. */
  | 'free after a vote'
  /** The same, after it had withdrawn. */
  | 'free after a withdrawal';

type World = readonly State[];

/** What a member may have heard by now: everything that was ever said, for a state is reached by way of what was said before. */
interface Said {
  readonly signed: number;
  readonly refused: number;
  readonly withdrawn: number;
}

interface Step {
  readonly member: number;
  readonly to: State;
}

type Rule = (state: State, said: Said, n: number) => readonly State[];

/** Whether so many of n signers are out of it that the others, however many votes they cast, choose nothing. */
function isQuorumLostWith(count: number, n: number): boolean {
  return n - count < classicQuorum(n);
}

const NOT_SIGNED: ReadonlySet<State> = new Set(['new', 'refused']);

/** The rules as they are. */
const rules: Rule = (state, said, n) => {
  const isDeadByNow = said.refused > 0 || isQuorumLostWith(said.withdrawn, n);
  switch (state) {
    case 'new':
      return ['signed', 'refused'];
    case 'signed':
      return [
        'withdrawn', // At any moment: that it waits until others are stuck too serves liveness alone.
        ...(said.signed === n ? (['holds'] as const) : []),
        ...(isDeadByNow ? (['free'] as const) : []),
      ];
    case 'holds':
      return ['voted', ...(isDeadByNow ? (['free'] as const) : [])];
    case 'voted':
      return isDeadByNow ? ['free after a vote'] : [];
    case 'withdrawn':
      return isDeadByNow ? ['free after a withdrawal'] : [];
    default:
      return [];
  }
};

/** Everything that the members have ever said of themselves. */
function saidIn(world: World): Said {
  return {
    signed: world.filter((state) => !NOT_SIGNED.has(state)).length,
    refused: world.filter((state) => state === 'refused').length,
    withdrawn: world.filter((state) => state === 'withdrawn' || state === 'free after a withdrawal').length,
  };
}

function* steps(world: World, rule: Rule): Iterable<Step> {
  const said = saidIn(world);
  for (const [member, state] of world.entries()) for (const to of rule(state, said, world.length)) yield { member, to };
}

/** All worlds that n members can come to. */
function reachable(n: number, rule: Rule): World[] {
  const first: World = Array.from({ length: n }, () => 'new');
  const known = new Map([[first.join(), first]]);
  const open = [first];
  for (let world = open.pop(); world !== undefined; world = open.pop()) {
    for (const { member, to } of steps(world, rule)) {
      const next = world.with(member, to);
      const key = next.join();
      if (known.has(key)) continue;
      known.set(key, next);
      open.push(next);
    }
  }
  return [...known.values()];
}

const voted = (state: State): boolean => state === 'voted' || state === 'free after a vote';
const isFree = (state: State): boolean => state.startsWith('free');

/** Somebody takes the founding for dead, and yet a quorum has voted in it. */
function contradicts(world: World): boolean {
  return world.some(isFree) && world.filter(voted).length >= classicQuorum(world.length);
}

describe.each([1, 2, 3, 4])('a founding of %i', (n) => {
  const worlds = reachable(n, rules);

  it('that anybody takes for dead has chosen nothing, and never will', () => {
    expect(worlds.filter(contradicts)).toEqual([]);
    // Not because nothing happens.
    expect(worlds.some((world) => world.filter(voted).length >= fastQuorum(n))).toBe(true);
    expect(worlds.some((world) => world.some(isFree))).toBe(true);
  });

  it('holds for nobody once a member has refused it', () => {
    const holds = (world: World): boolean => world.some((state) => state === 'holds' || voted(state));
    expect(worlds.filter((world) => world.includes('refused') && holds(world))).toEqual([]);
  });

  it('frees every signer to whom it does not hold, as soon as so many of them are there that the others are no quorum', () => {
    for (const world of worlds) {
      const stuck = world.filter((state) => state === 'signed' || state === 'withdrawn').length;
      if (!isQuorumLostWith(stuck, n) || world.some(isFree)) continue;
      const afterwards = world.map((state) => (state === 'signed' ? 'withdrawn' : state));
      const { withdrawn } = saidIn(afterwards);
      expect(isQuorumLostWith(withdrawn, n)).toBe(true);
    }
  });

  it('one withdrawal fewer would not do', () => {
    const hasty: Rule = (state, said, size) =>
      rules(state, { ...said, withdrawn: said.withdrawn + 1 }, size).filter(
        (to) => to !== 'holds' || said.signed === size,
      );
    expect(reachable(n, hasty).some(contradicts)).toBe(true);
  });

  it('a process that has withdrawn and voted nonetheless would break it', () => {
    const fickle: Rule = (state, said, size) => (state === 'withdrawn' ? ['voted'] : rules(state, said, size));
    expect(reachable(n, fickle).some(contradicts)).toBe(n > 1);
  });
});

it('is dead, and may be given up, in the code where it is in the twin', () => {
  for (let n = 1; n <= 15; n += 1) {
    const members = Array.from({ length: n }, (_, i) => idOf(i));
    const rest = { attempt: 0, members, base: NO_BASE, borderInstances: 1 };
    const founding = { group: 'f'.repeat(16) as GroupId, ...rest };
    for (let count = 1; count <= n; count += 1) {
      const some = members.slice(0, count);
      expect(isDead({ founding, by: some })).toBe(isQuorumLostWith(count, n));
      expect(mayWithdraw(new Set(some), n)).toBe(isQuorumLostWith(count, n));
    }
  }
});
