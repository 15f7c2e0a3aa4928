import { describe, expect, it } from '@jest/globals';

import type { Instance } from '../../lib/model/ids.js';
import { CoreGroup, type Loss } from '../support/core-group.js';
import { both, either, from, isolating, none, of, to } from '../support/losses.js';

// A batch may be decided at several instances: a proposer that does not hear of its decision proposes it again, and a
// new coordinator orders what its predecessor had ordered already. Later instances carry it without its body.

/** A group in which 1 and 2 have decided a batch and 3 knows nothing of it; 1, restarted, orders it once more. */
function decidedTwice(meanwhile: Loss): CoreGroup {
  const group = new CoreGroup(3).found();
  group.loss = isolating(3);
  const id = group.propose(2, 'twice');
  const late = group.sentOf('batch').find((m) => m.to === 1)!;
  group.runUntil(() => group.hasDecided(1, id) && group.hasDecided(2, id));
  group.crash(1);
  group.restart(1);
  group.loss = either(isolating(3), of('catch-up'), meanwhile);
  group.runUntil(() => group.coordinator === 1);
  group.forge(2, 1, late.message);
  group.run(3);
  return group;
}

describe('a batch that is decided twice', () => {
  it('is delivered once', () => {
    const group = decidedTwice(none);
    group.loss = none;
    group.runUntil(() => group.live.every((p) => p.decided.size === 2));
    expect([...group.process(3).decided.values()]).toEqual(Array(2).fill([...group.process(1).decidedIds][0]));
    expect(group.delivered(3)).toEqual(['twice']);
  });

  it('is not ordered twice by a coordinator that hears of it twice', () => {
    const group = new CoreGroup(3).found();
    group.copies = () => [1, 2, 3];
    const id = group.propose(2, 'a');
    group.runUntil(() => group.everyoneHasDecided([id]));
    group.runTicks(20);
    expect(group.process(3).decided.size).toBe(1);
  });

  it('is delivered whole by who waits for it at both instances', () => {
    const group = decidedTwice(both(of('accepted'), to(2)));
    group.loss = either(of('catch-up', 'decided'), both(of('accepted'), to(2, 3)), of('accept'));
    const ballot = group.process(1).core!.reign!;
    const id = [...group.process(2).decidedIds][0]!;
    for (const instance of [1, 0] as Instance[])
      group.forge(1, 3, { kind: 'accept', ballot, items: [{ instance, id }] });
    group.runTicks(5);
    group.loss = none;
    group.runUntil(() => group.live.every((p) => p.decided.size === 2));
    expect(group.delivered(3)).toEqual(['twice']);
  });

  it('is delivered whole by who first hears of the second decision', () => {
    const group = decidedTwice(none);
    group.loss = of('catch-up');
    group.runTicks(20);
    group.loss = none;
    group.runUntil(() => group.live.every((p) => p.decided.size === 2));
    expect(group.delivered(3)).toEqual(['twice']);
  });

  it('is delivered whole by who first hears of the second vote', () => {
    const group = decidedTwice(both(of('accepted'), to(2)));
    group.loss = either(of('catch-up'), both(of('accepted'), to(2, 3)), both(of('batch', 'decided'), from(1)));
    group.runTicks(60);
    group.loss = none;
    group.runUntil(() => group.live.every((p) => p.decided.size === 2));
    expect(group.delivered(3)).toEqual(['twice']);
  });

  it('does not hold up a group of which nobody remembers that it was decided before', () => {
    const group = new CoreGroup(3).found();
    const twice = group.propose(2, 'twice');
    const late = group.sentOf('batch').find((m) => m.to === 1)!;
    group.runUntil(() => group.everyoneHasDecided([twice]));
    const between = group.propose(2, 'between');
    group.runUntil(() => group.everyoneHasDecided([between]));
    group.crash(1);
    group.restart(1);
    group.runUntil(() => group.coordinator === 1);

    // 1 orders the late batch once more, dies of it, and only 2 has voted for it: without its body, which it knows.
    group.loss = both(of('accept'), to(3));
    group.crashAt = (process, point) => process === 1 && point === 'before-persist';
    group.forge(2, 1, late.message);
    group.run(2);
    expect(group.process(2).disk.log.get(2 as Instance)?.vote?.batch.id).toBe(twice);
    group.crash(3);
    group.crashAt = () => false;
    group.loss = none;
    group.restart(1, 3);
    const next = group.propose(3, 'next');
    group.runUntil(() => group.everyoneHasDecided([next]), 5_000);
    expect(group.delivered(3)).toEqual(['twice', 'between', 'next']);
  });
});
