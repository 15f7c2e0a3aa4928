import { isDeepStrictEqual } from 'node:util';

import { TreplicaError } from '../model/errors.js';
import { sourceOf } from './class-source.js';
import { detach } from './detach.js';
import { type Class, classesOf } from './flaws.js';
import { put } from './properties.js';

const declared = new WeakMap<object, readonly string[]>();

/**
 * The fields that a new instance of `type` has which is made without arguments, in their order. Where that cannot be made, those
 * that it may be made with as far as its source spells them out, the base's first.
 */
export function declaredFields(type: Class): readonly string[] {
  const prototype = type.prototype as object;
  let fields = declared.get(prototype);
  if (fields === undefined) declared.set(prototype, (fields = fieldsOfNew(type)));
  return fields;
}

function fieldsOfNew(type: Class): string[] {
  try {
    return Object.getOwnPropertyNames(make(type, []));
  } catch {
    // Its constructor needs what it is given.
    const classes = [...classesOf(type.prototype as object)].reverse();
    return [...new Set(classes.flatMap((base) => sourceOf(base).fields))];
  }
}

/** The fields that a class makes its instances with now, and did not when an instance was written. */
export class Gained {
  /** `order` are the names that a new instance has, as far as the old one will have them; `initial` what was gained. */
  constructor(
    readonly order: readonly string[],
    readonly initial: Readonly<Record<string, unknown>>,
  ) {}

  /** Gives `instance` its fields in the order of a new instance, because the order is visible. The other fields get values later. */
  fill(instance: object): void {
    const initial = detach(this.initial);
    for (const key of this.order) put(instance, key, Object.hasOwn(initial, key) ? initial[key] : undefined);
  }
}

/**
 * Given in place of what a constructor takes, to find out what depends on it. Small, because a constructor may
 * make so many of something; unevenly spaced, so that what is computed from one of them is not easily another one.
 */
const ARGUMENTS: readonly number[] = Array.from({ length: 16 }, (_, i) => 211 + 13 * i * i);

/** Two new instances of a class: `model` is made without arguments, `other` later and from numbers, if the class takes them. */
interface Pair {
  readonly model: Readonly<Record<string, unknown>>;
  readonly other: Readonly<Record<string, unknown>>;
}

/** Once for each class, because it takes some milliseconds and there may be a header for each instance. */
const pairs = new WeakMap<object, Pair>();

/** Longer than the clock's unit, so that values taken from the clock differ between the two instances. */
const CLOCK_GOES_ON_MS = 2;

/**
 * The fields of `missing` that an instance with the fields `known` lacks, as a new instance has them that is made
 * without arguments. Null where the new instance lacks them too. Throws STATE_MISMATCH where no new instance can be
 * made, and for a value that depends on an argument of the constructor, unless it is the argument itself: nobody knows
 * that any more.
 */
export function gainedFields(type: Class, known: ReadonlySet<string>, missing: readonly string[]): Gained | null {
  let pair: Pair;
  try {
    pair = pairOf(type);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw unknownValue(type, missing[0] ?? '', `the constructor, called without arguments, throws (${reason})`, error);
  }
  const { model, other } = pair;
  const initial: Record<string, unknown> = {};
  for (const key of missing) {
    if (!Object.hasOwn(model, key)) continue;
    if (!isDeepStrictEqual(model[key], other[key]) && !ARGUMENTS.includes(other[key] as number))
      throw unknownValue(type, key, 'its value depends on what the constructor is given, or is another one each time');
    put(initial, key, model[key]);
  }
  const order = Object.getOwnPropertyNames(model).filter((key) => known.has(key) || Object.hasOwn(initial, key));
  return Object.keys(initial).length === 0 ? null : checked(type, new Gained(order, initial));
}

function make(type: Class, given: readonly unknown[]): Record<string, unknown> {
  return Reflect.construct(type, given) as Record<string, unknown>;
}

function pairOf(type: Class): Pair {
  const prototype = type.prototype as object;
  let pair = pairs.get(prototype);
  if (pair === undefined) {
    const model = make(type, []);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, CLOCK_GOES_ON_MS);
    pairs.set(prototype, (pair = { model, other: makeOther(type) }));
  }
  return pair;
}

function makeOther(type: Class): Record<string, unknown> {
  try {
    return make(type, ARGUMENTS);
  } catch {
    // It does not take numbers: a value that is another one each time is found in the same way as before.
    return make(type, []);
  }
}

function checked(type: Class, gained: Gained): Gained {
  try {
    gained.fill({});
    return gained;
  } catch (error) {
    throw unknownValue(
      type,
      Object.keys(gained.initial)[0] ?? '',
      `its value cannot be copied (${String(error)})`,
      error,
    );
  }
}

function unknownValue(type: Class, field: string, why: string, cause?: unknown): TreplicaError {
  return new TreplicaError(
    'STATE_MISMATCH',
    `An instance of ${type.name} was written before the class had the field '${field}', and its initial value is not known: ${why}. Give '${field}' an initialiser that depends on nothing, or leave it undeclared and set it in an operation.`,
    { cause },
  );
}
