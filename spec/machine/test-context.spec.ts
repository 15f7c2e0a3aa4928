import { describe, expect, it } from '@jest/globals';

import { testContext, type TestContextOptions } from '../../lib/index.js';
import { DecidedContext } from '../../lib/machine/execution-context.js';

describe('a context for tests', () => {
  it('is what the operation at that position is given at that time', () => {
    const decided = new DecidedContext();
    decided.enter(41, 1_000);
    const context = testContext({ time: new Date(1_000), seed: 41 });
    for (const { position, time } of [decided, context]) expect([position, time]).toEqual([41, 1_000]);
    expect([context.random(), context.random()]).toEqual([decided.random(), decided.random()]);
    expect([context.uniqueId(), context.uniqueId()]).toEqual([decided.uniqueId(), decided.uniqueId()]);
    expect(context.now()).toEqual(new Date(1_000));
    expect(testContext({ time: -5 }).time).toBe(-5);
  });

  it.each<[object, RegExp]>([
    [{ now: 5 }, /no option now of testContext/],
    [{ time: 'noon' }, /time is 'noon'/],
    [{ time: new Date(NaN) }, /time is Invalid Date/],
    [{ seed: -1 }, /seed is -1: use a whole number/],
  ])('refuses %j', (options, message) => {
    expect(() => testContext(options as TestContextOptions)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringMatching(message) }),
    );
  });
});
