import { describe, expect, it } from '@jest/globals';

import { defaults } from '../../../lib/model/settings.js';
import { CoreGroup, DELAYS_A_TICK } from '../../support/core-group.js';
import { of } from '../../support/losses.js';
import { FOUNDED_TICKS, founding, numbers, viewOf } from './foundings.js';

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
