import { describe, expect, it } from '@jest/globals';

import type { MessageKind } from '../../lib/consensus/messages.js';
import { consensusRoutes } from '../../lib/consensus/routes.js';
import { ballotOf } from '../../lib/model/ballot.js';
import { constants } from '../../lib/model/constants.js';
import { defaults } from '../../lib/model/settings.js';
import { CoreGroup } from '../support/core-group.js';
import { heartbeatOf } from '../support/heartbeat.js';

const MODES = ['classic', 'fast', 'adaptive'] as const;

const OF_MEMBERS = (Object.keys(consensusRoutes) as MessageKind[]).filter(
  (kind) => consensusRoutes[kind].saidBy === 'members',
);

function groupWithLearner(mode: (typeof MODES)[number]): CoreGroup {
  const group = new CoreGroup(3, { mode }).found();
  const id = group.propose(1, 'before');
  group.runUntil(() => group.everyoneHasDecided([id]));
  group.crash(3);
  expect(group.join()).toBe(4);
  group.runUntil(() => group.everyoneHasDecided([id]));
  return group;
}

function saidBy(group: CoreGroup, process: number): Set<MessageKind> {
  return new Set(group.sent.filter(({ from }) => from === process).map(({ message }) => message.kind));
}

describe.each(MODES)('an observer (%s)', (mode) => {
  it('learns what was decided before it came and after, proposes and reads', () => {
    const group = groupWithLearner(mode);
    const ids = [group.propose(4, 'of the observer'), group.propose(1, 'of a member')];
    group.runUntil(() => group.everyoneHasDecided(ids));
    group.read(4, 1);
    group.runUntil(() => group.process(4).readable.length > 0);
    expect(group.delivered(4)).toEqual(group.delivered(1));
    expect(group.process(4).noticed('founded')).toMatchObject([{ part: 'observer' }]);
  });

  it('says nothing of what only members may say, whatever happens', () => {
    const group = groupWithLearner(mode);
    for (const [down, up] of [
      [1, 3],
      [2, 1],
      [3, 2],
    ] as const) {
      group.crash(down);
      if (group.process(up).core === null) group.restart(up);
      const id = group.propose(4, `without ${down}`);
      group.runUntil(() => group.everyoneHasDecided([id]));
    }
    group.crash(1, 2);
    group.runTicks(200);
    const said = saidBy(group, 4);
    for (const kind of OF_MEMBERS) expect(said).not.toContain(kind);
  });

  it('makes no majority with a minority', () => {
    const group = groupWithLearner(mode);
    group.crash(2);
    const ids = [group.propose(1, 'of one'), group.propose(4, 'of the observer')];
    group.read(1, 1);
    group.runTicks(200);
    expect(ids.filter((id) => group.hasDecided(1, id) || group.hasDecided(4, id))).toEqual([]);
    expect(group.process(1).readable).toEqual([]);
    group.restart(2);
    group.runUntil(() => group.everyoneHasDecided(ids));
  });

  it('is one still when it starts again', () => {
    const group = groupWithLearner(mode);
    group.crash(4);
    group.restart(4);
    const id = group.propose(4, 'again');
    group.runUntil(() => group.everyoneHasDecided([id]));
    expect(saidBy(group, 4)).not.toContain('accepted');
  });

  it('goes on from a checkpoint where the logs of the members begin later', () => {
    const group = new CoreGroup(3, { mode }).found();
    const ids = ['a', 'b', 'c'].map((text) => group.propose(1, text));
    group.runUntil(() => group.everyoneHasDecided(ids));
    group.settle();
    group.cut(1, 2, 3);
    group.join();
    const id = group.propose(1, 'd');
    group.runUntil(() => group.everyoneHasDecided([...ids, id]));
    expect(group.process(4).disk.start).toBeGreaterThan(0);
    expect(group.delivered(4)).toEqual(group.delivered(1));
  });

  it('is not asked for what was decided, for it is no member', () => {
    const group = groupWithLearner(mode);
    const coordinator = group.coordinator!;
    group.loss = ({ from, to, message: { kind } }) =>
      to === coordinator && from !== 4 && (kind === 'accepted' || kind === 'decided');
    const id = group.propose(2, 'missed by the coordinator');
    group.runUntil(() => group.hasDecided(4, id));
    group.runTicks(100);
    group.loss = () => false;
    group.runUntil(() => group.everyoneHasDecided([id]));
    expect(group.sent.filter((sent) => sent.to === 4 && sent.message.kind === 'catch-up')).toEqual([]);
  });
});

describe('a process that may not found a group', () => {
  it('waits where there is none', () => {
    const group = new CoreGroup(2, {});
    group.crash(2);
    group.join();
    group.runTicks(100);
    expect(group.process(1).noticed('founded')).toEqual([]);
    expect(saidBy(group, 3)).toEqual(new Set(['hello']));
    group.restart(2);
    group.runUntil(() => group.live.every((p) => p.noticed('founded').length > 0));
    expect(group.process(3).noticed('founded')).toMatchObject([{ part: 'observer' }]);
  });
});

describe.each(['classic', 'fast'] as const)('an observer takes part in whatever reign there is (%s)', (mode) => {
  function expectToLearn(group: CoreGroup, observer: number): void {
    const ids = [group.propose(observer, 'of the observer'), group.propose(1, 'of a member')];
    group.runUntil(() => group.everyoneHasDecided(ids), 60 * 2_000);
  }

  it('also where its number is far above all that the observer has heard of', () => {
    const group = new CoreGroup(3, { mode }).found();
    group.crash(1, 2, 3);
    for (const member of [1, 2, 3])
      group.process(member).disk.promise = ballotOf(5 * constants.reignStep, group.process(1).id, 'classic');
    group.restart(1, 2, 3);
    expectToLearn(group, group.join());
  });

  it('also where it alone has heard of a higher one, whose coordinator is gone', () => {
    const group = groupWithLearner(mode);
    const from = group.process(3).id;
    const ballot = ballotOf(1_000, from, 'classic');
    group.forge(3, 4, heartbeatOf(ballot));
    expectToLearn(group, 4);
  });

  it('and stays in the higher one where its coordinator is heard', () => {
    const group = groupWithLearner(mode);
    const from = group.process(3).id;
    const heartbeat = heartbeatOf(ballotOf(1_000, from, 'fast'));
    for (let ticks = 0; ticks < 4 * defaults.silenceTicks; ticks += 1) {
      if (ticks % defaults.heartbeatTicks === 0) group.forge(3, 4, heartbeat);
      group.runTicks(1);
    }
    const told = group.sentOf('heard').filter((sent) => sent.from === 4);
    expect(told.at(-1)?.message.ballot.reign).toBe(1_000);
  });
});
