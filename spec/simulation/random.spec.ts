import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { Random } from '../../lib/simulation/random.js';

describe('chance', () => {
  const seed = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
  const numbersOf = (random: Random): number[] => Array.from({ length: 8 }, random.next);

  it('is the same for the same seed, and another for any other', () => {
    fc.assert(
      fc.property(seed, seed, (one, other) => {
        expect(numbersOf(new Random(one))).toEqual(numbersOf(new Random(one)));
        if (one !== other) expect(numbersOf(new Random(one))).not.toEqual(numbersOf(new Random(other)));
      }),
    );
  });

  it('is this for seed 1, on every machine', () => {
    const random = new Random(1);
    expect(Array.from({ length: 6 }, () => random.below(1_000))).toEqual([537, 454, 82, 153, 652, 623]);
  });

  it('forks into parts that differ, and that do not disturb what they come from', () => {
    fc.assert(
      fc.property(seed, (of) => {
        const [random, twin] = [new Random(of), new Random(of)];
        const [first, second] = [random.fork(), random.fork()];
        twin.fork();
        twin.fork();
        const parts = [numbersOf(first), numbersOf(second), numbersOf(random)];
        expect(new Set(parts.map(String)).size).toBe(3);
        expect(numbersOf(twin)).toEqual(parts[2]);
      }),
    );
  });

  it('stays within what it is asked for', () => {
    fc.assert(
      fc.property(
        seed,
        fc.integer({ min: 1, max: 2 ** 31 }),
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        (of, limit, min) => {
          const random = new Random(of);
          for (const number of numbersOf(random)) {
            expect(number).toBeGreaterThanOrEqual(0);
            expect(number).toBeLessThan(1);
          }
          const below = random.below(limit);
          expect(Number.isInteger(below) && below >= 0 && below < limit).toBe(true);
          const between = random.between(min, min + limit);
          expect(between >= min && between <= min + limit).toBe(true);
          const time = random.exponential(limit);
          expect(Number.isFinite(time) && time >= 0).toBe(true);
          expect([random.chance(0), random.chance(1)]).toEqual([false, true]);
        },
      ),
    );
  });

  it('picks and samples from a list, each element once', () => {
    fc.assert(
      fc.property(seed, fc.uniqueArray(fc.nat(), { minLength: 1 }), fc.nat(20), (of, list, count) => {
        const random = new Random(of);
        expect(list).toContain(random.pick(list));
        const sample = random.sample(list, count);
        expect(sample).toHaveLength(Math.min(count, list.length));
        expect(new Set(sample).size).toBe(sample.length);
        for (const element of sample) expect(list).toContain(element);
      }),
    );
    expect(() => new Random(1).pick([])).toThrow(RangeError);
  });

  it('is even, and its times have the mean that was asked for', () => {
    const random = new Random(7);
    const counts = [0, 0, 0, 0];
    let sum = 0;
    for (let i = 0; i < 40_000; i += 1) {
      counts[random.below(4)]! += 1;
      sum += random.exponential(100);
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
    expect(Math.abs(sum / 40_000 - 100)).toBeLessThan(3);
  });
});
