import { deserialize, serialize } from 'node:v8';
import { describe, expect, it } from '@jest/globals';

import { difference } from '../../../lib/simulation/checkers/difference.js';

describe('the difference of two states', () => {
  it.each<[string, unknown, unknown]>([
    [
      'equal values',
      { a: [1, { b: new Map([['x', new Set([1])]]) }] },
      { a: [1, { b: new Map([['x', new Set([1])]]) }] },
    ],
    ['properties in another order', { a: 1, b: 2 }, { b: 2, a: 1 }],
    ['dates of one moment', new Date(5), new Date(5)],
    ['equal bytes', new Uint8Array([1, 2]), new Uint8Array([1, 2])],
    ['what is not a number', NaN, NaN],
  ])('is none for %s', (_, one, other) => {
    expect(difference(one, other)).toBeNull();
  });

  it.each<[string, unknown, unknown, string]>([
    ['a value', { a: { b: 1 } }, { a: { b: 2 } }, 'state.a.b is 1 and 2'],
    ['a type', { a: 1 }, { a: '1' }, "state.a is 1 and '1'"],
    ['a missing property', { a: 1 }, {}, 'state.a is 1 and undefined'],
    ['a missing element', [1, 2], [1], 'state[1] is 2 and undefined'],
    ['the order of a set', new Set([1, 2]), new Set([2, 1]), 'state (element 0) is 1 and 2'],
    ['a negative zero', 0, -0, 'state is 0 and -0'],
    [
      'a date',
      { at: new Date(0) },
      { at: new Date(1) },
      'state.at is 1970-01-01T00:00:00.000Z and 1970-01-01T00:00:00.001Z',
    ],
  ])('is told for %s', (_, one, other, text) => {
    expect(difference(one, other)).toBe(text);
  });

  it.each<[string, (value: number) => unknown]>([
    ['maps', (value) => new Map([['a', value]])],
    ['sets', (value) => new Set([value])],
    ['dates', (value) => new Date(value)],
    ['bytes far behind', (value) => new Uint8Array(1_000).fill(value, 999)],
    ['buffers', (value) => new Uint8Array([value]).buffer],
    ['errors', (value) => new Error(`error ${value}`)],
    ['patterns', (value) => new RegExp(`${value}`)],
    ['boxed numbers', (value): unknown => Object(value)],
  ])('is told for %s that come from another realm', (_, valueOf) => {
    const copyOf = (value: number): unknown => deserialize(serialize({ it: valueOf(value) }));
    expect(difference(copyOf(1), copyOf(1))).toBeNull();
    expect(difference(copyOf(1), copyOf(2))).toContain('state.it');
  });
});
