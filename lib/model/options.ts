import { inspect, types } from 'node:util';

import { TreplicaError } from './errors.js';

/** The values that an option may have: a check, and words for the error message. */
export interface OptionKind {
  readonly accepts: (value: unknown) => boolean;
  /** As in 'use …'. */
  readonly use: string;
}

/** One kind for each option, so that the compiler finds what is missing. Options may be left out unless `accepts` refuses undefined. */
export type OptionKinds<T> = Readonly<Record<keyof T, OptionKind>>;

/** How many letters a misspelt name may differ in from the one that is meant. */
const MISSPELT_LETTERS_MAX = 3;

/**
 * Checks the options of `what`, such as 'execute', one by one.
 * @throws TreplicaError INVALID_OPTION that names the option and what it may be, or the nearest known one.
 */
export function checkOptions<T>(what: string, options: unknown, kinds: OptionKinds<T>, prefix = ''): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const list = Object.keys(kinds).join(', ');
    const thing = prefix === '' ? `The options of ${what} are` : `The option ${prefix.slice(0, -1)} of ${what} is`;
    throw new TreplicaError('INVALID_OPTION', `${thing} ${shown(options)}: give an object with ${list}.`);
  }
  for (const name in options)
    if (!Object.hasOwn(kinds, name)) throw unknownOption(what, name, Object.keys(kinds), prefix);
  for (const name in kinds) {
    const { accepts, use } = kinds[name];
    const value = (options as Record<string, unknown>)[name];
    if (!accepts(value)) throw invalidOption(prefix + name, value, use);
  }
}

export function invalidOption(option: string, value: unknown, use: string): TreplicaError {
  return new TreplicaError('INVALID_OPTION', `The option ${option} is ${shown(value)}: use ${use}.`);
}

/** A kind that may be left out. */
export function optional(accepts: (value: unknown) => boolean, use: string): OptionKind {
  return { accepts: (value) => value === undefined || accepts(value), use };
}

/** From `min` to `max`, both included, and left out for the default. */
export function aWholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): OptionKind {
  const use =
    max === Number.MAX_SAFE_INTEGER ? `a whole number, ${min} at least` : `a whole number from ${min} to ${max}`;
  return optional((value) => isWholeNumber(value, min, max), use);
}

export function isWholeNumber(value: unknown, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
}

export const aFunction = optional((value) => typeof value === 'function', 'a function');

export const aBoolean = optional((value) => typeof value === 'boolean', 'true or false');

/** Also one of another realm, or of a library, if it has the methods that are used. */
export const aSignal = optional((value) => {
  if (typeof value !== 'object' || value === null) return false;
  const { aborted, addEventListener } = value as Partial<AbortSignal>;
  return typeof aborted === 'boolean' && typeof addEventListener === 'function';
}, 'an AbortSignal, such as AbortSignal.timeout(5000)');

function unknownOption(what: string, name: string, known: readonly string[], prefix: string): TreplicaError {
  let nearest = '';
  let letters = Infinity;
  for (const candidate of known) {
    const differing = distance(candidate.toLowerCase(), name.toLowerCase());
    if (differing < letters) [nearest, letters] = [candidate, differing];
  }
  const alike = known.find((candidate) => startsAlike(candidate, name));
  if (alike !== undefined) [nearest, letters] = [alike, 0];
  const isNear = letters <= Math.min(MISSPELT_LETTERS_MAX, nearest.length / 2);
  const advice = isNear ? `use ${prefix}${nearest}` : 'leave it out';
  return new TreplicaError(
    'INVALID_OPTION',
    `There is no option ${prefix}${name} of ${what}: ${advice}. There are ${known.map((one) => prefix + one).join(', ')}.`,
  );
}

/** 'timeout' for 'timeoutMs', 'interface' is none for 'networkInterface'. */
function startsAlike(known: string, name: string): boolean {
  const [a, b] = [known.toLowerCase(), name.toLowerCase()];
  return b.length >= MISSPELT_LETTERS_MAX && (a.startsWith(b) || a.endsWith(b) || b.startsWith(a));
}

/** How many letters have to be put in, taken out or changed to make `b` of `a` (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i += 1) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j += 1) {
      const changed = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** A value as a person is told of it, in one line. */
export function shown(value: unknown): string {
  if (types.isPromise(value)) return 'a promise';
  return inspect(value, { depth: 0, maxStringLength: 200, maxArrayLength: 3, breakLength: Infinity });
}
