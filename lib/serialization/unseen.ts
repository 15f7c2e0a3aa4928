/**
 * Looks for data that an object carries where neither its keys nor its prototype show it. In development only, because
 * it takes as long as all the rest.
 */
import { inspect, types } from 'node:util';

import { hasNothingButElements } from './array-contents.js';
import { className, prototypeOf } from './flaws.js';
import { integrityOf, isOrdinary } from './integrity.js';
import { type Refusal, refuseProperties } from './refusal.js';

/** The number of properties of one object that are looked at. */
const LOOKED_AT_MAX = 1_024;
/** The keys of shorter arrays of bytes are listed. */
const LISTED_LENGTH_MAX = 64;
const NOTHING_BUT_BYTES = /^\w+\(\d+\)(?: \[\w+\])? \[ \.\.\. \d+ more items \]$/;

const BUILT_IN: readonly (readonly [string, (value: unknown) => boolean])[] = [
  ['an array', Array.isArray],
  ['a Map', types.isMap],
  ['a Set', types.isSet],
  ['a Date', types.isDate],
  ['a view of bytes', types.isArrayBufferView],
  ['an ArrayBuffer', types.isAnyArrayBuffer],
  ['a regular expression', types.isRegExp],
  ['an error', types.isNativeError],
  ['a boxed primitive', types.isBoxedPrimitive],
  ['a promise', types.isPromise],
  ['a WeakMap', types.isWeakMap],
  ['a WeakSet', types.isWeakSet],
  ['arguments', types.isArgumentsObject],
  ['a generator', types.isGeneratorObject],
  ['an iterator', (value) => types.isMapIterator(value) || types.isSetIterator(value)],
  ['a module', types.isModuleNamespaceObject],
  ['something of native code', types.isExternal],
];

/** Throws where `object`, whose fields are to be carried, is something that has more than fields. */
export function refuseDisguised(object: object): void {
  // A proxy is carried as what it shows.
  if (types.isProxy(object)) return;
  const found = BUILT_IN.find(([, is]) => is(object));
  if (found === undefined) return;
  const prototype = prototypeOf(object);
  const disguise = prototype === null ? 'no prototype' : `the prototype of ${className(prototype)}`;
  throw refuseProperties(found[0], `${disguise} and contents of its own`);
}

/** Throws where a property of those names is an accessor, hidden, or closed other than the whole object is. */
export function refuseOdd(object: object, keys: readonly string[], what: string): void {
  const integrity = integrityOf(object);
  for (const key of keys.slice(0, LOOKED_AT_MAX)) {
    const property = Object.getOwnPropertyDescriptor(object, key);
    if (property !== undefined && !isOrdinary(property, integrity)) throw oddProperty(what, key);
  }
}

export function oddProperty(what: string, key: string): Refusal {
  return refuseProperties(what, `an accessor or hidden property ${key}, or one that is read-only,`);
}

/** The same for an array, among whose keys nothing else than elements may hide. */
export function refuseOddElements(array: readonly unknown[]): void {
  const { length } = array;
  if (length <= LOOKED_AT_MAX) {
    const listed = new Set(Object.keys(array));
    const hidden = Object.getOwnPropertyNames(array).find((key) => key !== 'length' && !listed.has(key));
    if (hidden !== undefined) throw oddProperty('an array', hidden);
  } else if (!hasNothingButElements(array)) throw refuseProperties('an array', 'properties of its own');
  const looked = Array.from({ length: Math.min(length, LOOKED_AT_MAX) }, (_, i) => String(i));
  refuseOdd(array, looked, 'an array');
  const isWritable = Object.getOwnPropertyDescriptor(array, 'length')?.writable;
  if (isWritable === Object.isFrozen(array)) throw oddProperty('an array', 'length');
}

/** Throws where an array of bytes has properties, or memory of a kind that a copy has not. */
export function refuseOddBytes(bytes: Uint8Array): void {
  const what = `a ${className(prototypeOf(bytes) ?? bytes)}`;
  const { buffer } = bytes as { readonly buffer: ArrayBufferLike & { readonly resizable?: boolean } };
  if (types.isSharedArrayBuffer(buffer)) throw refuseProperties(what, 'memory that is shared between threads');
  if (buffer.resizable === true) throw refuseProperties(what, 'memory of a size that changes');
  const isBare =
    bytes.length <= LISTED_LENGTH_MAX
      ? Reflect.ownKeys(bytes).length === bytes.length
      : NOTHING_BUT_BYTES.test(inspect(bytes, { maxArrayLength: 0, depth: 0, customInspect: false }));
  if (!isBare) throw refuseProperties(what, 'properties of its own');
}
