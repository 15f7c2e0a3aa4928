import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { GroupClock } from '../../lib/consensus/group-clock.js';
import type { ProcessId } from '../../lib/model/ids.js';
import { limits } from '../../lib/model/limits.js';
import { View } from '../../lib/model/view.js';
import { CoreGroup } from '../support/core-group.js';

const YEARS = 10 * 365 * 86_400_000;
const HOUR = 3_600_000;
const BOUND = limits.clockBoundMs;
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
    group.runTicks(3 * limits.heartbeatTicks);
    for (let number = 1; number <= offsets.length; number += 1) {
      expect(Math.abs(stampError(group, number))).toBeLessThanOrEqual(BOUND + limits.silenceTicks * limits.tickMs);
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
        for (const error of watched()) expect(error).toBeLessThanOrEqual(BOUND + limits.silenceTicks * limits.tickMs);
      }
      group.runUntil(() => group.coordinator !== null, WAIT_DELAYS);
      group.runTicks(50);
      for (const error of watched()) expect(error).toBeLessThanOrEqual(BOUND + limits.silenceTicks * limits.tickMs);
    },
  );

  it('follow at once when all machines have slept', () => {
    const group = groupOf([0, 0, 0]);
    for (let number = 1; number <= 3; number += 1) group.process(number).clockOffsetMs = HOUR;
    group.runTicks(3 * limits.heartbeatTicks);
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
    group.runUntil(() => strays().length > 0, limits.strayClockTicks * 40);
    const { id } = group.process(3);
    expect(strays()[0]).toEqual({ kind: 'clock-strays', process: id, offsetMs: 5_000 });
  });
});

describe('a clock of the group', () => {
  const members = ['1', '2', '3', '4', '5'].map((digit) => digit.padStart(16, '0') as ProcessId);
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
        const clock = new GroupClock(members[0]!, true);
        let now = 1e12;
        let last = -Infinity;
        clock.tick(now);
        for (const step of steps) {
          if (step === 'tick') clock.tick((now += limits.tickMs));
          else if (step === 'publish') {
            const published = clock.publish(view);
            if (published === null) continue;
            expect(published).toBeGreaterThanOrEqual(last);
            expect(published).toBeLessThanOrEqual(now + 100 + limits.tickMs);
            last = published;
          } else clock.heard(members[step.from]!, now + (step.from >= firstWrong ? wrongBy : step.error), view);
        }
      }),
    );
  });

  it('counts members only, each once', () => {
    const clock = new GroupClock(members[0]!, true);
    clock.tick(1_000_000);
    for (let i = 0; i < 5; i += 1) clock.heard(members[1]!, 1_000_000, view);
    clock.heard('ffffffffffffffff' as ProcessId, 1_000_000, view);
    expect(clock.publish(view)).toBeNull();
    clock.heard(members[2]!, 1_000_000, view);
    expect(clock.publish(view)).toBe(1_000_000);
  });

  it('neither tells nor counts its own before it is durable that this process is a member', () => {
    const clock = new GroupClock(members[0]!, false);
    clock.tick(1_000_000);
    for (const member of members.slice(1)) clock.heard(member, 1_000_000, view);
    expect([clock.nowMs, clock.hasHeardAll(view), clock.publish(view)]).toEqual([null, false, null]);
    clock.count();
    expect([clock.nowMs, clock.hasHeardAll(view), clock.publish(view)]).toEqual([1_000_000, true, 1_000_000]);
  });

  it('does not follow a coordinator that is ahead of its own clock faster than twice its ticks', () => {
    const clock = new GroupClock(members[0]!, true);
    clock.tick(1_000_000);
    clock.follow(1_000_000);
    clock.tick(1_000_000 + limits.tickMs);
    clock.follow(1_000_000 + YEARS);
    expect(clock.stamp(2 * YEARS)).toBe(1_000_000 + 2 * limits.tickMs + BOUND);
  });
});
