import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { GroupClock } from '../../lib/consensus/group-clock.js';
import { constants } from '../../lib/model/constants.js';
import type { ProcessId } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import { View } from '../../lib/model/view.js';
import { CoreGroup } from '../support/core-group.js';
import { idOf } from '../support/ids.js';
import { repetitions } from '../support/repetitions.js';

const YEARS = 10 * 365 * 86_400_000;
const HOUR = 3_600_000;
const BOUND = constants.clockBoundMs;
const WAIT_DELAYS = 20_000;

/** How far the stamp of a batch proposed now at a process would be from the right time. */
function stampError(group: CoreGroup, number: number): number {
  const { core, clockOffsetMs } = group.process(number);
  return core!.stamp(group.timeMs + clockOffsetMs) - group.timeMs;
}

/** The group has a coordinator, and everyone has heard a time that it has published. */
function withTime(group: CoreGroup): CoreGroup {
  const processes = () => group.live.filter(({ core }) => core !== null);
  group.runUntil(() => group.coordinator !== null && processes().every(({ core }) => core!.hasRoom), WAIT_DELAYS);
  return group;
}

function groupOf(offsets: readonly number[]): CoreGroup {
  const group = new CoreGroup(offsets.length);
  offsets.forEach((ms, i) => (group.process(i + 1).clockOffsetMs = ms));
  group.found();
  return withTime(group);
}

describe('the stamps of a group', () => {
  it.each([
    ['right', [0, 0, 0]],
    ['ten years ahead at one', [0, 0, YEARS]],
    ['ten years ahead at the coordinator', [YEARS, 0, 0]],
    ['an hour slow at one', [0, -HOUR, 0]],
    ['wrong at two of five, one each way', [0, -HOUR, YEARS, 0, 0]],
  ])('are within the bound of the right time where clocks are %s', (_, offsets) => {
    const group = groupOf(offsets);
    group.runTicks(3 * defaults.heartbeatTicks);
    for (let number = 1; number <= offsets.length; number += 1) {
      expect(Math.abs(stampError(group, number))).toBeLessThanOrEqual(BOUND + defaults.silenceTicks * constants.tickMs);
    }
  });

  it('are the own clock where that is within the bound', () => {
    const group = groupOf([0, 300, -300]);
    expect([1, 2, 3].map((number) => stampError(group, number))).toEqual([0, 300, -300]);
  });

  it.each([2, 1])(
    'do not move when the clock of %p is set ten years ahead while it runs, nor when it then coordinates',
    (number) => {
      const group = groupOf([0, 0, 0]);
      group.process(number).clockOffsetMs = YEARS;
      const watched = () => [1, 2, 3].filter((n) => group.process(n).core !== null).map((n) => stampError(group, n));
      for (let round = 0; round < 30; round += 1) {
        group.runTicks(1);
        if (round === 10) group.crash(number === 1 ? 2 : 1);
        for (const error of watched())
          expect(error).toBeLessThanOrEqual(BOUND + defaults.silenceTicks * constants.tickMs);
      }
      group.runUntil(() => group.coordinator !== null, WAIT_DELAYS);
      group.runTicks(50);
      for (const error of watched())
        expect(error).toBeLessThanOrEqual(BOUND + defaults.silenceTicks * constants.tickMs);
    },
  );

  it('follow at once when all machines have slept', () => {
    const group = groupOf([0, 0, 0]);
    for (let number = 1; number <= 3; number += 1) group.process(number).clockOffsetMs = HOUR;
    group.runTicks(3 * defaults.heartbeatTicks);
    for (let number = 1; number <= 3; number += 1) expect(stampError(group, number)).toBe(HOUR);
  });

  it('are made only once a time has been published', () => {
    const group = new CoreGroup(3);
    group.crash(2, 3);
    group.runTicks(50);
    expect(group.process(1).core!.hasRoom).toBe(false);
  });

  it('are told apart: the coordinator says whose clock is off', () => {
    const group = groupOf([0, 0, 5_000]);
    const strays = () => group.process(1).notices.filter((notice) => notice.kind === 'clock-strays');
    group.runUntil(() => strays().length > 0, defaults.strayClockTicks * 40);
    const { id } = group.process(3);
    expect(strays()[0]).toEqual({ kind: 'clock-strays', process: id, offsetMs: 5_000 });
  });
});

describe('a clock of the group', () => {
  const members = [1, 2, 3, 4, 5].map(idOf);
  const view = new View(1, members);

  it('publishes what never goes back and never leaves the clocks of the majority that is right', () => {
    const wrong = fc.integer({ min: -YEARS, max: YEARS });
    const events = fc.array(
      fc.oneof(
        fc.record({ from: fc.integer({ min: 1, max: 4 }), error: fc.integer({ min: -100, max: 100 }) }),
        fc.constant('tick' as const),
        fc.constant('publish' as const),
      ),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(events, wrong, fc.integer({ min: 3, max: 4 }), (steps, wrongBy, firstWrong) => {
        const clock = new GroupClock(members[0]!, true, defaults);
        let now = 1e12;
        let last = -Infinity;
        clock.tick(now);
        for (const step of steps) {
          if (step === 'tick') clock.tick((now += constants.tickMs));
          else if (step === 'publish') {
            const published = clock.publish(view);
            if (published === null) continue;
            expect(published).toBeGreaterThanOrEqual(last);
            expect(published).toBeLessThanOrEqual(now + 100 + constants.tickMs);
            last = published;
          } else clock.heard(members[step.from]!, now + (step.from >= firstWrong ? wrongBy : step.error), view);
        }
      }),
    );
  });

  it('publishes what never goes back and never leaves the clocks that are right, through any changes of the view', () => {
    const all = [1, 2, 3, 4, 5, 6, 7].map(idOf);
    const self = all[0]!;
    const wrong = fc.record({
      processes: fc.uniqueArray(fc.nat(6), { maxLength: 3 }),
      by: fc.integer({ min: -YEARS, max: YEARS }),
    });
    const events = fc.array(
      fc.oneof(
        { weight: 4, arbitrary: fc.record({ from: fc.nat(5), error: fc.integer({ min: -100, max: 100 }) }) },
        { weight: 1, arbitrary: fc.integer({ min: 1, max: 30 }) },
        { weight: 1, arbitrary: fc.constant('publish' as const) },
        { weight: 1, arbitrary: fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 6 }) },
      ),
      { minLength: 30, maxLength: 120 },
    );
    fc.assert(
      fc.property(events, wrong, (steps, { processes, by }) => {
        const errorOf = (process: ProcessId): number => (processes.includes(all.indexOf(process)) ? by : 0);
        const isMostlyRight = ({ members, size }: View): boolean =>
          2 * members.filter((member) => errorOf(member) === 0).length > size;
        const clock = new GroupClock(self, true, defaults);
        let view = new View(1, all);
        let now = 1e12;
        let last = -Infinity;
        clock.tick(now + errorOf(self));
        for (const step of steps) {
          if (typeof step === 'number') {
            for (let ticks = 0; ticks < step; ticks += 1) clock.tick((now += constants.tickMs) + errorOf(self));
          } else if (step === 'publish') {
            const published = clock.publish(view);
            if (published === null) continue;
            expect(published).toBeGreaterThanOrEqual(last);
            expect(published).toBeLessThanOrEqual(now + 100 + constants.tickMs);
            last = published;
          } else if (Array.isArray(step)) {
            const next = new View(view.number + 1, [self, ...step.map((i) => all[i]!)]);
            if (isMostlyRight(next)) view = next;
          } else {
            const others = view.members.filter((member) => member !== self);
            const from = others[step.from % others.length];
            if (from !== undefined) clock.heard(from, now + errorOf(from) + step.error, view);
          }
        }
      }),
      { numRuns: repetitions(100, 5_000) },
    );
  });

  it('goes on with its ticks where none of the members of a new view has been heard', () => {
    const clock = new GroupClock(members[0]!, true, defaults);
    let now = 1_000_000;
    clock.tick(now);
    for (const member of members.slice(1)) clock.heard(member, now + 400, view);
    expect(clock.publish(view)).toBe(now + 400);
    const next = new View(2, [members[0]!, ...[7, 8].map(idOf)]);
    for (let ticks = 1; ticks <= 10; ticks += 1) {
      clock.tick((now += constants.tickMs));
      expect(clock.publish(next)).toBe(now + 400);
    }
    // One of two is hours ahead: the median is not known, and what was published lies between its bounds.
    clock.heard(idOf(7), now + HOUR, next);
    for (let ticks = 0; ticks < 10; ticks += 1) clock.tick((now += constants.tickMs));
    expect(clock.publish(next)).toBe(now + 400);
  });

  it('publishes a time that runs at half to twice the speed of its ticks while no majority agrees on another', () => {
    const offsets = fc.array(fc.integer({ min: -YEARS, max: YEARS }), { minLength: 4, maxLength: 4 });
    const rounds = fc.array(fc.tuple(offsets, fc.integer({ min: 1, max: 40 })), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(rounds, (all) => {
        const clock = new GroupClock(members[0]!, true, defaults);
        let now = 1e12;
        let last: number | null = null;
        clock.tick(now);
        for (const [heard, ticks] of all) {
          for (let i = 0; i < ticks; i += 1) clock.tick((now += constants.tickMs));
          // They are so far from each other that no three of the five agree.
          const apart = heard.map((ms, i) => ms + (i + 1) * 3 * YEARS);
          apart.forEach((ms, i) => clock.heard(members[i + 1]!, now + ms, view));
          const published: number = clock.publish(view)!;
          const elapsed = ticks * constants.tickMs;
          if (last !== null) {
            expect(published - last).toBeGreaterThanOrEqual(elapsed / 2 - 1);
            expect(published - last).toBeLessThanOrEqual(2 * elapsed);
          }
          last = published;
        }
      }),
    );
  });

  it('counts the silent as last heard, and as a new coordinator goes on from the time that it has heard last', () => {
    const clock = new GroupClock(members[0]!, true, defaults);
    let now = 1_000_000;
    clock.tick(now);
    // Of five, two are an hour ahead and two as this one, which fall silent.
    for (const [i, ms] of [0, 0, HOUR, HOUR].entries()) clock.heard(members[i + 1]!, now + ms, view);
    expect(clock.publish(view)).toBe(now);
    for (let round = 0; round < 1_000; round += 1) {
      clock.tick((now += constants.tickMs));
      for (const i of [3, 4]) clock.heard(members[i]!, now + HOUR, view);
      expect(clock.publish(view)).toBe(now);
    }
    // It hears those who are ahead, and not the silent: it cannot know the median, and goes on.
    const successor = new GroupClock(members[1]!, true, defaults);
    successor.tick(now);
    successor.follow(now - 400);
    for (const i of [3, 4]) successor.heard(members[i]!, now + HOUR, view);
    expect(successor.publish(view)).toBe(now - 400);
    for (let ticks = 0; ticks < 10; ticks += 1) successor.tick((now += constants.tickMs));
    expect(successor.publish(view)).toBe(now - 400 + 10 * constants.tickMs);
  });

  it('keeps no clock of one that is a member no more', () => {
    const clock = new GroupClock(members[0]!, true, defaults);
    clock.tick(1_000_000);
    for (const member of members.slice(1)) clock.heard(member, 1_000_000 + HOUR, view);
    const stranger = 'f'.repeat(16) as ProcessId;
    const next = new View(2, [members[0]!, members[1]!, stranger]);
    clock.heard(stranger, 1_000_000, next);
    expect(clock.publish(view)).toBeNull();
  });

  it('stamps nothing before it knows a time', () => {
    const clock = new GroupClock(members[0]!, true, defaults);
    clock.tick(1_000_000);
    expect(() => clock.stamp(1_000_000)).toThrow('stamps nothing');
    clock.follow(1_000_000);
    expect(clock.stamp(1_000_000)).toBe(1_000_000);
  });

  it('counts members only, each once', () => {
    const clock = new GroupClock(members[0]!, true, defaults);
    clock.tick(1_000_000);
    for (let i = 0; i < 5; i += 1) clock.heard(members[1]!, 1_000_000, view);
    clock.heard('ffffffffffffffff' as ProcessId, 1_000_000, view);
    expect(clock.publish(view)).toBeNull();
    clock.heard(members[2]!, 1_000_000, view);
    expect(clock.publish(view)).toBe(1_000_000);
  });

  it('neither tells nor counts its own before it is durable that this process is a member', () => {
    const clock = new GroupClock(members[0]!, false, defaults);
    clock.tick(1_000_000);
    for (const member of members.slice(1)) clock.heard(member, 1_000_000, view);
    expect([clock.nowMs, clock.hasHeardAll(view), clock.publish(view)]).toEqual([null, false, null]);
    clock.count();
    expect([clock.nowMs, clock.hasHeardAll(view), clock.publish(view)]).toEqual([1_000_000, true, 1_000_000]);
  });

  it('does not follow a coordinator that is ahead of its own clock faster than twice its ticks', () => {
    const clock = new GroupClock(members[0]!, true, defaults);
    clock.tick(1_000_000);
    clock.follow(1_000_000);
    clock.tick(1_000_000 + constants.tickMs);
    clock.follow(1_000_000 + YEARS);
    expect(clock.stamp(2 * YEARS)).toBe(1_000_000 + 2 * constants.tickMs + BOUND);
  });
});
