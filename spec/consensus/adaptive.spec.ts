import { describe, expect, it } from '@jest/globals';

import type { Mode } from '../../lib/consensus/mode.js';
import { type BallotKind, kindOf } from '../../lib/model/ballot.js';
import { defaults } from '../../lib/model/settings.js';
import { CoreGroup } from '../support/core-group.js';
import { isolating, none } from '../support/losses.js';

/** Long enough for a wish to last and for a change to be carried out. */
const CHANGED_TICKS = defaults.modeTicks + defaults.silenceTicks + 10;

function adaptive(n: number, mode: Mode = 'adaptive'): CoreGroup {
  return new CoreGroup(n, { mode }).found();
}

/** The processes named propose, each a few times a tick. */
function proposing(group: CoreGroup, proposers: readonly number[], ticks: number): void {
  for (let i = 0; i < ticks * 4; i += 1) {
    for (const number of proposers) group.propose(number, `${String(group.now)} of ${String(number)}`);
    group.run(5);
  }
}

function kind(group: CoreGroup): BallotKind | null {
  const reign = group.process(group.coordinator!).core!.reign;
  return reign === null ? null : kindOf(reign);
}

function changes(group: CoreGroup): number {
  return group.processes.reduce((sum, p) => sum + p.noticed('coordinating').length, 0) - 1;
}

describe('an adaptive group', () => {
  it('begins with a classic reign, and keeps it as long as nobody proposes', () => {
    const group = adaptive(3);
    group.runTicks(500);
    expect([kind(group), changes(group)]).toEqual(['classic', 0]);
  });

  it.each([2, 3, 4, 5])('of %i turns fast when one process proposes and another coordinates', (n) => {
    const group = adaptive(n);
    proposing(group, [2], CHANGED_TICKS);
    expect([kind(group), changes(group)]).toEqual(['fast', 1]);
    const id = group.propose(2, 'in two delays');
    expect(group.runUntil(() => group.everyoneHasDecided([id]))).toBe(2);
  });

  it('keeps a classic reign when the coordinator itself proposes', () => {
    const group = adaptive(3);
    proposing(group, [1], 200);
    expect([kind(group), changes(group)]).toEqual(['classic', 0]);
  });

  it('keeps a classic reign when several propose', () => {
    const group = adaptive(5);
    proposing(group, [2, 3, 4], 200);
    expect([kind(group), changes(group)]).toEqual(['classic', 0]);
  });

  it('turns classic when a second process begins to propose', () => {
    const group = adaptive(3);
    proposing(group, [2], CHANGED_TICKS);
    proposing(group, [2, 3], CHANGED_TICKS);
    expect([kind(group), changes(group)]).toEqual(['classic', 2]);
  });

  it('turns classic when the coordinator begins to propose', () => {
    const group = adaptive(3);
    proposing(group, [2], CHANGED_TICKS);
    proposing(group, [1], CHANGED_TICKS);
    expect([kind(group), changes(group)]).toEqual(['classic', 2]);
  });

  it('turns classic when fewer than a fast quorum can be reached, and fast again when they can', () => {
    const group = adaptive(3);
    proposing(group, [2], CHANGED_TICKS);
    group.loss = isolating(3);
    proposing(group, [2], CHANGED_TICKS);
    expect([kind(group), changes(group)]).toEqual(['classic', 2]);
    group.loss = none;
    proposing(group, [2], CHANGED_TICKS);
    expect([kind(group), changes(group)]).toEqual(['fast', 3]);
  });

  it('loses and repeats nothing while it changes', () => {
    const group = adaptive(4);
    const texts: string[] = [];
    for (let i = 0; i < 1_500; i += 1) {
      const number = i < 700 ? 2 : 2 + (i % 3);
      texts.push(`${String(i)} of ${String(number)}`);
      group.propose(number, texts.at(-1)!);
      group.run(2);
    }
    group.runTicks(20);
    expect(changes(group)).toBe(2);
    for (const p of group.processes) expect([...group.delivered(p.number)].sort()).toEqual([...texts].sort());
  });

  it.each<[string, readonly (readonly number[])[]]>([
    ['two that take turns quickly', [[2], [3]]],
    ['one that proposes off and on', [[2], []]],
    ['the coordinator and another that take turns quickly', [[1], [2]]],
  ])('does not flap for %s', (_, turns) => {
    const group = adaptive(3);
    for (let i = 0; i < 100; i += 1) proposing(group, turns[i % turns.length]!, defaults.modeTicks / 4);
    expect(changes(group)).toBeLessThanOrEqual(1);
  });
});

describe.each<BallotKind>(['fast', 'classic'])('a group that is to be %s', (mode) => {
  it('stays so whoever proposes and whoever is reached', () => {
    const group = adaptive(3, mode);
    proposing(group, [2], CHANGED_TICKS);
    proposing(group, [1, 2, 3], CHANGED_TICKS);
    group.loss = isolating(3);
    proposing(group, [1], CHANGED_TICKS);
    expect([kind(group), changes(group)]).toEqual([mode, 0]);
  });
});
