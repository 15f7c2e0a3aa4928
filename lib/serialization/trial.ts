/**
 * In development, the first value of each class is compared with what becomes of it when it is encoded and decoded.
 * Faults that the source of a class does not show, and those of its @Transform functions and setters, come out here,
 * where the value is brought in, rather than after the next restart.
 */
import { types } from 'node:util';

import { TreplicaError } from '../model/errors.js';
import { describeField, exposedAccessors } from './fields.js';
import { type Class, className, prototypeOf } from './flaws.js';
import { refuseHidden } from './hidden-state.js';
import { integrityOf } from './integrity.js';
import { isPlain, twinOf } from './realms.js';
import { located, Refusal } from './refusal.js';
import { codecFor } from './registry.js';

/** Prototypes. Two sets, because less is compared in messages than in states. */
const triedInMessages = new WeakSet<object>();
const triedInStates = new WeakSet<object>();

/** Whether no value of the class has been compared yet, as part of a state or of a message. */
export function isUntried(prototype: object, isState: boolean): boolean {
  return !(isState ? triedInStates : triedInMessages).has(prototype);
}

/** Two values that should be the same, and what holds them, for a message to a person. */
interface Pair {
  readonly original: unknown;
  readonly copy: unknown;
  readonly place: string;
}

/**
 * Compares `original` with `copy`, all the way down, for the sake of the classes with the prototypes `news`. Throws
 * NOT_SERIALIZABLE, naming class and field, where they differ or where the original has something that no copy has.
 * Fields that do not travel are left out. A field with @Transform is compared where `isState`: a message is read back
 * by all replicas, its sender too, and a state by those that start again.
 */
export function compare(original: object, copy: object, news: ReadonlySet<object>, isState: boolean): void {
  new Comparison(isState).run(original, copy);
  // Also classes that only a @Transform has brought in: their values are never compared.
  for (const prototype of news) (isState ? triedInStates : triedInMessages).add(prototype);
}

/** For a value that has been encoded and cannot be decoded again. */
export function unreadable(what: 'value' | 'state', cause: unknown): TreplicaError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `The ${what} could not be read back: ${reason} ${REMEDY}`;
  return new TreplicaError('NOT_SERIALIZABLE', message, { cause });
}

const REMEDY = 'See to the @Transform functions and setters of its classes.';

class Comparison {
  readonly #copies = new Map<object, unknown>();
  /** A list rather than recursion, because a state may be nested to any depth. */
  readonly #open: Pair[] = [];

  constructor(readonly isState: boolean) {}

  run(original: object, copy: object): void {
    this.#open.push({ original, copy, place: this.isState ? 'The state' : 'The value' });
    for (let pair = this.#open.pop(); pair !== undefined; pair = this.#open.pop()) {
      try {
        this.#pair(pair);
      } catch (error) {
        throw located(error, pair.place);
      }
    }
  }

  #pair(pair: Pair): void {
    const { original, copy } = pair;
    if (typeof original !== 'object' || original === null) {
      if (!Object.is(original, copy)) differ(original, copy);
      return;
    }
    const known = this.#copies.get(original);
    if (known !== undefined && known !== copy) differ(original, copy);
    if (known !== undefined) return;
    if (typeof copy !== 'object' || copy === null) return differ(original, copy);
    this.#copies.set(original, copy);
    if (!isSameKind(original, copy) || integrityOf(original) !== integrityOf(copy)) differ(original, copy);
    this.#contents(original, copy, pair.place);
  }

  #contents(original: object, copy: object, place: string): void {
    if (types.isMap(original)) this.#inOrder([...original].flat(), [...(copy as Map<unknown, unknown>)].flat(), place);
    else if (types.isSet(original)) this.#inOrder([...original], [...(copy as Set<unknown>)], place);
    else if (types.isDate(original)) this.#inOrder([original.getTime()], [(copy as Date).getTime()], place);
    else if (types.isUint8Array(original)) {
      if (!Buffer.from(original).equals(copy as Uint8Array)) differ(original, copy);
    } else this.#fields(original, copy, place);
  }

  #inOrder(originals: readonly unknown[], copies: readonly unknown[], place: string): void {
    if (originals.length !== copies.length) differ(originals, copies);
    for (const [i, original] of originals.entries()) this.#open.push({ original, copy: copies[i], place });
  }

  #fields(original: object, copy: object, place: string): void {
    const prototype = prototypeOf(original);
    const isInstance = prototype !== null && !isPlain(prototype) && !Array.isArray(original);
    const type = isInstance ? (prototype.constructor as Class) : null;
    const names = namesOf(original, type);
    const theirs = namesOf(copy, type);
    const lost = names.find((name) => !theirs.includes(name)) ?? theirs.find((name) => !names.includes(name));
    if (lost !== undefined) throw changed(`${lost} is there only ${names.includes(lost) ? 'before' : 'after'} that`);
    for (const name of names) {
      if (type !== null && !this.#isJudged(type, name)) continue;
      const field = type === null ? place : `${type.name}.${name}`;
      this.#open.push({ original: get(original, name), copy: get(copy, name), place: field });
    }
    if (type === null) return;
    refuseHidden(original, copy);
  }

  #isJudged(type: Class, name: string): boolean {
    if (this.isState) return true;
    const description = describeField(type, name);
    return description === null || description.toWire.length + description.fromWire.length === 0;
  }
}

/** Own properties that travel, and the pairs of accessors that do. */
function namesOf(object: object, type: Class | null): string[] {
  const own = Object.getOwnPropertyNames(object);
  if (type === null) return own;
  return [...new Set([...own, ...exposedAccessors(type)])].filter((name) => describeField(type, name) !== null);
}

function isSameKind(original: object, copy: object): boolean {
  const [before, after] = [prototypeOf(original), prototypeOf(copy)];
  if (before === after) return true;
  if (before === null || after === null) return false;
  // A class that has been loaded again carries on what there is of the earlier one.
  const name = codecFor(before)?.prefix;
  return twinOf(before) === after || (name !== undefined && name === codecFor(after)?.prefix);
}

function get(object: object, name: string): unknown {
  return (object as Record<string, unknown>)[name];
}

function differ(original: unknown, copy: unknown): never {
  throw changed(`${described(original)} becomes ${described(copy)}`);
}

function changed(how: string): Refusal {
  return new Refusal('NOT_SERIALIZABLE', `is not the same when it has been encoded and decoded: ${how}`, REMEDY);
}

function described(value: unknown): string {
  if (typeof value !== 'object' || value === null) {
    const text = typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value);
    return Object.is(value, -0) ? '-0' : text;
  }
  const prototype = prototypeOf(value);
  const kind = prototype === null ? 'a bare object' : `another ${className(prototype)}`;
  return integrityOf(value) === 0 ? kind : `${kind} that is closed`;
}
