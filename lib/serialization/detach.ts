import { types } from 'node:util';

import { development } from '../model/development.js';
import { isNative } from './class-source.js';
import { className, flawOf, prototypeOf } from './flaws.js';
import { refuseHidden } from './hidden-state.js';
import { close, EXTENSIBLE, integrityOf } from './integrity.js';
import { kindOf, ObjectKind } from './kinds.js';
import { bare, put, refuseSymbols } from './properties.js';
import { twinOf } from './realms.js';
import { located, Refusal } from './refusal.js';
import { refuseDisguised, refuseOdd, refuseOddBytes, refuseOddElements } from './unseen.js';

/** Gives the object behind a view. */
export type Unveil = (shown: object) => object;

/**
 * A deep copy, so that its holder neither sees later changes of the original nor can change it. Primitives are returned
 * as they are. Objects keep their class, registered or not, all their fields, and what refers to what. Where `unveil`
 * is given and knows another object for one, the copy is made from that other object.
 *
 * Throws NOT_SERIALIZABLE for what cannot be copied: functions, symbols, objects with private members, and built-in
 * objects other than arrays, Map, Set, Date, Buffer, Uint8Array and errors.
 */
export function detach<T>(value: T, unveil: Unveil | null = null): T {
  if (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol') return value;
  try {
    return new Copying(unveil).value(value) as T;
  } catch (error) {
    throw located(error, 'The value');
  }
}

class Copying {
  /** The whole and its copy; the others only where there are others, because most results are one flat object. */
  #whole: object | null = null;
  #wholeCopy: object | null = null;
  #copies: Map<object, object> | null = null;

  constructor(readonly unveil: Unveil | null) {}

  value(held: unknown): unknown {
    if (typeof held === 'function' || typeof held === 'symbol') throw uncopiable(`holds a ${typeof held}`);
    if (typeof held !== 'object' || held === null) return held;
    const value = this.unveil === null ? held : this.unveil(held);
    if (value === this.#whole) return this.#wholeCopy;
    return this.#copies?.get(value) ?? this.#closedAlike(value);
  }

  #closedAlike(original: object): object {
    const copy = this.#object(original, prototypeOf(original));
    const integrity = integrityOf(original);
    return integrity === EXTENSIBLE ? copy : close(copy, integrity);
  }

  #object(original: object, prototype: object | null): object {
    switch (kindOf(prototype)) {
      case ObjectKind.array:
        return this.#array(original as unknown[]);
      case ObjectKind.map:
        return this.#map(bare(original) as Map<unknown, unknown>);
      case ObjectKind.set:
        return this.#set(bare(original) as Set<unknown>);
      case ObjectKind.date:
        return this.#begin(original, new Date((bare(original) as Date).getTime()));
      case ObjectKind.buffer:
        if (development.isOn) refuseOddBytes(original as Buffer);
        return this.#begin(original, Buffer.from(original as Buffer));
      case ObjectKind.bytes:
        if (development.isOn) refuseOddBytes(original as Uint8Array);
        return this.#begin(original, Uint8Array.from(original as Uint8Array));
      default:
        return types.isNativeError(original) ? this.#error(original, prototype) : this.#fields(original, prototype);
    }
  }

  /** Everything that the error carries, hidden or not: its message, its stack, its cause, and the application's additions. */
  #error(original: Error, prototype: object | null): Error {
    const flaw = flawOfError(prototype);
    if (flaw !== null) throw uncopiable(`holds an instance of ${className(original)}, and ${flaw}`);
    const copy = this.#begin(original, Object.setPrototypeOf(new Error(), prototype) as Error);
    for (const key of Reflect.ownKeys(original)) {
      const enumerable = Object.prototype.propertyIsEnumerable.call(original, key);
      try {
        const value = this.value((original as unknown as Record<PropertyKey, unknown>)[key]);
        Object.defineProperty(copy, key, { value, enumerable, writable: true, configurable: true });
      } catch (error) {
        throw located(error, `${className(original)}.${String(key)}`);
      }
    }
    return copy;
  }

  #begin<T extends object>(original: object, copy: T): T {
    if (this.#whole === null) [this.#whole, this.#wholeCopy] = [original, copy];
    else (this.#copies ??= new Map<object, object>()).set(original, copy);
    return copy;
  }

  #fields(original: object, prototype: object | null): object {
    const twin = prototype === null ? null : twinOf(prototype);
    if (twin !== null && twin !== Object.prototype) return this.#object(original, twin);
    const flaw = prototype === null ? null : flawOf(prototype);
    if (flaw !== null && prototype !== null) {
      // No caller gets this promise. An unhandled rejection would end the process.
      if (types.isPromise(original)) original.catch(() => undefined);
      throw uncopiable(`holds an instance of ${className(prototype)}, and ${flaw}`);
    }
    refuseSymbols(original, 'an object');
    if (development.isOn) {
      refuseDisguised(original);
      refuseOdd(original, Object.getOwnPropertyNames(original), 'an object');
    }
    const copy = this.#begin(original, Object.create(twin ?? prototype) as object);
    for (const key of Object.getOwnPropertyNames(original)) {
      const held = (original as Record<string, unknown>)[key];
      try {
        put(copy, key, this.value(held));
      } catch (error) {
        throw located(error, `${prototype === null ? 'An object' : className(prototype)}.${key}`);
      }
    }
    if (development.isOn) refuseHidden(original, copy);
    return copy;
  }

  #array(original: readonly unknown[]): unknown[] {
    if (!Array.isArray(original)) throw uncopiable('holds an instance of Array that is no array');
    refuseSymbols(original, 'an array');
    if (development.isOn) refuseOddElements(original);
    const copy = this.#begin<unknown[]>(original, []);
    copy.length = original.length;
    // Keys rather than indices: holes stay holes, and the properties of a regular expression's match are not lost.
    for (const key of Object.keys(original) as unknown as number[]) copy[key] = this.value(original[key]);
    return copy;
  }

  #map(original: ReadonlyMap<unknown, unknown>): Map<unknown, unknown> {
    const copy = this.#begin(original, new Map<unknown, unknown>());
    for (const [key, held] of original) copy.set(this.value(key), this.value(held));
    return copy;
  }

  #set(original: ReadonlySet<unknown>): Set<unknown> {
    const copy = this.#begin(original, new Set<unknown>());
    for (const element of original) copy.add(this.value(element));
    return copy;
  }
}

/** That errors are built in is no flaw: all that they hold beyond their fields is the stack, which is text. */
export function flawOfError(prototype: object | null): string | null {
  const flaw = prototype === null ? null : flawOf(prototype);
  for (let at = prototype; at !== null; at = prototypeOf(at)) {
    const type: unknown = Object.getOwnPropertyDescriptor(at, 'constructor')?.value;
    if (!isNative(type)) continue;
    return flaw === flawOf(at) ? null : flaw;
  }
  return flaw;
}

function uncopiable(what: string): Refusal {
  return new Refusal(
    'NOT_SERIALIZABLE',
    what,
    'Return data: what an operation or a query returns is copied for the caller.',
  );
}
