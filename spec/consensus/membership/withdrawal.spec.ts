import { describe, expect, it } from '@jest/globals';

import { CoreGroup } from '../../support/core-group.js';
import type { GroupOptions } from '../../support/core-group-options.js';
import { foundingOf } from '../../support/founding-of.js';

/** Where a founding of 1, 2 and 3 has been signed by all but 3, which is gone; 4 is there in its place. */
function withoutThird(options: GroupOptions = {}): CoreGroup {
  const group = new CoreGroup(3, { extra: 1, ...options });
  group.loss = ({ from, to }) => from === 4 || to === 4;
  group.runUntil(() => group.sentOf('found').length > 0);
  group.crash(3);
  group.runUntil(() => [1, 2].every((number) => group.process(number).disk.founding.signed !== null));
  group.loss = () => false;
  return group;
}

/** The numbers of those that are members of one group now. */
function founders(group: CoreGroup): number[] {
  return group.live.filter(({ core }) => (core?.group ?? null) !== null).map(({ number }) => number);
}

describe('a founder is lost before it has signed', () => {
  it('those who have signed give the founding up together, and found a group with who is there', () => {
    const group = withoutThird();
    group.runUntil(() => founders(group).length === 3);
    expect(founders(group)).toEqual([1, 2, 4]);
    const id = group.propose(4, 'after all');
    group.runUntil(() => group.everyoneHasDecided([id]));
  });

  it('none of them gives it up alone', () => {
    const group = withoutThird();
    group.loss = ({ from, to }) => from === 2 || to === 2;
    group.runTicks(2_000);
    expect(group.process(1).disk.founding.withdrawals).toEqual([]);
    expect(group.process(1).disk.founding.signed?.members).toHaveLength(3);
    group.loss = () => false;
    group.runUntil(() => founders(group).length === 3);
  });

  it('restarts in between change nothing', () => {
    const group = withoutThird();
    group.runUntil(() => group.process(1).disk.founding.withdrawals.length > 0);
    group.crash(1, 2);
    group.restart(1, 2);
    group.runUntil(() => founders(group).length === 3);
    expect(founders(group)).toEqual([1, 2, 4]);
  });

  it('it finds the founding dead when it comes back, and signs the next', () => {
    const group = withoutThird();
    group.loss = ({ from, to }) => from === 4 || to === 4;
    group.runUntil(() => group.process(1).disk.founding.signed === null);
    group.restart(3);
    group.runUntil(() => founders(group).length === 3);
    expect(founders(group)).toEqual([1, 2, 3]);
    expect(group.process(3).disk.founding.signed?.attempt).toBe(1);
  });

  it('of two, one is enough to kill a founding that the other holds alone: it begins anew', () => {
    const group = new CoreGroup(2);
    group.loss = ({ to, message }) => to === 1 && message.kind !== 'hello';
    group.runUntil(() => founders(group).includes(2));
    group.runUntil(() => group.process(1).disk.founding.withdrawals.length > 0);
    group.loss = () => false;
    group.runUntil(() => founders(group).length === 2);
    expect(group.process(2).noticed('dissolved')).toMatchObject([{ isDead: true }]);
    expect(founders(group)).toEqual([1, 3]);
    const id = group.propose(1, 'after all');
    group.runUntil(() => group.everyoneHasDecided([id]));
  });
});

describe('a founding that some hold and others have withdrawn from', () => {
  /** 3 holds it, and nothing but greetings of it reaches the others. */
  function heldByThird(): CoreGroup {
    const group = new CoreGroup(3);
    group.loss = ({ from, message }) => from === 3 && message.kind !== 'hello';
    group.runUntil(() => founders(group).includes(3));
    return group;
  }

  it('lives on where too few have: the one that has comes back as an observer', () => {
    const group = heldByThird();
    group.loss = ({ from, message }) =>
      (from === 3 && message.kind !== 'hello') ||
      message.kind === 'withdrawn' ||
      (from === 2 && message.kind === 'stuck');
    group.runUntil(() => group.process(2).disk.founding.withdrawals.length > 0);
    expect(group.process(1).disk.founding.withdrawals).toEqual([]);
    group.loss = () => false;
    group.runUntil(() => group.process(2).noticed('dissolved').length > 0);
    group.runUntil(() => founders(group).length === 3);
    expect(group.process(2).noticed('dissolved')).toMatchObject([{ isDead: false }]);
    expect(group.process(4).noticed('founded')).toMatchObject([{ part: 'observer' }]);
    const id = group.propose(4, 'from the observer');
    group.runUntil(() => group.everyoneHasDecided([id]));
  });

  it('dies for its holder too where enough have', () => {
    const group = heldByThird();
    group.loss = ({ from, to, message }) => (from === 3 || to === 3) && message.kind !== 'hello';
    group.runUntil(() => [1, 2].every((number) => group.process(number).disk.founding.signed === null));
    expect(founders(group)).toEqual([3]);
    group.loss = () => false;
    group.runUntil(() => founders(group).length === 3);
    expect(founders(group)).toEqual([1, 2, 4]);
  });

  it('is found dead by an observer of it, too, which was cut off when the others gave it up', () => {
    const group = heldByThird();
    const observer = group.join();
    // The holder and its observer hear each other and nobody else.
    group.loss = ({ from, to, message }) => message.kind !== 'hello' && from >= 3 !== to >= 3;
    group.runUntil(() => founders(group).includes(observer));
    group.runUntil(() => [1, 2].every((number) => group.process(number).disk.founding.signed === null));
    group.crash(3);
    group.loss = () => false;
    group.runUntil(() => group.process(observer).noticed('dissolved').length > 0);
    expect(group.process(observer).noticed('dissolved')).toMatchObject([{ isDead: true }]);
  });

  it.each([
    ['has decided something', 1],
    ['is idle since it was founded', 0],
  ])('a group that %s takes no word of its death', (_what, proposals) => {
    const group = new CoreGroup(3).found();
    for (let n = 0; n < proposals; n += 1) group.propose(1, 'something');
    group.runTicks(20);
    const founding = group.process(1).disk.founding.signed;
    if (founding === null) throw new Error('nothing was signed');
    for (const hearer of [1, 3])
      group.forge(2, hearer, { kind: 'withdrawn', withdrawal: { founding, by: founding.members } });
    expect([1, 2, 3].flatMap((number) => group.process(number).noticed('dissolved'))).toEqual([]);
    expect(founders(group)).toEqual([1, 2, 3]);
  });
});

it('of foundings that others speak of, a bounded number is kept', () => {
  const group = new CoreGroup(3);
  group.loss = () => true;
  const members = [1, 3].map((number) => group.process(number).id);
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const founding = foundingOf(members, attempt);
    group.forge(1, 3, { kind: 'withdrawn', withdrawal: { founding, by: members.slice(0, 1) } });
    group.settle();
  }
  expect(group.process(3).disk.founding.withdrawals.length).toBeGreaterThan(10);
  expect(group.process(3).disk.founding.withdrawals.length).toBeLessThan(100);
});
