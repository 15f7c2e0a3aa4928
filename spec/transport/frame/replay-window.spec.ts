import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { ReplayWindow } from '../../../lib/transport/frame/replay-window.js';

/** Nothing that lies no further back than this is taken for too old. */
const REACH = 32_000;

function takenBy(window: ReplayWindow, counters: readonly number[]): number[] {
  return counters.filter((counter) => {
    const mayTake = window.mayTake(counter);
    if (mayTake) window.take(counter);
    return mayTake;
  });
}

const floors = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 100_000 }),
  fc.constant(2 ** 32 - 40),
  fc.constant(2 ** 50),
);
const steps = fc.oneof(
  fc.integer({ min: -70, max: 70 }),
  fc.integer({ min: -40_000, max: 40_000 }),
  fc.integer({ min: 0, max: 2 ** 40 }),
);

describe('a window of counters', () => {
  it('takes each once, none up to its floor, and all that are new and not far behind the highest', () => {
    fc.assert(
      fc.property(floors, fc.array(steps, { maxLength: 300, size: 'max' }), (floor, offsets) => {
        const window = new ReplayWindow(floor);
        const taken = new Set<number>();
        let highest = floor;
        for (const offset of offsets) {
          const counter = Math.max(0, highest + offset);
          const [hasTaken] = [takenBy(window, [counter]).length === 1];
          if (taken.has(counter) || counter <= floor) expect(hasTaken).toBe(false);
          else if (counter > highest - REACH) expect(hasTaken).toBe(true);
          if (hasTaken) taken.add(counter);
          if (hasTaken) highest = Math.max(highest, counter);
        }
      }),
    );
  });

  it('takes all of a sequence in any order that moves none far', () => {
    fc.assert(
      fc.property(floors, fc.infiniteStream(fc.integer({ min: 0, max: REACH - 1 })), (floor, delays) => {
        const due = Array.from({ length: 2_000 }, (_, i) => ({
          counter: floor + 1 + i,
          at: i + (delays.next().value as number),
        }));
        const counters = due.sort((a, b) => a.at - b.at).map(({ counter }) => counter);
        expect(takenBy(new ReplayWindow(floor), counters)).toEqual(counters);
      }),
      { numRuns: 20 },
    );
  });

  it('takes nothing that is too old to tell', () => {
    const window = new ReplayWindow(0);
    expect(takenBy(window, [1, 1_000_000, 2, 1, 1_000_000 - 40_000])).toEqual([1, 1_000_000]);
  });
});
