import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { types } from 'node:util';
import vm from 'node:vm';
import { describe, expect, it } from '@jest/globals';

import { TreplicaError } from '../../lib/model/errors.js';
import { decode, encode } from '../../lib/serialization/codec.js';
import { detach } from '../../lib/serialization/detach.js';
import { serializable } from '../../lib/serialization/registry.js';
import { Box, restored } from './state-support.js';

@serializable('built-ins.holder')
class Holder {
  constructor(readonly content: unknown) {}
}

@serializable('built-ins.point')
class Point {
  x = 1;
  y: unknown = 2;
}

class Unregistered {
  x = 1;
}

/** Each of them gives back what it was given, or throws. */
const paths: readonly (readonly [string, (value: unknown) => unknown, RegExp])[] = [
  [
    'messages',
    (value) => (decode(encode(new Holder(value))) as Holder).content,
    /^(?:Holder\.content|Point\.\w+|An instance of Point) /,
  ],
  ['states', (value) => restored(new Box(value)).first, /^(?:Box\.first|Point\.\w+|An instance of Point) /],
  ['results', (value) => detach(new Holder(value)).content, /^\w+\.\w+ /],
];

const CARRIED = 'carried';
const REFUSED = 'refused';

const hidden = <T extends object>(object: T, key: PropertyKey, property: PropertyDescriptor = {}): T =>
  Object.defineProperty(object, key, { value: 1, ...property });
const accessor = <T extends object>(object: T, key: PropertyKey): T =>
  Object.defineProperty(object, key, { get: () => 1, enumerable: true, configurable: true });
const readOnly = { enumerable: true, configurable: true, writable: false };
const with_ = <T extends object>(object: T, key: PropertyKey = 'extra'): T => Object.assign(object, { [key]: 1 });
const symbol = Symbol('s');
const reset = (object: object, prototype: object | null): object => Object.setPrototypeOf(object, prototype) as object;
const foreign = (code: string): unknown => vm.runInNewContext(code);
const resizable = (): ArrayBuffer => Reflect.construct(ArrayBuffer, [4, { maxByteLength: 8 }]) as ArrayBuffer;

const argumentsOf = function (..._given: unknown[]): unknown {
  // eslint-disable-next-line prefer-rest-params -- the same
  return arguments;
};
const temporal = (globalThis as Record<string, unknown>)['Temporal'] as
  { readonly Now: { instant: () => object; plainDateISO: () => object } } | undefined;

const values: readonly (readonly [string, () => unknown, string])[] = [
  ['an array', () => [1, 'two', [3n]], CARRIED],
  ['an array with holes', () => [1, , 3], CARRIED], // eslint-disable-line no-sparse-arrays
  ['an array with a symbol', () => with_([1], symbol as never), REFUSED],
  ['an array with a hidden property', () => hidden([1], 'extra'), REFUSED],
  ['an array of another class', (): unknown => new (class List extends Array<number> {})(), REFUSED],
  ['an array with a hidden element', () => hidden([1, 2], 0, { enumerable: false }), REFUSED],
  ['an array with an accessor', () => accessor([1, 2], 0), REFUSED],
  ['an array with a read-only element', () => hidden([1, 2], 0, readOnly), REFUSED],
  ['an array of a read-only length', () => hidden([1, 2], 'length', { value: 2, writable: false }), REFUSED],
  ['an array of another class', () => new (class List extends Array<number> {})(), REFUSED],
  ['an array with the prototype of a class', () => reset([1], Point.prototype), REFUSED],
  ['an array without a prototype', () => reset([1], null), REFUSED],
  ['no array with the prototype of arrays', () => Object.create(Array.prototype) as object, REFUSED],
  ['a frozen array', () => Object.freeze([Object.freeze([1]), 2]), CARRIED],
  ['a frozen array that ends with holes', () => Object.freeze(Object.assign([1], { length: 4 })), CARRIED],
  ['a sealed array', () => Object.seal([1, [2]]), CARRIED],
  ['a plain object', () => ({ a: 1, b: { c: [] } }), CARRIED],
  ['a plain object with a symbol', () => ({ [symbol]: 1 }), REFUSED],
  ['a plain object with a hidden symbol', () => hidden({}, symbol), REFUSED],
  ['a plain object with a hidden property', () => hidden({ a: 1 }, 'b'), REFUSED],
  ['a plain object with an accessor', () => accessor({ a: 1 }, 'b'), REFUSED],
  ['a plain object with a read-only property', () => hidden({ a: 1 }, 'b', readOnly), REFUSED],
  ['a frozen object', () => Object.freeze({ a: Object.freeze({ b: 1 }), c: {} }), CARRIED],
  ['a frozen object in a circle', () => { const ring: Record<string, unknown> = { a: 1 }; ring['self'] = { ring }; return Object.freeze(ring); }, CARRIED], // prettier-ignore
  ['a sealed object', () => Object.seal({ a: 1, b: [2] }), CARRIED],
  ['an object that takes no more properties', () => Object.preventExtensions({ a: 1, b: [2] }), CARRIED],
  ['an empty frozen object', () => Object.freeze({}), CARRIED],
  ['an object without a prototype', () => Object.assign(Object.create(null) as object, { a: 1 }), CARRIED],
  ['an object whose prototype is a plain object', () => Object.create({ a: 1 }) as object, REFUSED],
  ['an instance', () => new Point(), CARRIED],
  ['a frozen instance', () => Object.freeze(new Point()), CARRIED],
  ['a sealed instance', () => Object.seal(Object.assign(new Point(), { y: {} })), CARRIED],
  ['an instance that lacks a field', () => { const point = new Point(); delete point.y; return point; }, CARRIED], // prettier-ignore
  ['an instance with one more field', () => with_(new Point()), CARRIED],
  ['an instance with a symbol', () => with_(new Point(), symbol as never), REFUSED],
  ['an instance with a hidden field', () => hidden(new Point(), 'x', { enumerable: false }), REFUSED],
  ['an instance with an accessor', () => accessor(new Point(), 'x'), REFUSED],
  ['an instance with a read-only field', () => hidden(new Point(), 'x', readOnly), REFUSED],
  [
    'a Map',
    () =>
      new Map<unknown, unknown>([
        [{}, [1]],
        ['a', new Set([1])],
      ]),
    CARRIED,
  ],
  ['a Map with a property', () => with_(new Map()), REFUSED],
  ['a Map with a symbol', () => with_(new Map(), symbol as never), REFUSED],
  ['a Map of another class', () => new (class Table extends Map {})(), REFUSED],
  ['a Map with the prototype of a class', () => reset(new Map([[1, 2]]), Point.prototype), REFUSED],
  ['a Map with the prototype of plain objects', () => reset(new Map([[1, 2]]), Object.prototype), REFUSED],
  ['no Map with the prototype of Maps', () => Object.create(Map.prototype) as object, REFUSED],
  ['a frozen Map', () => Object.freeze(new Map([[1, [2]]])), CARRIED],
  ['a Set', () => new Set([1, 'a']), CARRIED],
  ['a Set with a property', () => with_(new Set()), REFUSED],
  ['a Set without a prototype', () => reset(new Set([1]), null), REFUSED],
  ['no Set with the prototype of Sets', () => Object.create(Set.prototype) as object, REFUSED],
  ['a Date', () => new Date(5), CARRIED],
  ['an invalid Date', () => new Date(NaN), CARRIED],
  ['a Date with a property', () => with_(new Date(5)), REFUSED],
  ['a Date with the prototype of plain objects', () => reset(new Date(5), Object.prototype), REFUSED],
  ['no Date with the prototype of Dates', () => Object.create(Date.prototype) as object, REFUSED],
  ['a regular expression', () => /a/g, REFUSED],
  ['a regular expression in the midst of a text', () => Object.assign(/a/g, { lastIndex: 5 }), REFUSED],
  ['what a regular expression has found', () => /a/.exec('a'), REFUSED],
  ['a Uint8Array', () => new Uint8Array([1, 2]), CARRIED],
  ['a part of a Uint8Array', () => new Uint8Array([1, 2, 3]).subarray(1, 2), CARRIED],
  ['a Uint8Array with a property', () => with_(new Uint8Array(2)), REFUSED],
  ['a long Uint8Array with a property', () => with_(new Uint8Array(5_000)), REFUSED],
  ['a Uint8Array of shared memory', () => new Uint8Array(new SharedArrayBuffer(2)), REFUSED],
  ['a Uint8Array of memory that grows', () => new Uint8Array(resizable()), REFUSED],
  ['a Uint8Array that takes no more properties', () => Object.preventExtensions(new Uint8Array(2)), CARRIED],
  ['a Uint8Array with the prototype of a class', () => reset(new Uint8Array(2), Point.prototype), REFUSED],
  ['a Buffer', () => Buffer.from('abc'), CARRIED],
  ['a Buffer with a property', () => with_(Buffer.from('abc')), REFUSED],
  ...[Int8Array, Uint8ClampedArray, Uint16Array, Float64Array, BigInt64Array].map(
    (type): [string, () => unknown, string] => [`a ${type.name}`, () => new type(2), REFUSED],
  ),
  ['an ArrayBuffer', () => new ArrayBuffer(2), REFUSED],
  ['an ArrayBuffer that grows', resizable, REFUSED],
  ['a SharedArrayBuffer', () => new SharedArrayBuffer(2), REFUSED],
  ['a DataView', () => new DataView(new ArrayBuffer(2)), REFUSED],
  ['a bigint', () => 2n ** 70n, CARRIED],
  ['a lone surrogate', () => '\ud800', CARRIED],
  ['a boxed string', () => Object('a') as object, REFUSED],
  ['a boxed number', () => Object(1) as object, REFUSED],
  ['a boxed boolean without a prototype', () => reset(Object(true) as object, null), REFUSED],
  ['a symbol', () => symbol, REFUSED],
  ['a boxed symbol', () => Object(symbol) as object, REFUSED],
  ['a WeakMap', () => new WeakMap(), REFUSED],
  ['a WeakSet', () => new WeakSet(), REFUSED],
  ['a WeakRef', () => new WeakRef({}), REFUSED],
  ['a promise', () => Promise.resolve(1), REFUSED],
  ['a promise with the prototype of plain objects', () => reset(Promise.resolve(1), Object.prototype), REFUSED],
  ['a function', () => (): number => 1, REFUSED],
  ['a class', () => Point, REFUSED],
  ['a generator', () => (function* () { yield 1; })(), REFUSED], // prettier-ignore
  ['an iterator', () => [1].values(), REFUSED],
  ['an iterator of a Map', () => new Map().keys(), REFUSED],
  ['arguments', () => argumentsOf(1, 2), REFUSED],
  ['a URL', () => new URL('http://a/'), REFUSED],
  ['URL parameters', () => new URLSearchParams('a=1'), REFUSED],
  ['a Blob', () => new Blob(['a']), REFUSED],
  ['a header list', () => new Headers(), REFUSED],
  ['an abort signal', () => new AbortController().signal, REFUSED],
  ['an event', () => new Event('a'), REFUSED],
  ['an emitter', () => new EventEmitter(), REFUSED],
  ['an asynchronous store', () => new AsyncLocalStorage(), REFUSED],
  ['a text encoder', () => new TextEncoder(), REFUSED],
  ['a number format', () => new Intl.NumberFormat('en'), REFUSED],
  ['a date format', () => new Intl.DateTimeFormat('en'), REFUSED],
  ['a namespace', () => Math, REFUSED],
  ['the global object', () => globalThis, REFUSED],
  ...(temporal === undefined
    ? []
    : [
        ['an instant', () => temporal.Now.instant(), REFUSED] as const,
        ['a plain date', () => temporal.Now.plainDateISO(), REFUSED] as const,
      ]),
  ['an array of another realm', () => foreign('[1, [2]]'), CARRIED],
  ['an object of another realm', () => foreign('({ a: { b: 1 } })'), CARRIED],
  ['a Map of another realm', () => foreign('new Map([[1, new Map()]])'), CARRIED],
  ['a Set of another realm', () => foreign('new Set([1])'), CARRIED],
  ['a Date of another realm', () => foreign('new Date(5)'), CARRIED],
  ['a Uint8Array of another realm', () => foreign('new Uint8Array([1, 2])'), CARRIED],
  ['a regular expression of another realm', () => foreign('/a/'), REFUSED],
  ['a Map of another realm with a property', () => foreign('Object.assign(new Map(), { a: 1 })'), REFUSED],
  ['no array with the prototype of those of another realm', () => foreign('Object.create(Array.prototype)'), REFUSED],
  ['a copy made by structuredClone', () => structuredClone({ a: [new Map([[1, new Date(2)]])] }), CARRIED],
  ['what Node has made', () => process.argv, CARRIED],
];

function tagOf(value: object): string {
  return Object.prototype.toString.call(value);
}

/** Where a copy differs from the original in something that a program can see; null where it does not. */
function unlike(copy: unknown, original: unknown, partners = new Map<object, unknown>()): string | null {
  if (typeof original !== 'object' || original === null) return Object.is(copy, original) ? null : String(copy);
  if (partners.has(original)) return partners.get(original) === copy ? null : 'another object';
  partners.set(original, copy);
  if (typeof copy !== 'object' || copy === null || copy === original) return 'no copy';
  if (tagOf(copy) !== tagOf(original) || Buffer.isBuffer(copy) !== Buffer.isBuffer(original)) return tagOf(copy);
  const [prototype, theirs] = [
    Object.getPrototypeOf(copy) as object | null,
    Object.getPrototypeOf(original) as object | null,
  ];
  if ((prototype === null) !== (theirs === null) || prototype?.constructor.name !== theirs?.constructor.name) return 'a prototype'; // prettier-ignore
  for (const is of [Object.isExtensible, Object.isSealed, Object.isFrozen])
    if (is(copy) !== is(original)) return is.name;
  if (types.isDate(original)) return unlike((copy as Date).getTime(), original.getTime());
  if (types.isMap(original)) return unlike([...(copy as Map<unknown, unknown>)], [...original], partners);
  if (types.isSet(original)) return unlike([...(copy as Set<unknown>)], [...original], partners);
  const keys = Reflect.ownKeys(original);
  const copied = Reflect.ownKeys(copy);
  if (copied.length !== keys.length || !copied.every((key, i) => key === keys[i])) return 'keys';
  for (const key of keys) {
    // From Node 22 on it is an accessor that the engine has made: a copy has the text.
    if (key === 'stack' && types.isNativeError(original)) {
      if ((copy as Error).stack !== original.stack) return 'stack';
      continue;
    }
    const [mine, { value: held, ...rest }] = [Object.getOwnPropertyDescriptor(copy, key)!, Object.getOwnPropertyDescriptor(original, key)!]; // prettier-ignore
    const difference = unlike(mine.value, held, partners);
    if (difference !== null) return `${String(key)}: ${difference}`;
    for (const [attribute, is] of Object.entries(rest))
      if (mine[attribute as 'writable'] !== is) return `${String(key)} is not as ${attribute}`;
  }
  return null;
}

describe.each(paths)('In %s,', (path, carry, place) => {
  it.each(values)('%s', (_, make, expected) => {
    const value = make();
    let copy: unknown;
    try {
      copy = carry(value);
    } catch (error) {
      expect(error).toBeInstanceOf(TreplicaError);
      expect((error as TreplicaError).message).toMatch(place);
      expect(REFUSED).toBe(expected);
      return;
    }
    expect(unlike(copy, value)).toBeNull();
    // Results keep classes that are not registered.
    if (path !== 'results') expect(CARRIED).toBe(expected);
  });

  it('an instance of a class without a name', () => {
    const outcome = (): unknown => carry(new Unregistered());
    if (path === 'results') expect(outcome()).toEqual(new Unregistered());
    else expect(outcome).toThrow(/Unregistered, which is not registered/);
  });

  it('an error, whole or not at all', () => {
    const error = Object.assign(new RangeError('text', { cause: [1] }), { code: 'E' });
    let copy: unknown;
    try {
      copy = carry(error);
    } catch (refusal) {
      expect((refusal as TreplicaError).message).toMatch(place);
      return;
    }
    expect(unlike(copy, error)).toBeNull();
  });
});

it('The object that a proxy shows is carried in messages and results, and a proxy is refused in states', () => {
  const proxy = new Proxy({ a: [1] }, {});
  for (const [path, carry] of paths)
    if (path === 'states') expect(() => carry(proxy)).toThrow(/^Box\.first holds an object that has a Proxy around it/);
    else expect(carry(proxy)).toEqual({ a: [1] });
});
