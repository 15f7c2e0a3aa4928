import { inspect } from 'node:util';

import { refuseSymbols } from './properties.js';
import { refuseClass, refuseProperties } from './refusal.js';

/** The keys of shorter arrays are listed quickly. */
const LISTED_LENGTH_MAX = 64;

/** After so many holes in a row the keys are listed: the next element may be thousands of millions of places away. */
const HOLES_WALKED_MAX = 1_024;

/** Only the brackets, the length and how many elements there are; named properties would be in between. */
const NOTHING_BUT_ELEMENTS = /^\[ \.\.\. \d+ more items, \[length\]: \d+ \]$/;
const INSPECTION = { maxArrayLength: 0, maxStringLength: 0, depth: 0, customInspect: false, showHidden: true } as const;

/**
 * The same array, provided that it is one and holds nothing but elements. Takes little time whatever the length: to list
 * a million keys would be slower than to write the elements, and JavaScript can list no others than all of them.
 */
export function bareArray(value: object): readonly unknown[] {
  if (!Array.isArray(value)) throw refuseClass(Array.prototype);
  refuseSymbols(value, 'an array');
  const elements = value as readonly unknown[];
  if (elements.length > LISTED_LENGTH_MAX && hasNothingButElements(elements)) return elements;
  const keys = Object.keys(elements);
  // Other keys come after the indices.
  const last = keys.at(-1);
  if (last !== undefined && !isIndex(last, elements.length))
    throw refuseProperties('an array', `a property ${keys.find((key) => !isIndex(key, elements.length)) ?? last}`);
  return elements;
}

/** For an array that is not short. False also if a program has changed how arrays are shown. */
export function hasNothingButElements(elements: readonly unknown[]): boolean {
  return NOTHING_BUT_ELEMENTS.test(inspect(elements, INSPECTION));
}

/** The holes of one array, for one walk through it. */
export class Holes {
  #keys: readonly string[] | null = null;
  #cursor = 0;

  constructor(readonly elements: readonly unknown[]) {}

  /** The index after the holes that begin at `from`; the length if nothing follows them. */
  end(from: number): number {
    const { length } = this.elements;
    const walked = Math.min(length, from + HOLES_WALKED_MAX);
    for (let i = from; i < walked; i += 1) if (Object.hasOwn(this.elements, i)) return i;
    return walked === length ? length : this.#nextKey(walked);
  }

  #nextKey(from: number): number {
    this.#keys ??= Object.keys(this.elements);
    for (; this.#cursor < this.#keys.length; this.#cursor += 1) {
      const index = Number(this.#keys[this.#cursor]);
      if (index >= from) return index;
    }
    return this.elements.length;
  }
}

function isIndex(key: string, length: number): boolean {
  const index = Number(key);
  return String(index >>> 0) === key && index < length;
}
