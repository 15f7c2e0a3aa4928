import { aWholeNumber, checkOptions, optional, type OptionKinds } from '../model/options.js';
import { DecidedContext, type ExecutionContext } from './execution-context.js';

export interface TestContextOptions {
  /** The decided time, as a date or in milliseconds since 1970. Default: 0. */
  readonly time?: number | Date;
  /** Position of the operation, which determines random numbers and ids: a whole number, at least 0. Default: 0. */
  readonly seed?: number;
}

const KINDS: OptionKinds<TestContextOptions> = {
  time: optional(
    (value) => Number.isFinite(Number(value)) && (typeof value === 'number' || value instanceof Date),
    'a date, or milliseconds since 1970',
  ),
  seed: aWholeNumber(0),
};

/**
 * A context for calling `execute` of an operation directly, in a test: the context of an operation at position `seed` and at
 * `time`, always the same for the same options. It stays valid after `execute` has returned.
 *
 * ```ts
 * const counters = new Counters();
 * expect(new Add('visits', 2).execute(counters, testContext({ time: Date.UTC(2026, 0, 1), seed: 7 }))).toBe(2);
 * ```
 * @throws TreplicaError INVALID_OPTION
 */
export function testContext(options: TestContextOptions = {}): ExecutionContext {
  checkOptions('testContext', options, KINDS);
  const { time = 0, seed = 0 } = options;
  const context = new DecidedContext();
  context.latestTime = Number(time);
  context.enter(seed, Number(time));
  return context;
}
