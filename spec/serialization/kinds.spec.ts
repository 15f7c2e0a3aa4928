import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { decode, encode } from '../../lib/serialization/codec.js';
import { detach } from '../../lib/serialization/detach.js';
import { fingerprint } from '../../lib/serialization/fingerprint.js';
import { kindOf, ObjectKind } from '../../lib/serialization/kinds.js';
import { StateDecoder } from '../../lib/serialization/state-decoder.js';
import { encodeState } from '../../lib/serialization/state-encoder.js';
import { anyValue, Point } from './values.js';

class Holder {
  constructor(public held: unknown) {}
}

function throughState(value: unknown): unknown {
  const decoder = new StateDecoder(new Holder(null));
  for (const piece of encodeState(new Holder(value), ['held'])) decoder.push(Buffer.from(piece));
  return (decoder.finish() as Holder).held;
}

const PATHS: Readonly<Record<string, (value: unknown) => unknown>> = {
  'a message': (value) => decode(encode(value)),
  'a state': throughState,
  'a copy': (value) => detach(value),
};

/** The kinds of all objects in `value`, in the order in which they begin. */
function kindsIn(value: unknown, seen = new Set<object>()): number[] {
  if (typeof value !== 'object' || value === null || seen.has(value)) return [];
  seen.add(value);
  const kind = kindOf(Object.getPrototypeOf(value) as object | null);
  if (kind === ObjectKind.buffer || kind === ObjectKind.bytes) return [kind];
  const within =
    kind === ObjectKind.map
      ? [...(value as Map<unknown, unknown>)].flat()
      : kind === ObjectKind.set
        ? [...(value as Set<unknown>)]
        : Object.values(value);
  return [kind, ...within.flatMap((held: unknown) => kindsIn(held, seen))];
}

/** One object of each kind, and what another realm calls so. */
const EXAMPLES: readonly (readonly [keyof typeof ObjectKind, object, string | null])[] = [
  ['instance', new Point(1, 2), null],
  ['object', { a: 1 }, '({ a: 1 })'],
  ['bareObject', Object.assign(Object.create(null) as object, { a: 1 }), null],
  ['array', [1, 2], '[1, 2]'],
  ['map', new Map([[1, 2]]), 'new Map([[1, 2]])'],
  ['set', new Set([1]), 'new Set([1])'],
  ['date', new Date(5), 'new Date(5)'],
  ['buffer', Buffer.of(1, 2), null],
  ['bytes', Uint8Array.of(1, 2), 'Uint8Array.of(1, 2)'],
];

describe('The kind of an object', () => {
  it('is said of each kind by its prototype', () => {
    for (const [kind, object] of EXAMPLES)
      expect(kindOf(Object.getPrototypeOf(object) as object | null)).toBe(ObjectKind[kind]);
    expect(EXAMPLES.map(([kind]) => kind).sort()).toEqual(Object.keys(ObjectKind).sort());
  });

  it.each(Object.entries(PATHS))('is the same before and after %s', (_, path) => {
    fc.assert(fc.property(anyValue, (value) => expect(kindsIn(path(value))).toEqual(kindsIn(value))));
  });

  it.each(Object.entries(PATHS))('is the same after %s for what another realm has made', (_, path) => {
    for (const [kind, , source] of EXAMPLES)
      if (source !== null) expect(kindsIn(path(runInNewContext(source)))).toEqual([ObjectKind[kind]]);
  });

  it('tells fingerprints of different contents apart, and gives equal ones to equal contents, for each kind', () => {
    const others: Readonly<Record<string, object>> = {
      instance: new Point(1, 3),
      object: { a: 2 },
      bareObject: Object.assign(Object.create(null) as object, { a: 2 }),
      array: [1, 3],
      map: new Map([[1, 3]]),
      set: new Set([2]),
      date: new Date(6),
      buffer: Buffer.of(1, 3),
      bytes: Uint8Array.of(1, 3),
    };
    for (const [kind, object] of EXAMPLES) {
      expect([kind, fingerprint(detach(object))]).toEqual([kind, fingerprint(object)]);
      expect([kind, fingerprint(others[kind]!)]).not.toEqual([kind, fingerprint(object)]);
    }
  });
});
