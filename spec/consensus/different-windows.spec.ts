import { describe, expect, it } from '@jest/globals';

import type { Mode } from '../../lib/consensus/mode.js';
import { CoreGroup } from '../support/core-group.js';
import { both, from, of } from '../support/losses.js';

const SMALL = 16;
const windowOf = (process: number): number => (process === 1 ? SMALL : 200);

describe.each<Mode>(['classic', 'fast'])('in %s mode, processes with different windows', (mode) => {
  it.each([1, 2, 3])('decide what process %i proposes, and agree', (proposer) => {
    const group = new CoreGroup(3, { mode, windowOf }).found();
    const ids = Array.from({ length: 300 }, (_, i) => group.propose(proposer, String(i)));
    group.runUntil(() => group.everyoneHasDecided(ids), 100_000);
    expect(group.delivered(1)).toEqual(group.delivered(3));
  });

  it('vote each in its own window', () => {
    const group = new CoreGroup(3, { mode, windowOf: (process) => (process === 3 ? SMALL : 200) }).found();
    group.loss = of('accepted');
    for (let i = 0; i < 150; i += 1) group.propose(2, String(i));
    group.runTicks(20);
    expect(Math.max(...group.process(2).disk.log.keys())).toBe(149);
    expect(Math.max(...group.process(3).disk.log.keys())).toBe(SMALL - 1);
  });
});

describe('a coordinator with a smaller window than others', () => {
  /** 2 and 3 have voted at 150 instances that nobody knows to be decided, and the next coordinator's window is small. */
  function withVotesBeyond(): CoreGroup {
    const group = new CoreGroup(3, {
      windowOf: (process) => (process === 2 ? SMALL : 200),
    }).found();
    group.loss = of('accepted');
    for (let i = 0; i < 150; i += 1) group.propose(3, String(i));
    group.runUntil(() => group.process(3).disk.log.size >= 150);
    return group;
  }

  it('hears promises with votes beyond its window, and decides all of them again', () => {
    const group = withVotesBeyond();
    const voted = [...group.process(3).disk.log].map(([instance, { vote }]) => [instance, vote?.batch.id] as const);
    group.crash(1);
    group.loss = both(from(3), of('canvass')); // Only 2 stands for election.
    group.runUntil(() => voted.every(([instance]) => group.process(2).decided.has(instance)), 100_000);
    expect(group.coordinator).toBe(2);
    const beyond = group.sentOf('promise').filter(({ message }) => message.votes.some((v) => v.instance >= SMALL));
    expect(beyond.length).toBeGreaterThan(0);
    for (const n of [2, 3]) expect(group.process(n).noticed('refused')).toEqual([]);
    expect(voted.map(([instance]) => group.process(2).decided.get(instance))).toEqual(voted.map(([, id]) => id));
  });
});
