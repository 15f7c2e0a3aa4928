import { describe, expect, it } from '@jest/globals';

import { ballotOf, NO_BALLOT } from '../../lib/model/ballot.js';
import { defaults } from '../../lib/model/settings.js';
import { CoreGroup, DELAYS_A_TICK } from '../support/core-group.js';
import type { Loss } from '../support/core-network.js';
import { heartbeatOf } from '../support/heartbeat.js';
import { both, either, from, isolating, none, of, to } from '../support/losses.js';
import { seededRandom } from '../support/seeded-random.js';

/** Silence, at most twice, then a canvass and phase 1, with a tick for the messages of each. */
const REPLACED_TICKS = 2 * defaults.silenceTicks + defaults.canvassTicks + 2;

function reigns(group: CoreGroup): number {
  return group.processes.reduce((sum, p) => sum + p.noticed('reign').length, 0);
}

/** Until one process coordinates and all who live follow it, in ticks. */
function ticksUntil(group: CoreGroup, condition: () => boolean, maxTicks = 300): number {
  return group.runUntil(condition, maxTicks * DELAYS_A_TICK) / DELAYS_A_TICK;
}

describe('without faults', () => {
  it.each([1, 2, 3, 5])('one of %i coordinates for thousands of ticks', (n) => {
    const group = new CoreGroup(n).found();
    const before = reigns(group);
    for (let i = 0; i < 3_000; i += 1) {
      group.tick();
      group.run(2);
    }
    expect(reigns(group)).toBe(before);
    expect(group.sentOf('canvass')).toEqual([]);
    expect(group.live.filter((p) => p.core!.reign !== null).length).toBe(1);
  });

  it('one of three coordinates on though a tenth of all messages is lost', () => {
    const group = new CoreGroup(3).found();
    const random = seededRandom(1);
    group.loss = () => random() < 0.1;
    const before = reigns(group);
    for (let i = 0; i < 3_000; i += 1) {
      group.tick();
      group.run(2);
    }
    expect(reigns(group)).toBe(before);
  });
});

describe('a coordinator that lacks what was decided', () => {
  it.each([3, 5])('of %i gives way to one that may learn it, and stands again when it has it', (n) => {
    const group = new CoreGroup(n).found();
    const impaired = group.process(group.coordinator!);
    impaired.core!.step({ kind: 'impaired', isSo: true });
    expect(ticksUntil(group, () => group.coordinator === impaired.number)).toBe(0);
    group.runTicks(2);
    expect(impaired.core!.reign).toBeNull();
    ticksUntil(group, () => group.coordinator !== null);
    expect(group.coordinator).not.toBe(impaired.number);
    impaired.core!.step({ kind: 'impaired', isSo: false });
    group.crash(
      ...group.live
        .map(({ number }) => number)
        .filter((number) => number !== impaired.number)
        .slice(0, (n - 1) / 2),
    );
    ticksUntil(group, () => group.coordinator !== null);
    expect(group.coordinator).not.toBeNull();
  });
});

describe('a dead coordinator', () => {
  it.each([3, 4, 5])('of %i is replaced within a bounded time', (n) => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const group = new CoreGroup(n, { seed }).found();
      group.run(seed);
      group.crash(group.coordinator!);
      expect(ticksUntil(group, () => group.coordinator !== null)).toBeLessThanOrEqual(REPLACED_TICKS);
    }
  });

  it('is replaced again and again, as long as a majority lives', () => {
    const group = new CoreGroup(5).found();
    for (let i = 0; i < 10; i += 1) {
      const dead = group.coordinator!;
      group.crash(dead);
      expect(ticksUntil(group, () => group.coordinator !== null)).toBeLessThanOrEqual(REPLACED_TICKS);
      group.restart(dead);
    }
    group.crash(...group.live.slice(0, 2).map((p) => p.number));
    if (group.coordinator === null) ticksUntil(group, () => group.coordinator !== null);
    const last = group.propose(group.live[0]!.number, 'last');
    group.runUntil(() => group.everyoneHasDecided([last]), 2_000);
  });

  it('is not replaced where no majority lives', () => {
    const group = new CoreGroup(5).found();
    group.crash(1, 2, 3);
    group.runTicks(500);
    expect(group.coordinator).toBeNull();
    expect(group.sentOf('prepare').every((m) => m.from === 1)).toBe(true);
  });
});

describe('a process with bad links', () => {
  it.each<[string, Loss]>([
    ['that does not hear the coordinator', both(from(1), to(3))],
    ['that hears nobody', to(3)],
    ['that nobody hears', from(3)],
    ['that is cut off', isolating(3)],
  ])('%s cannot depose it, now or when the links are mended', (_, loss) => {
    const group = new CoreGroup(5).found();
    const before = reigns(group);
    group.loss = loss;
    group.runTicks(200);
    expect(group.coordinator).toBe(1);
    group.loss = none;
    group.runTicks(100);
    expect(group.coordinator).toBe(1);
    expect(reigns(group)).toBe(before);
  });

  it('that does not hear the coordinator goes on deciding with the others', () => {
    const group = new CoreGroup(3).found();
    group.loss = both(from(1), to(3));
    const id = group.propose(2, 'a');
    group.runUntil(() => group.everyoneHasDecided([id]), 2_000);
  });
});

describe('a member that has heard of a reign beyond reason while it was alone', () => {
  /** Process 3 is cut off from the others while somebody speaks of reign 2^50 to it. */
  function ledAstray(mode: 'classic' | 'fast'): CoreGroup {
    const group = new CoreGroup(3, { mode }).found();
    group.loss = isolating(3);
    const ballot = ballotOf(2 ** 50, group.process(2).id, 'classic');
    const heartbeat = heartbeatOf(ballot);
    for (let ticks = 0; ticks < 5 * defaults.silenceTicks; ticks += 1) {
      group.forge(2, 3, heartbeat);
      group.runTicks(1);
    }
    group.loss = none;
    return group;
  }

  it.each(['classic', 'fast'] as const)('comes back to the reign of the others, and deposes nobody (%s)', (mode) => {
    const group = ledAstray(mode);
    const { coordinator } = group;
    const before = reigns(group);
    const ids = [group.propose(3, 'a'), group.propose(1, 'b')];
    group.runUntil(() => group.everyoneHasDecided(ids), 60 * 2_000);
    expect(group.coordinator).toBe(coordinator);
    expect(reigns(group)).toBe(before);
  });

  it('reigns with whoever is left', () => {
    const group = ledAstray('classic');
    group.runTicks(2 * defaults.silenceTicks);
    group.crash(1);
    const ids = [group.propose(3, 'a'), group.propose(2, 'b')];
    group.runUntil(() => group.everyoneHasDecided(ids), 60 * 2_000);
  });
});

describe('a coordinator', () => {
  it.each<[string, Loss]>([
    ['that no majority answers', isolating(1)],
    ['whose incoming links are cut', to(1)],
    ['whose outgoing links are cut', from(1)],
  ])('%s resigns, and the others get a new one', (_, loss) => {
    const group = new CoreGroup(3).found();
    group.loss = loss;
    ticksUntil(group, () => group.process(1).core!.reign === null, defaults.silenceTicks + 2);
    expect(group.process(1).noticed('resigned').length).toBe(1);
    expect(ticksUntil(group, () => group.coordinator !== null)).toBeLessThanOrEqual(REPLACED_TICKS);
    expect(group.coordinator).not.toBe(1);
    group.loss = none;
    const id = group.propose(1, 'back');
    group.runUntil(() => group.everyoneHasDecided([id]), 2_000);
    group.runTicks(50);
    expect(group.live.filter((p) => p.core!.reign !== null).length).toBe(1);
  });

  it('that a bare majority answers does not resign', () => {
    const group = new CoreGroup(5).found();
    group.loss = isolating(4, 5);
    group.runTicks(200);
    expect(group.coordinator).toBe(1);
    expect(group.process(1).noticed('resigned')).toEqual([]);
  });

  it('that was restarted at once is a follower like any other, and nothing it did is undone', () => {
    const group = new CoreGroup(3).found();
    const id = group.propose(1, 'a');
    group.run(1);
    group.crash(1);
    group.restart(1);
    expect(group.process(1).core!.reign).toBeNull();
    const next = group.propose(2, 'next');
    group.runUntil(() => group.everyoneHasDecided([id, next]), 2_000);
  });
});

describe('a follower', () => {
  it('tells a coordinator below the one that it follows, and does not answer it', () => {
    const group = new CoreGroup(3).found();
    group.crash(1);
    ticksUntil(group, () => group.coordinator !== null);
    group.settle();
    const ballot = ballotOf(1, group.process(1).id, 'classic');
    const answers = group.sentOf('heard').length;
    group.forge(1, 3, heartbeatOf(ballot));
    expect(group.sentOf('refusal').at(-1)).toMatchObject({ from: 3, to: 1, message: { promised: { reign: 2 } } });
    expect(group.sentOf('heard').length).toBe(answers);
  });
});

describe('members that were all restarted', () => {
  it.each([1, 2, 3, 4, 5])('of a group of %i elect again', (n) => {
    const group = new CoreGroup(n).found();
    const id = group.propose(1, 'a');
    group.runUntil(() => group.everyoneHasDecided([id]));
    const numbers = group.processes.map((p) => p.number);
    group.crash(...numbers);
    group.settle();
    group.restart(...numbers);
    const elected = ticksUntil(group, () => group.coordinator !== null);
    expect(elected).toBeLessThanOrEqual(REPLACED_TICKS);
    group.runTicks(100);
    expect(reigns(group)).toBe(2);
  });

  it('reign above every reign that there was', () => {
    const group = new CoreGroup(3).found();
    for (let i = 0; i < 5; i += 1) {
      const reign = group.process(group.coordinator!).core!.reign ?? NO_BALLOT;
      group.crash(1, 2, 3);
      group.restart(1, 2, 3);
      ticksUntil(group, () => group.coordinator !== null);
      expect(group.process(group.coordinator!).core!.reign!.reign).toBeGreaterThan(reign.reign);
    }
  });

  it('elect though one of them never comes back', () => {
    const group = new CoreGroup(3).found();
    group.crash(1, 2, 3);
    group.restart(2, 3);
    expect(ticksUntil(group, () => group.coordinator !== null)).toBeLessThanOrEqual(REPLACED_TICKS);
  });

  it('elect though half of all messages of the election are lost', () => {
    const group = new CoreGroup(5).found();
    const random = seededRandom(7);
    group.crash(1, 2, 3, 4, 5);
    group.loss = both(either(of('canvass', 'concur', 'prepare', 'promise'), of('heartbeat')), () => random() < 0.5);
    group.restart(1, 2, 3, 4, 5);
    const id = group.propose(2, 'a');
    ticksUntil(group, () => group.everyoneHasDecided([id]), 1_000);
  });
});
