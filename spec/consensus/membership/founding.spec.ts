import { describe, expect, it } from '@jest/globals';

import { NO_BASE } from '../../../lib/model/base.js';
import { constants } from '../../../lib/model/constants.js';
import type { Founding } from '../../../lib/model/records.js';
import { defaults } from '../../../lib/model/settings.js';
import { groupIdOf } from '../../../lib/model/view.js';
import { CoreGroup, DELAYS_A_TICK } from '../../support/core-group.js';
import type { Loss } from '../../support/core-network.js';
import { numberOf } from '../../support/ids.js';
import { both, either, from, isolating, none, of, to } from '../../support/losses.js';

/** Until all have heard of each other and the set has not changed for a while, with a tick for the signatures. */
const FOUNDED_TICKS = 2 * defaults.helloTicks + 2;

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}

function founding(group: CoreGroup, members: readonly number[], attempt = 0): Founding {
  const ids = members.map((number) => group.process(number).id);
  return {
    group: groupIdOf(ids, attempt),
    attempt,
    members: ids,
    base: NO_BASE,
    borderInstances: constants.borderInstances,
  };
}

/** The numbers of the members of the view that a process holds; null while it holds none. */
function viewOf(group: CoreGroup, number: number): number[] | null {
  const record = group.process(number).disk.views.at(-1);
  return record?.view.members.map(numberOf) ?? null;
}

describe('processes that belong to no group', () => {
  it.each([1, 2, 3, 4, 5])('found one, of %i, by themselves and exactly once', (n) => {
    const group = new CoreGroup(n);
    group.runTicks(FOUNDED_TICKS);
    for (const p of group.processes) expect(viewOf(group, p.number)).toEqual(numbers(n));
    group.runTicks(100);
    const record = group.process(1).disk.founding.signed!;
    expect(record).toEqual(founding(group, numbers(n)));
    for (const p of group.processes) {
      expect(p.noticed('founded')).toMatchObject([{ group: record.group, part: 'member' }]);
      expect([p.disk.group, p.disk.views.length]).toEqual([record.group, 1]);
    }
  });

  it('wait until there are n of them, however long that takes', () => {
    const group = new CoreGroup(3);
    group.crash(2);
    group.runTicks(500);
    expect([1, 3].map((number) => viewOf(group, number))).toEqual([null, null]);
    group.restart(2);
    group.runTicks(FOUNDED_TICKS);
    expect(numbers(3).map((number) => viewOf(group, number))).toEqual(Array(3).fill(numbers(3)));
  });

  it('do not count one that has not been heard of for a while', () => {
    const group = new CoreGroup(3, { extra: 1 });
    group.crash(2, 4);
    group.runTicks(10);
    group.crash(3);
    group.runTicks(defaults.helloExpiryTicks);
    group.restart(2, 4);
    group.runTicks(FOUNDED_TICKS);
    expect(viewOf(group, 1)).toEqual([1, 2, 4]);
  });

  it.each([
    [2, 1],
    [3, 2],
    [4, 2],
  ])('are the lowest %i where there are %i more, who learn that they have come too late', (n, extra) => {
    const group = new CoreGroup(n, { extra });
    group.loss = (m) => m.message.kind === 'hello' && group.now < DELAYS_A_TICK; // All begin in the same tick.
    group.runTicks(20 + FOUNDED_TICKS);
    for (const p of group.processes) {
      const member = p.number <= n;
      expect(viewOf(group, p.number)).toEqual(member ? numbers(n) : null);
      expect(p.noticed('founded')).toMatchObject([{ part: member ? 'member' : 'stranger' }]);
    }
  });

  it('that disagree on n found nothing, and say so', () => {
    const group = new CoreGroup(3, { replicasOf: (process) => (process === 2 ? 4 : 3) });
    group.runTicks(100);
    expect(numbers(3).map((number) => viewOf(group, number))).toEqual([null, null, null]);
    expect(group.process(1).noticed('replicas-differ')[0]).toMatchObject({ process: group.process(2).id, replicas: 4 });
    expect(group.process(2).noticed('replicas-differ')[0]).toMatchObject({ process: group.process(1).id, replicas: 3 });
  });

  it('say whose signatures are missing', () => {
    const group = new CoreGroup(3);
    group.loss = of('signed', 'found');
    group.runTicks(600);
    const { missing } = group.process(1).noticed('awaiting-signatures')[0]!;
    expect(missing).toEqual([group.process(2).id, group.process(3).id]);
  });
});

describe('a process beyond n', () => {
  it('takes no part in quorums: it promises nothing and votes for nothing', () => {
    const group = new CoreGroup(3, { extra: 1 }).found();
    group.crash(2);
    const id = group.propose(3, 'a');
    group.runUntil(() => group.hasDecided(3, id));
    group.crash(1);
    group.restart(2);
    const next = group.propose(3, 'next');
    group.runUntil(() => group.hasDecided(3, next));
    const kinds = new Set(group.sent.filter((m) => m.from === 4).map((m) => m.message.kind));
    expect(kinds).toEqual(new Set(['hello']));
  });

  it('cannot make up a majority', () => {
    const group = new CoreGroup(3, { extra: 2 }).found();
    group.crash(2, 3);
    const id = group.propose(1, 'a');
    group.runTicks(200);
    expect(group.hasDecided(1, id)).toBe(false);
  });

  it('that starts after the founding is told of it', () => {
    const group = new CoreGroup(2, { extra: 1 });
    group.crash(3);
    group.found();
    group.restart(3);
    group.runTicks(defaults.helloTicks + 1);
    expect(group.process(3).noticed('founded')).toMatchObject([{ part: 'stranger' }]);
  });

  it('has no room for proposals', () => {
    const group = new CoreGroup(2, { extra: 1 }).found();
    group.runTicks(10);
    expect(group.processes.map((p) => p.core!.hasRoom)).toEqual([true, true, false]);
  });
});

it('a process that hears that it has founded a group, and has not signed it, has lost its ledger', () => {
  const group = new CoreGroup(3);
  group.loss = () => true;
  group.forge(1, 3, { kind: 'founded', founding: founding(group, [1, 2, 3]) });
  expect(group.process(3).noticed('votes-lost')).toHaveLength(1);
  // It does nothing more, and signs no other founding above all.
  group.forge(1, 3, { kind: 'found', founding: founding(group, [1, 2, 3], 1) });
  expect(group.process(3).disk.founding.signed).toBeNull();
});

describe('a signature', () => {
  it.each([1, 2, 3])(
    'survives a restart: %i that were all restarted between signing and holding found their group',
    (n) => {
      const group = new CoreGroup(n);
      group.crashAt = (number, point) =>
        point === 'before-votes' && group.process(number).disk.founding.signed !== null;
      group.runTicks(FOUNDED_TICKS);
      group.crashAt = () => false;
      if (n > 1) {
        // 1 alone has signed so far: the others do when it is back, and crash as well.
        group.restart(1);
        const others = numbers(n).slice(1);
        group.crashAt = (number, point) =>
          number !== 1 && point === 'before-votes' && group.process(number).disk.founding.signed !== null;
        group.runTicks(FOUNDED_TICKS);
        group.crashAt = () => false;
        expect(group.live.map((p) => p.number)).toEqual([1]);
        group.crash(1);
        group.restart(1, ...others);
      } else group.restart(1);
      group.runTicks(50);
      for (const number of numbers(n)) expect(viewOf(group, number)).toEqual(numbers(n));
    },
  );

  it('is given to one founding at a time', () => {
    const group = new CoreGroup(3, { extra: 1 });
    group.forge(1, 3, { kind: 'found', founding: founding(group, [1, 2, 3]) });
    group.forge(2, 3, { kind: 'found', founding: founding(group, [2, 3, 4]) });
    expect(group.process(3).disk.founding).toEqual({
      signed: founding(group, [1, 2, 3]),
      refused: [founding(group, [2, 3, 4]).group],
      withdrawals: [],
    });
    expect(group.sentOf('unwilling').at(-1)?.message.refused).toBe(founding(group, [2, 3, 4]).group);
  });

  it('that was refused is never given later, even after a restart', () => {
    const group = new CoreGroup(3, { extra: 1 });
    const [ours, theirs] = [founding(group, [1, 2, 3]), founding(group, [2, 3, 4])];
    group.forge(1, 3, { kind: 'found', founding: ours });
    group.forge(2, 3, { kind: 'found', founding: theirs });
    group.forge(2, 3, { kind: 'unwilling', refused: ours.group });
    group.crash(3);
    group.restart(3);
    group.forge(1, 3, { kind: 'found', founding: ours });
    group.forge(2, 3, { kind: 'found', founding: theirs });
    expect(group.process(3).disk.founding).toEqual({
      signed: null,
      refused: [theirs.group, ours.group],
      withdrawals: [],
    });
    group.forge(2, 3, { kind: 'found', founding: founding(group, [2, 3, 4], 1) });
    expect(group.process(3).disk.founding.signed).toEqual(founding(group, [2, 3, 4], 1));
  });

  it('is taken back for nobody but a member that has refused', () => {
    const group = new CoreGroup(3, { extra: 1 });
    group.forge(1, 3, { kind: 'found', founding: founding(group, [1, 2, 3]) });
    group.forge(4, 3, { kind: 'unwilling', refused: founding(group, [1, 2, 3]).group });
    expect(group.process(3).disk.founding.signed).toEqual(founding(group, [1, 2, 3]));
  });

  it('of a process that is no member counts for nothing', () => {
    const group = new CoreGroup(3, { extra: 1 });
    group.forge(1, 3, { kind: 'found', founding: founding(group, [1, 2, 3]) });
    group.forge(4, 3, { kind: 'signed', founding: founding(group, [1, 2, 3]) });
    expect(viewOf(group, 3)).toBeNull();
    group.forge(2, 3, { kind: 'signed', founding: founding(group, [1, 2, 3]) });
    expect(viewOf(group, 3)).toEqual([1, 2, 3]);
  });

  it('is not given to what any but the lowest member proposes', () => {
    const group = new CoreGroup(3, { extra: 1 });
    for (const proposer of [2, 4]) group.forge(proposer, 3, { kind: 'found', founding: founding(group, [1, 2, 3]) });
    expect(group.process(3).disk.founding.signed).toBeNull();
  });

  it('is needed of all members, whatever a process that is none says of the founding', () => {
    const group = new CoreGroup(3, { extra: 1 });
    const ours = founding(group, [1, 2, 3]);
    group.forge(1, 3, { kind: 'found', founding: ours });
    group.forge(4, 3, { kind: 'founded', founding: ours });
    expect(viewOf(group, 3)).toBeNull();
    group.forge(4, 3, { kind: 'withdrawn', withdrawal: { founding: ours, by: ours.members } });
    expect(group.process(3).disk.founding).toEqual({ signed: ours, refused: [], withdrawals: [] });
    group.forge(2, 3, { kind: 'founded', founding: ours });
    expect(viewOf(group, 3)).toEqual([1, 2, 3]);
    group.forge(4, 3, { kind: 'withdrawn', withdrawal: { founding: ours, by: ours.members } });
    expect(viewOf(group, 3)).toEqual([1, 2, 3]);
  });

  it('is not given to a founding without the signer, or of another size', () => {
    const group = new CoreGroup(3, { extra: 1 });
    group.forge(1, 3, { kind: 'found', founding: founding(group, [1, 2, 4]) });
    group.forge(1, 3, { kind: 'found', founding: founding(group, [1, 3]) });
    group.forge(1, 3, { kind: 'found', founding: founding(group, [1, 2, 3, 4]) });
    expect(group.process(3).disk.founding.signed).toBeNull();
  });

  // The checker fails when anybody hears of a signature, or of a group that rests on it, before it is written.
  it.each([
    ['does not complete a founding', 10],
    ['is not repeated by the clock', 150],
  ])('that waits for an earlier commit %s', (_, delays) => {
    const group = new CoreGroup(3, { extra: 1 });
    group.loss = isolating(3);
    const [first, second] = [founding(group, [1, 2, 3]), founding(group, [2, 3, 4])];
    group.forge(1, 3, { kind: 'found', founding: first });
    group.commitDelays = () => delays;
    group.forge(2, 3, { kind: 'unwilling', refused: first.group });
    group.forge(2, 3, { kind: 'found', founding: second });
    group.forge(4, 3, { kind: 'signed', founding: second });
    group.run(delays);
    expect(group.process(3).disk.founding.signed).toBeNull();
    group.run(3 * delays);
    expect(viewOf(group, 3)).toEqual([2, 3, 4]);
  });
});

describe('conflicting foundings', () => {
  function held(group: CoreGroup): string[] {
    return group.processes
      .map((p) => viewOf(group, p.number))
      .filter((view) => view !== null)
      .map(String);
  }

  it('of two that do not hear each other end in one group', () => {
    const group = new CoreGroup(3, { extra: 1 });
    group.loss = (m) => m.message.kind === 'hello' && m.from + m.to === 3; // 1 and 2 do not know of each other.
    group.runTicks(FOUNDED_TICKS);
    expect(group.sentOf('found').map((m) => m.from)).toEqual(expect.arrayContaining([1, 2]));
    group.loss = none;
    group.runTicks(50);
    expect(held(group).length).toBe(3);
    expect(new Set(held(group)).size).toBe(1);
  });

  it('do not arise beside one that is under way', () => {
    const group = new CoreGroup(2, { extra: 2 });
    group.crash(3, 4);
    group.loss = of('signed', 'found');
    group.runTicks(FOUNDED_TICKS);
    group.restart(3, 4);
    group.runTicks(2 * FOUNDED_TICKS);
    expect(held(group)).toEqual([]);
    group.loss = none;
    group.runTicks(50);
    expect(held(group)).toEqual(['1,2', '1,2']);
  });

  it('release a signer that did not hear the refusal when it was given', () => {
    const group = new CoreGroup(3, { extra: 1 });
    const strangers: Loss = (m) => m.message.kind === 'hello' && m.from + m.to === 3;
    // 3 signs what 2 proposes; 4 has signed what 1 proposes and refuses, unheard by 3.
    group.loss = either(strangers, both(of('found'), from(1), to(3)), both(of('unwilling'), to(3)));
    group.runTicks(FOUNDED_TICKS);
    expect(group.process(3).disk.founding.signed).toEqual(founding(group, [2, 3, 4]));
    expect(group.process(2).disk.founding.refused).toContain(founding(group, [2, 3, 4]).group);
    group.loss = none;
    group.runTicks(100);
    expect(held(group).length).toBe(3);
    expect(new Set(held(group)).size).toBe(1);
  });
});
