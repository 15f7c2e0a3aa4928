/** Values at random, of everything that can be carried. */
import fc from 'fast-check';

import { serializable } from '../../lib/serialization/registry.js';

@serializable('codec.point')
export class Point {
  constructor(
    readonly x: unknown,
    readonly y: unknown,
  ) {}
}

const anyString = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)), // lone surrogates
  fc.string({ minLength: 60, maxLength: 200, unit: 'binary' }),
);
const anyLeaf = fc.oneof(
  anyString,
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }),
  fc.boolean(),
  fc.constantFrom<unknown>(
    null,
    undefined,
    -0,
    NaN,
    Infinity,
    -Infinity,
    2 ** 53,
    2 ** 63,
    2 ** 64,
    -(2 ** 63),
    5e-324,
  ),
);
export const anyValue = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    anyLeaf,
    fc.date({ noInvalidDate: false }),
    fc.uint8Array().map((bytes) => new Uint8Array(bytes)),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.array(tie('value')),
    fc.sparseArray(tie('value')),
    fc.dictionary(anyString, tie('value'), { noNullPrototype: false }),
    fc.array(fc.tuple(tie('value'), tie('value'))).map((entries) => new Map(entries)),
    fc.array(tie('value')).map((elements) => new Set(elements)),
    fc.tuple(tie('value'), tie('value')).map(([x, y]) => new Point(x, y)),
    tie('value').map((shared) => [shared, shared, new Map([[shared, shared]])]),
  ),
})).value;
