import { describe, expect, it } from '@jest/globals';

import type { Mode } from '../../../lib/consensus/mode.js';
import { ballotOf } from '../../../lib/model/ballot.js';
import type { Instance } from '../../../lib/model/ids.js';
import { View } from '../../../lib/model/view.js';
import { CoreGroup } from '../../support/core-group.js';
import { foundingOf } from '../../support/founding-of.js';
import { idOf } from '../../support/ids.js';
import { both, none, of, to } from '../../support/losses.js';

const BORDER = 8;
const FOUNDING = foundingOf([idOf(1), idOf(2), idOf(3)], 0, { borderInstances: BORDER });

function groupOf(mode: Mode = 'classic', observers = 3): CoreGroup {
  const group = new CoreGroup(3, { mode, borderOf: () => BORDER, windowOf: () => BORDER }).found();
  for (let i = 0; i < observers; i += 1) group.join();
  const id = group.propose(1, 'before');
  group.runUntil(() => group.everyoneHasDecided([id]));
  return group;
}

/** Runs until the change to these members is complete as they know. */
function untilComplete(group: CoreGroup, number: number, ...members: readonly number[]): void {
  group.runUntil(() =>
    members.every((member) =>
      group
        .process(member)
        .noticed('view-complete')
        .some((notice) => notice.number >= number),
    ),
  );
}

function replaceAll(group: CoreGroup): void {
  group.changeView(2, [4, 5, 6]);
  untilComplete(group, 1, 4, 5, 6);
  group.crash(1, 2, 3);
}

/** Process 4 hears no coordinator any more, and so asks for the members. */
function untilAsking(group: CoreGroup): void {
  group.loss = both(of('heartbeat'), to(4));
  const { now } = group;
  group.runUntil(() => group.sent.some(({ from, at, message }) => from === 4 && at > now && message.kind === 'hello'));
}

function knowsView(group: CoreGroup, process: number, number: number): boolean {
  const views = group.process(process).core?.views;
  return views?.isFounded === true && views.latest.number === number;
}

describe.each(['classic', 'fast', 'adaptive'] as const)('a group without any of its founders (%s)', (mode) => {
  it('is joined by a newcomer, which learns all from its present members, and becomes a member', () => {
    const group = groupOf(mode);
    replaceAll(group);
    const id = group.propose(4, 'after');
    group.runUntil(() => group.hasDecided(4, id));
    const newcomer = group.join();
    group.runUntil(() => group.hasDecided(newcomer, id) && knowsView(group, newcomer, 1));
    expect(group.process(newcomer).noticed('founded')).toMatchObject([{ part: 'observer', view: { number: 1 } }]);
    const own = group.propose(newcomer, 'of the newcomer');
    group.runUntil(() => group.everyoneHasDecided([own]));
    group.changeView(newcomer, [4, 5, newcomer]);
    untilComplete(group, 2, 4, 5, newcomer);
    group.crash(6);
    group.crash(4);
    const last = group.propose(newcomer, 'last');
    group.runUntil(() => group.everyoneHasDecided([last]));
  });

  it('is joined by a newcomer also where the log begins after its founding', () => {
    const group = groupOf(mode);
    replaceAll(group);
    group.cut(4, 5, 6);
    const newcomer = group.join();
    group.runUntil(() => knowsView(group, newcomer, 1));
    const id = group.propose(newcomer, 'of the newcomer');
    group.runUntil(() => group.everyoneHasDecided([id]));
  });

  it('has one of its members again that knew none of the others, for they came while it was away', () => {
    const group = groupOf(mode, 1);
    group.crash(3);
    group.changeView(1, [2, 3, 4]);
    untilComplete(group, 1, 2, 4);
    group.crash(1, 2);
    group.restart(3);
    // Of the quorum of both, one has heard of the other by the change alone, which only that one holds.
    const id = group.propose(4, 'after');
    group.runUntil(() => group.hasDecided(3, id) && group.hasDecided(4, id));
  });

  it('is found again by a former member that was away for all changes, which votes no more', () => {
    const group = groupOf(mode);
    group.crash(3);
    group.changeView(1, [4, 5, 6]);
    untilComplete(group, 1, 4, 5, 6);
    group.crash(1, 2);
    group.restart(3);
    group.runUntil(() => knowsView(group, 3, 1));
    const id = group.propose(3, 'of a former member');
    group.runUntil(() => group.everyoneHasDecided([id]));
    const { now } = group;
    group.runTicks(300);
    const votes = group.sent.filter(({ from, at, message }) => from === 3 && at > now && message.kind === 'accepted');
    expect(votes).toEqual([]);
  });
});

describe('the members that a process is told of', () => {
  it('are heard and asked, and none of them gets a vote by it: not even the process itself', () => {
    const group = groupOf();
    untilAsking(group);
    const latest = new View(7, [idOf(4), idOf(5)]);
    group.forge(1, 4, { kind: 'group', founding: FOUNDING, latest });
    const { views } = group.process(4).core!;
    expect(views.told).toBe(latest);
    expect([views.latest.number, views.current.has(idOf(4)), views.latest.has(idOf(4))]).toEqual([0, false, false]);
    group.crash(1, 2, 3);
    group.runTicks(300);
    expect(group.sent.filter(({ from, message }) => from >= 4 && message.kind === 'canvass')).toEqual([]);
  });

  it('give way to those of a later view only, whoever tells of them: a former member knows an early one', () => {
    const group = groupOf();
    untilAsking(group);
    const told = (number: number, ...members: readonly number[]): void => {
      const latest = new View(
        number,
        members.map((member) => idOf(member)),
      );
      group.forge(1, 4, { kind: 'group', founding: FOUNDING, latest });
    };
    told(3, 5, 6);
    told(2, 1, 2);
    expect(group.process(4).core!.views.told?.members).toEqual([idOf(5), idOf(6)]);
    told(4, 6, 7);
    expect(group.process(4).core!.views.told?.members).toEqual([idOf(6), idOf(7)]);
  });

  it('are of no account to a process that has not asked: whoever says that he is a member deposes no coordinator', () => {
    const group = groupOf();
    const latest = new View(7, [idOf(6)]);
    const ballot = ballotOf(99, idOf(6), 'classic');
    for (const process of [1, 2, 3, 4]) {
      group.forge(6, process, { kind: 'group', founding: FOUNDING, latest });
      group.forge(6, process, { kind: 'prepare', ballot, from: 0 as Instance });
      expect(group.process(process).core!.views.told).toBeNull();
    }
    expect(group.process(1).noticed('resigned')).toEqual([]);
    expect([1, 2, 3].map((process) => group.process(process).disk.promise.reign)).toEqual([1, 1, 1]);
  });

  it('are of its own group: those of another one on the address are of no account', () => {
    const group = groupOf();
    untilAsking(group);
    const latest = new View(3, [idOf(1), idOf(9)]);
    group.forge(1, 4, { kind: 'group', founding: foundingOf([idOf(1), idOf(2)], 1), latest });
    expect(group.process(4).core!.views.told).toBeNull();
  });

  it('are forgotten for those of a view that the sequence tells', () => {
    const group = groupOf();
    untilAsking(group);
    group.forge(1, 4, {
      ...{ kind: 'group', founding: FOUNDING },
      latest: new View(1, [idOf(1), idOf(2)]),
    });
    expect(group.process(4).core!.views.told?.number).toBe(1);
    group.loss = none;
    group.changeView(1, [1, 2]);
    group.runUntil(() => knowsView(group, 4, 1));
    expect(group.process(4).core!.views.told).toBeNull();
  });
});

describe('a process that asks for the members', () => {
  it('is answered by those of the present views, and not by one that was removed', () => {
    const group = groupOf();
    group.changeView(2, [4, 5]);
    untilComplete(group, 1, 4, 5);
    group.runUntil(() => group.live.every(({ number }) => knowsView(group, number, 1)));
    const { now } = group;
    group.join();
    group.runTicks(20);
    const answers = group.sent.filter(({ at, message }) => at > now && message.kind === 'group');
    expect(new Set(answers.map(({ from }) => from))).toEqual(new Set([4, 5]));
    expect(group.sent.filter(({ at, message }) => at > now && message.kind === 'founded')).toEqual([]);
  });

  it('does so while it follows no coordinator, at growing intervals, and is silent otherwise', () => {
    const group = groupOf('classic', 1);
    const asked = (since: number): number =>
      group.sent.filter(({ from, at, message }) => from === 4 && at > since && message.kind === 'hello').length;
    group.runTicks(2_000);
    expect(asked(group.now - 1_900 * 20)).toBe(0);
    group.crash(1, 2, 3);
    const { now } = group;
    group.runTicks(4_000);
    expect(asked(now)).toBeGreaterThanOrEqual(4);
    expect(asked(now)).toBeLessThanOrEqual(4 * 8);
  });

  it('keeps the founding, and tells it once it is a member', () => {
    const group = groupOf('classic', 1);
    expect(group.process(4).disk.founding.joined).toEqual(FOUNDING);
    group.changeView(1, [4]);
    untilComplete(group, 1, 4);
    group.crash(1, 2, 3, 4);
    group.restart(4);
    const newcomer = group.join();
    group.runUntil(() => knowsView(group, newcomer, 1));
  });
});

it('a signer that has missed that its founding holds learns it from members that have come later', () => {
  const group = new CoreGroup(3, { borderOf: () => BORDER, windowOf: () => BORDER });
  group.loss = ({ from, to, message }) =>
    (to === 3 && (message.kind === 'signed' || message.kind === 'founded')) ||
    (from === 3 && message.kind !== 'signed' && message.kind !== 'hello');
  group.runUntil(() => group.coordinator !== null);
  expect(group.process(3).core!.group).toBeNull();
  group.crash(3);
  group.join();
  const id = group.propose(1, 'before');
  group.runUntil(() => group.everyoneHasDecided([id]));
  group.changeView(1, [4]);
  untilComplete(group, 1, 4);
  group.crash(1, 2);
  group.loss = () => false;
  group.restart(3);
  group.runUntil(() => knowsView(group, 3, 1));
  expect(group.process(3).noticed('founded')).toMatchObject([{ part: 'member' }]);
});
