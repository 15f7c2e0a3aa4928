import { describe, expect, it } from '@jest/globals';

import { type Ballot, ballotOf, classicStepOf } from '../../lib/model/ballot.js';
import type { BatchId } from '../../lib/model/batch.js';
import type { Instance } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import { CoreGroup, DELAYS_A_TICK } from '../support/core-group.js';
import { both, either, from, none, of, to } from '../support/losses.js';

const FIRST = 0 as Instance;

function fast(n: number): CoreGroup {
  return new CoreGroup(n, { mode: 'fast' }).found();
}

function reignOf(group: CoreGroup): Ballot {
  return ballotOf(1, group.process(1).id, 'fast');
}

/** The messages of phase 1, of the whole reign or of one instance. */
function phase1(group: CoreGroup): number {
  return group.sentOf('prepare').length + group.sentOf('inquire').length;
}

/** Among five: 1, 2 and 5 vote for the one proposal, 3 and 4 for the other. */
function collide(group: CoreGroup): readonly [BatchId, BatchId] {
  group.copies = (m) => [m.message.kind === 'propose' && m.from === 2 && m.to === 4 ? 2 : 1];
  return [group.propose(2, 'one'), group.propose(3, 'other')];
}

describe('a collision (Fast Paxos, section 3.2)', () => {
  it('is recovered in four delays, the votes seen being the answers of phase 1', () => {
    const group = fast(5);
    const before = phase1(group);
    const [one, other] = collide(group);
    expect(group.runUntil(() => group.live.every((p) => p.decided.size === 1))).toBe(4);
    expect(phase1(group)).toBe(before);
    expect([one, other]).toContain(group.process(1).decided.get(FIRST));
    expect(group.process(1).noticed('collision')).toEqual([{ kind: 'collision', instance: 0 }]);
  });

  it('is recovered in the classic ballot directly above', () => {
    const group = fast(5);
    collide(group);
    group.run(4);
    const ballots = group.sentOf('accept').map((m) => m.message.ballot);
    expect(new Set(ballots)).toEqual(new Set([classicStepOf(reignOf(group))]));
  });

  it('leaves the reign open: the next instance takes two delays again', () => {
    const group = fast(5);
    const ids = collide(group);
    group.runUntil(() => group.everyoneHasDecided(ids));
    const next = group.propose(4, 'next');
    expect(group.runUntil(() => group.everyoneHasDecided([next]))).toBe(2);
    expect(group.sentOf('prepare').every((m) => m.message.ballot.reign === 1)).toBe(true);
  });

  it('costs the loser one more instance, which it takes by itself', () => {
    const group = fast(5);
    const ids = collide(group);
    expect(group.runUntil(() => group.everyoneHasDecided(ids))).toBe(6);
    expect(group.process(5).decided.size).toBe(2);
    expect(new Set(group.delivered(5))).toEqual(new Set(['one', 'other']));
  });

  it('is recovered though the coordinator has seen no more than the votes that show it', () => {
    const group = fast(5);
    const ids = collide(group);
    group.loss = both(of('accepted'), to(1), from(5));
    group.runUntil(() => group.everyoneHasDecided(ids), 200);
  });

  it.each([[[]], [[2]], [[3]]])(
    'is recovered within few ticks though no vote is heard, and of the proposers die %j',
    (dead) => {
      const group = fast(5);
      const ids = collide(group);
      group.loss = of('accepted');
      group.run(3);
      group.crash(...dead);
      group.loss = none;
      const delays = group.runUntil(() => group.live.every((p) => ids.includes(p.decided.get(FIRST)!)));
      expect(delays).toBeLessThanOrEqual((defaults.stuckTicks + 1) * DELAYS_A_TICK);
    },
  );

  it.each([2, 3, 4, 5])('among %i who all propose at once ends, and everyone gets a turn', (n) => {
    const group = fast(n);
    const ids = group.processes.map((p) => group.propose(p.number, String(p.number)));
    group.runUntil(() => group.everyoneHasDecided(ids), 10 * DELAYS_A_TICK);
  });
});

describe('a stuck instance', () => {
  it('is recovered after a timeout, and those whose votes are not known are asked', () => {
    const group = fast(5);
    group.loss = both(of('propose'), to(3, 4, 5));
    const id = group.propose(2, 'a'); // Two votes of the four that are needed.
    const delays = group.runUntil(() => group.everyoneHasDecided([id]));
    expect(delays).toBeLessThanOrEqual((defaults.stuckTicks + defaults.fetchTicks + 2) * DELAYS_A_TICK);
    expect(group.sentOf('inquire').length).toBeGreaterThan(0);
    expect(group.process(1).noticed('stuck')).toEqual([{ kind: 'stuck', instance: 0 }]);
  });

  it('is not decided by reports of strangers, or for another reign', () => {
    const group = new CoreGroup(5, { mode: 'fast', extra: 2 }).found();
    group.loss = of('propose', 'report', 'accepted');
    group.propose(1, 'a');
    group.runUntil(() => group.sentOf('inquire').length > 0);
    const { ballot, instance } = group.sentOf('inquire')[0]!.message;
    for (const stranger of [6, 7]) group.forge(stranger, 1, { kind: 'report', ballot, instance, vote: null });
    for (const member of [2, 3]) {
      group.forge(member, 1, { kind: 'report', ballot: { ...ballot, reign: 9 }, instance, vote: null });
    }
    expect(group.sentOf('accept')).toEqual([]);
    for (const member of [2, 3]) group.forge(member, 1, { kind: 'report', ballot, instance, vote: null });
    expect(group.sentOf('accept').length).toBeGreaterThan(0);
  });

  it('is recovered though the coordinator has heard of no vote', () => {
    const group = fast(5);
    group.loss = either(of('accepted'), both(of('propose'), to(1)));
    const id = group.propose(2, 'a');
    group.run(3);
    group.loss = both(of('accepted'), to(1), from(2, 3));
    group.runUntil(() => group.everyoneHasDecided([id]));
  });

  it('that was left free is filled, and what comes after it is delivered', () => {
    const group = fast(5);
    const batch = { id: group.propose(2, 'a'), body: Buffer.from('a') };
    group.runUntil(() => group.everyoneHasDecided([batch.id]));
    const late = { id: group.process(2).newBatch('late').id, body: Buffer.from('late') };
    group.checker.proposed(late);
    for (const p of group.live) {
      group.forge(2, p.number, { kind: 'propose', ballot: reignOf(group), instance: 5 as Instance, batch: late });
    }
    group.runUntil(() => group.everyoneHasDecided([late.id]), 20 * DELAYS_A_TICK);
    expect(group.process(3).decided.size).toBe(6);
    expect(group.delivered(3)).toEqual(['a', 'late']);
  });

  it('is recovered again by the next coordinator when the first dies over it', () => {
    const group = fast(5);
    const ids = collide(group);
    group.loss = of('accept');
    group.run(3);
    group.crash(1);
    group.loss = none;
    group.runUntil(() => group.everyoneHasDecided(ids), 5_000);
    expect(new Set(group.delivered(5))).toEqual(new Set(['one', 'other']));
  });
});
