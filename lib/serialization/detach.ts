import { className, flawOf, prototypeOf } from './flaws.js';
import { bare, put, refuseSymbols } from './properties.js';
import { located, Refusal } from './refusal.js';

/**
 * A deep copy, so that whoever holds it neither sees later changes of the original nor can change it. Primitives are
 * returned as they are. Objects keep their class, registered or not, all their fields, and what refers to what.
 *
 * Throws NOT_SERIALIZABLE for what cannot be copied: functions, symbols, objects with private members, and built-in
 * objects other than arrays, Map, Set, Date, Buffer and Uint8Array.
 */
export function detach<T>(value: T): T {
  if (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol') return value;
  try {
    return new Copying().value(value) as T;
  } catch (error) {
    throw located(error, 'The value');
  }
}

class Copying {
  /** The whole and its copy; the others only where there are others, because most results are one flat object. */
  #whole: object | null = null;
  #wholeCopy: object | null = null;
  #copies: Map<object, object> | null = null;

  value(value: unknown): unknown {
    if (typeof value === 'function' || typeof value === 'symbol') throw uncopiable(`holds a ${typeof value}`);
    if (typeof value !== 'object' || value === null) return value;
    if (value === this.#whole) return this.#wholeCopy;
    return this.#copies?.get(value) ?? this.#object(value);
  }

  #object(original: object): object {
    const prototype = prototypeOf(original);
    switch (prototype) {
      case Array.prototype:
        return this.#array(original as unknown[]);
      case Map.prototype:
        return this.#map(bare(original) as Map<unknown, unknown>);
      case Set.prototype:
        return this.#set(bare(original) as Set<unknown>);
      case Date.prototype:
        return this.#begin(original, new Date((bare(original) as Date).getTime()));
      case Buffer.prototype:
        return this.#begin(original, Buffer.from(original as Buffer));
      case Uint8Array.prototype:
        return this.#begin(original, Uint8Array.from(original as Uint8Array));
      default:
        return this.#fields(original, prototype);
    }
  }

  #begin<T extends object>(original: object, copy: T): T {
    if (this.#whole === null) [this.#whole, this.#wholeCopy] = [original, copy];
    else (this.#copies ??= new Map<object, object>()).set(original, copy);
    return copy;
  }

  #fields(original: object, prototype: object | null): object {
    const flaw = prototype === null ? null : flawOf(prototype);
    if (flaw !== null && prototype !== null)
      throw uncopiable(`holds an instance of ${className(prototype)}, and ${flaw}`);
    refuseSymbols(original, 'an object');
    const copy = this.#begin(original, Object.create(prototype) as object);
    for (const key of Object.getOwnPropertyNames(original)) {
      const held = (original as Record<string, unknown>)[key];
      try {
        put(copy, key, this.value(held));
      } catch (error) {
        throw located(error, `${prototype === null ? 'An object' : className(prototype)}.${key}`);
      }
    }
    return copy;
  }

  #array(original: readonly unknown[]): unknown[] {
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

function uncopiable(what: string): Refusal {
  return new Refusal(
    'NOT_SERIALIZABLE',
    what,
    'Return data: what an operation or a query returns is copied for the caller.',
  );
}
