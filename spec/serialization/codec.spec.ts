import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { decode, encode } from '../../lib/serialization/codec.js';
import { serializable } from '../../lib/serialization/registry.js';
import { sameValue } from '../support/same-value.js';
import { refusal } from './state-support.js';
import { anyValue, Point } from './values.js';

@serializable('codec.labelled')
class Labelled {
  count = 0;
  get label(): string {
    return `of the class, ${this.count}`;
  }
}

@serializable('codec.counted')
class Counted {
  static made = 0;
  count = (Counted.made += 1);
}

class Unregistered {
  field = 1;
}

/** What comes out at the other replicas. */
function carried<T>(value: T): T {
  return decode(encode(value)) as T;
}

describe('A value that the codec carries', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(anyValue, (value) => sameValue(carried(value), value)),
      { numRuns: 2_000 },
    );
  });

  it('comes back as the same bytes', () => {
    fc.assert(fc.property(anyValue, (value) => encode(carried(value)).equals(encode(value))));
  });

  it.each<[string, unknown]>([
    ['minus zero', [-0, 0]],
    ['a lone surrogate', '\ud800 and \udfff'],
    ['a byte order mark in front of a long string', `\ufeff${'x'.repeat(100)}`],
    ['bigints of any size', [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n, -(7n ** 900n)]],
    ['integers beyond 2^53, which are not bigints', [2 ** 53 + 2, -(2 ** 60), 2 ** 64]],
    ['what is there and undefined', { here: undefined, list: [undefined] }],
    ['holes and length of a sparse array', Object.assign(new Array<number>(1000), { 7: 1, 900: 2 })],
    ['numeric keys of a Map', new Map<unknown, unknown>([[1, 'number'], ['1', 'string'], [NaN, 'not a number']])], // prettier-ignore
    ['objects as keys of a Map', new Map([[{ a: 1 }, new Set([new Map()])]])],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 })],
    ['an invalid date', new Date(NaN)],
    ['dates before 1970', new Date(-1)],
    ['a Buffer as a Buffer, bytes as bytes', [Buffer.from('abc'), new Uint8Array([1, 2])]],
    ['a long message', Array.from({ length: 20_000 }, (_, i) => ({ id: i, text: `ümlaut ${i}` }))],
  ])('includes %s', (_, value) => {
    expect(sameValue(carried(value), value)).toBe(true);
  });

  it('includes keys named __proto__, which are keys like any other', () => {
    const value = JSON.parse('{"__proto__": {"isAdmin": true}, "constructor": 1}') as object;
    const copy = carried(value);
    expect(sameValue(copy, value)).toBe(true);
    expect((copy as { isAdmin?: boolean }).isAdmin).toBeUndefined();
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });

  it('includes what refers to what: shared objects and cycles', () => {
    const shared = new Date(5);
    const point = new Point(shared, [shared]);
    const cycle = new Point(point, new Map<unknown, unknown>());
    (cycle.y as Map<unknown, unknown>).set(cycle, new Set([cycle, point]));
    const copy = carried(cycle);
    expect(sameValue(copy, cycle)).toBe(true);
    expect((copy.x as Point).x).toBe(((copy.x as Point).y as unknown[])[0]);
  });

  it('includes own fields that hide a member of the class', () => {
    const value = Object.defineProperty(new Labelled(), 'label', {
      value: 1,
      writable: true,
      enumerable: true,
      configurable: true,
    });
    expect(sameValue(carried(value), value)).toBe(true);
  });

  it('is what the fields were at the call, whatever happens to the object later', () => {
    const bytes = Buffer.from('before');
    const encoded = encode(new Point(bytes, null));
    bytes.fill(0);
    const copy = decode(encoded) as Point;
    encoded.fill(0);
    expect(String(copy.x)).toBe('before');
  });

  it('is made without running constructor or field initialisers, which run once more for each class', () => {
    Counted.made = 0;
    const copies = [1, 2, 3].map(() => carried(new Counted()));
    expect(Counted.made).toBe(3 + 1);
    for (const [i, copy] of copies.entries()) {
      expect(copy).toBeInstanceOf(Counted);
      expect(copy.count).toBe([1, 3, 4][i]);
    }
  });

  it('stands behind a byte of the caller, where one is given', () => {
    const plain = fc.sample(anyValue, 200);
    for (const value of [...plain, 'x'.repeat(5_000), Buffer.alloc(100_000, 1)]) {
      const bytes = encode(value, 0x7e);
      expect([bytes[0], bytes.subarray(1)]).toEqual([0x7e, encode(value)]);
      expect(sameValue(decode(bytes, 1), value)).toBe(true);
    }
    expect(refusal(() => decode(Buffer.of(0x7e), 1))).toMatchObject({ code: 'MALFORMED_BYTES' });
  });

  it('keeps messages apart that share a buffer', () => {
    const messages = Array.from({ length: 500 }, (_, i) => encode(new Point(i, 'x'.repeat(i))));
    for (const [i, message] of messages.entries()) expect((decode(message) as Point).x).toBe(i);
  });
});

describe('Size on the wire', () => {
  it('a large message does not make later ones hold much memory', () => {
    encode(new Point('x'.repeat(10_000_000), 1));
    expect(encode(new Point(1, 2)).buffer.byteLength).toBeLessThanOrEqual(65_536);
  });

  it('an operation of three fields takes fewer bytes than JSON, although its fields are named', () => {
    const point = new Point('a1', 100);
    expect(encode(point).length).toBeLessThan(JSON.stringify({ type: 'codec.point', x: 'a1', y: 100 }).length);
  });

  it('names are written once a message', () => {
    const points = Array.from({ length: 100 }, (_, i) => new Point(i, i));
    expect(encode(points).length).toBeLessThan(100 * 6);
  });
});

describe('The codec refuses', () => {
  const refusal = (value: unknown): { code: string; message: string } => {
    try {
      encode(value);
    } catch (error) {
      return error as { code: string; message: string };
    }
    throw new Error('was not refused');
  };

  it.each<[string, unknown, RegExp]>([
    ['a function', () => 1, /^Point\.x holds a function/],
    ['a function deep inside', [{ a: new Map([[1, () => 1]]) }], /^Point\.x holds a function/],
    ['a symbol', Symbol('s'), /^Point\.x holds a symbol/],
    ['a WeakMap', new WeakMap(), /^Point\.x holds an instance of WeakMap/],
    ['a promise', Promise.resolve(), /^Point\.x holds an instance of Promise/],
    ['an error', new RangeError(), /^Point\.x holds an instance of RangeError/],
    ['a regular expression', /a/, /^Point\.x holds an instance of RegExp/],
    ['a boxed primitive', Object(1), /^Point\.x holds an instance of Number/],
    ['another typed array', new Float64Array(1), /^Point\.x holds an instance of Float64Array/],
    ['an accessor of a plain object', { get a() { return 1; } }, /^Point\.x holds a plain object that has an accessor or hidden property a/], // prettier-ignore
    ['a hidden property', Object.defineProperty({}, 'a', { value: 1 }), /accessor or hidden property a/],
    [
      'a property named by a symbol',
      { [Symbol('s')]: 1 },
      /^Point\.x holds a plain object that has a property whose name is a symbol/,
    ],
    ['a property of an array', Object.assign([1], { total: 1 }), /^Point\.x holds an array that has a property total/],
    [
      'a property of a Map',
      Object.assign(new Map(), { total: 1 }),
      /^Point\.x holds a Map that has properties of its own/,
    ],
    ['what only pretends to be a Map', Object.create(Map.prototype), /^Point\.x cannot be read/],
    ['what only pretends to be an array', Object.create(Array.prototype), /^Point\.x holds an instance of Array/],
  ])('%s, naming class and field', (_, held, message) => {
    expect(refusal(new Point(held, 1))).toMatchObject({
      code: 'NOT_SERIALIZABLE',
      message: expect.stringMatching(message),
    });
  });

  it('an instance of a class that is not registered, naming it and the remedies', () => {
    expect(refusal(new Point(1, [new Unregistered()]))).toMatchObject({
      code: 'CLASS_NOT_REGISTERED',
      message: expect.stringMatching(
        /^Point\.y holds an instance of Unregistered, which is not registered\. .*@serializable.*@Type/,
      ),
    });
    expect(refusal(new Unregistered()).message).toMatch(/^The value holds an instance of Unregistered/);
  });

  it('an instance of an unregistered subclass, rather than to carry it as its base', () => {
    class Point3 extends Point {}
    expect(refusal(new Point3(1, 2))).toMatchObject({ code: 'CLASS_NOT_REGISTERED' });
  });

  it('symbols and accessors on an instance', () => {
    expect(refusal(Object.assign(new Point(1, 2), { [Symbol('s')]: 1 })).message).toMatch(
      /^An instance of Point has a property whose name is a symbol/,
    );
    const odd = Object.defineProperty(new Point(1, 2), 'sum', { get: () => 3, enumerable: true });
    expect(refusal(odd).message).toMatch(/^Point\.sum is an accessor/);
  });

  it('more than 500 objects one inside the other, which another replica might not be able to read', () => {
    const nested = (depth: number): unknown => Array.from({ length: depth }).reduce<unknown>((inner) => [inner], 1);
    expect(carried(nested(500))).toEqual(nested(500));
    expect(refusal(nested(501))).toMatchObject({ code: 'NOT_SERIALIZABLE', message: expect.stringMatching(/deep/) });
    expect(refusal(nested(100_000))).toMatchObject({ code: 'NOT_SERIALIZABLE' });
  });

  it('nothing half: what was refused leaves no trace in the next message', () => {
    refusal(new Point(new Point(1, () => 1), 2));
    expect(carried(new Point(1, 2))).toEqual(new Point(1, 2));
  });
});
