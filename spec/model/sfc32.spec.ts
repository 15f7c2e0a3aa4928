import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { Sfc32 } from '../../lib/model/sfc32.js';

/** The same generator from its definition, in numbers that do not overflow. */
function* twinOf(seed: number): Generator<number> {
  const bits = (value: bigint): bigint => BigInt.asUintN(32, value);
  let [a, b, c, counter] = [bits(BigInt(seed)), bits(BigInt(seed) >> 32n), 0x9e3779b9n, 1n];
  for (let draws = 0; ; draws += 1) {
    const sum = bits(a + b + counter);
    counter = bits(counter + 1n);
    a = b ^ (b >> 9n);
    b = bits(c + (c << 3n));
    c = bits(bits((c << 21n) | (c >> 11n)) + sum);
    if (draws >= 15) yield Number(sum);
  }
}

describe('the generator sfc32', () => {
  it.each([
    [0, [3300212312, 1743954244, 207519241, 3716241083]],
    [1, [2308299391, 1950625580, 354034397, 661219729]],
    [2 ** 40 + 1, [1195542500, 2120688680, 3144692002, 4204309469]],
    [Number.MAX_SAFE_INTEGER, [4087913446, 125566104, 1993914836, 1881733290]],
  ])('gives these numbers for seed %d: logs and seeds of the simulator rest on them', (seed, numbers) => {
    const generator = new Sfc32(seed);
    expect(numbers.map(() => generator.next())).toEqual(numbers);
  });

  it('is what its definition says, for every seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }), (seed) => {
        const generator = new Sfc32(seed);
        const twin = twinOf(seed);
        for (let i = 0; i < 20; i += 1) expect(generator.next()).toBe(twin.next().value);
      }),
    );
  });

  it('makes of two draws a fraction with 53 bits', () => {
    const [generator, twin] = [new Sfc32(7), new Sfc32(7)];
    const high = Math.floor(twin.next() / 2 ** 5);
    const low = Math.floor(twin.next() / 2 ** 6);
    expect(generator.nextFraction() * 2 ** 53).toBe(high * 2 ** 26 + low);
  });
});
