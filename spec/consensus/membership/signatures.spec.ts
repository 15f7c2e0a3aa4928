import { describe, expect, it } from '@jest/globals';

import { CoreGroup } from '../../support/core-group.js';
import { isolating } from '../../support/losses.js';
import { FOUNDED_TICKS, founding, numbers, viewOf } from './foundings.js';

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
      joined: null,
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
      joined: null,
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
    expect(group.process(3).disk.founding).toEqual({ signed: ours, joined: null, refused: [], withdrawals: [] });
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
