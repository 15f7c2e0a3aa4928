import { InvariantViolation } from './errors.js';

/**
 * Stops the process's part in the group when something that must always be true is not. Stays on in production: a
 * process that goes on after a broken invariant can spread it.
 */
export function assert(
  holds: boolean,
  invariant: string,
  facts: Readonly<Record<string, unknown>> = {},
): asserts holds {
  if (!holds) throw new InvariantViolation(invariant, facts);
}

/** For the default branch of an exhaustive switch: the compiler rejects the call while a case is missing. */
export function unreachable(value: never): never {
  throw new InvariantViolation('every kind is handled', { value });
}
