import { describe, expect, it } from '@jest/globals';
import { Exclude, Expose, Transform, Type } from 'class-transformer';
import fc from 'fast-check';

import { serializable } from '../../lib/serialization/registry.js';
import { StateDecoder } from '../../lib/serialization/state-decoder.js';
import { encodeState } from '../../lib/serialization/state-encoder.js';
import { sameValue } from '../support/same-value.js';
import { Box, BOX_FIELDS, piecesOf, refusal, restored, stateIn } from './state-support.js';
import { anyValue, Point } from './values.js';

/** Small enough that a state of a few objects needs many pieces. */
const TINY = 24;

@serializable('state.node')
class Node {
  next: Node | null = null;
  constructor(readonly value: unknown) {}
}

@serializable('state.thermometer')
class Thermometer {
  @Exclude() kelvin = 300;
  @Transform(({ value }: { value: number[] }) => new Set(value), { toClassOnly: true })
  @Transform(({ value }: { value: Set<number> }) => [...value], { toPlainOnly: true })
  readings = new Set([1, 2, 3]);
  @Expose() get celsius(): number {
    return this.kelvin - 273;
  }
  set celsius(degrees: number) {
    this.kelvin = degrees + 273;
  }
}

class Account {
  history: number[] = [];
  constructor(readonly owner: string) {}
}

class Bank {
  @Type(() => Account) accounts = new Map<string, Account>();
  @Exclude() cache: unknown = () => 'is not carried';
}

const BANK_FIELDS = Object.getOwnPropertyNames(new Bank());

function chain(length: number): Node {
  let node = new Node(0);
  for (let i = 1; i < length; i += 1) {
    const before = new Node(i);
    before.next = node;
    node = before;
  }
  return node;
}

function chained(first: Node): number[] {
  const values: number[] = [];
  for (let node: Node | null = first; node !== null; node = node.next) values.push(node.value as number);
  return values;
}

describe('A state', () => {
  it('comes back as it was, wherever it is cut into pieces', () => {
    fc.assert(
      fc.property(anyValue, anyValue, fc.constantFrom(TINY, 200, 65_536), (first, second, pieceBytes) => {
        const box = Object.assign(new Box(first), { second: [second, first] });
        return sameValue(restored(box, pieceBytes), box);
      }),
      { numRuns: 1_000 },
    );
  });

  it('that is equal gives equal pieces, whatever this process has seen before', () => {
    fc.assert(
      fc.property(anyValue, fc.constantFrom(TINY, 65_536), (value, pieceBytes) => {
        const pieces = piecesOf(new Box(value), pieceBytes);
        const again = piecesOf(stateIn(pieces, new Box()), pieceBytes);
        return again.length === pieces.length && again.every((piece, i) => piece.equals(pieces[i]!));
      }),
    );
    const dictionaries = Array.from({ length: 600 }, (_, i) =>
      Object.assign(new Point(i, i), { [`field ${i % 300}`]: i }),
    );
    const pieces = piecesOf(new Box(dictionaries));
    expect(Buffer.concat(piecesOf(new Box(dictionaries)))).toEqual(Buffer.concat(pieces));
    expect(Buffer.concat(piecesOf(stateIn(pieces, new Box())))).toEqual(Buffer.concat(pieces));
  });

  it('keeps what refers to what across pieces: shared objects and cycles', () => {
    const shared = [new Date(5), Buffer.from('abc'), new Map(), {}];
    const box = new Box(Array.from({ length: 50_000 }, (_, i) => [i, shared[i % 4]]));
    box.second = new Map<unknown, unknown>([[box, new Set([box, shared])]]);
    const copy = restored(box);
    const pairs = copy.first as [number, unknown][];
    expect(new Set(pairs.map(([, held]) => held)).size).toBe(4);
    const [[key, members]] = [...(copy.second as Map<unknown, Set<unknown>>)] as [[unknown, Set<unknown>]];
    expect(key).toBe(copy);
    expect([...members][0]).toBe(copy);
    expect(([...members][1] as unknown[])[0]).toBe(pairs[0]?.[1]);
  });

  it.each<[string, number]>([
    ['its class has the values last', 100_000],
    ['a message could not carry it', 501],
  ])('may nest as deep as it likes: a chain, although %s', (_, length) => {
    expect(chained(restored(new Box(chain(length))).first as Node)).toEqual(chained(chain(length)));
    let nested: unknown[] = [];
    for (let i = 0; i < length; i += 1) nested = [nested, i];
    let depth = 0;
    for (let at = restored(new Box(nested)).first as unknown[]; at.length > 0; at = at[0] as unknown[]) depth += 1;
    expect(depth).toBe(length);
  });

  it('with transformations and accessors is put together only when their values are there', () => {
    const state = new Box(Array.from({ length: 50 }, (_, i) => Object.assign(new Thermometer(), { kelvin: i })));
    const copies = restored(state, TINY).first as Thermometer[];
    expect(copies.map(({ kelvin }) => kelvin)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(copies.every(({ readings }) => sameValue(readings, new Set([1, 2, 3])))).toBe(true);
  });

  it.each<[string, unknown]>([
    ['holes before, between and after elements', Object.assign(new Array<number>(300_000), { 7: 1, 8: 2, 299_000: 3 })],
    ['the longest array', Object.assign([], { length: 2 ** 32 - 1, [2 ** 32 - 2]: 'last' })],
    ['an array of nothing', new Array<number>(5_000)],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: [1] })],
    ['keys named __proto__', JSON.parse('{"__proto__": {"isAdmin": true}}')],
    ['lone surrogates and marks', ['\ud800', '\ufeffx', 'ü'.repeat(80), '\udfff'.repeat(80)]],
    ['numbers of every size', [0, -0, 127, 128, -128, -129, 2 ** 15, 2 ** 31, -(2 ** 31), 2 ** 53, 0.1, NaN, Infinity]],
    ['bigints', [0n, -1n, 2n ** 64n, -(7n ** 900n)]],
  ])('includes %s', (_, value) => {
    const { first } = restored(new Box(value));
    if (Array.isArray(value)) {
      expect((first as unknown[]).length).toBe(value.length);
      expect(Object.keys(first as object)).toEqual(Object.keys(value));
      for (const i of Object.keys(value) as unknown as number[])
        expect(sameValue((first as unknown[])[i], value[i])).toBe(true);
    } else expect(sameValue(first, value)).toBe(true);
  });
});

describe('A piece', () => {
  it.each<[string, () => unknown]>([
    ['one large Map', () => new Map(Array.from({ length: 200_000 }, (_, i) => [`key ${i}`, i]))],
    ['many small Maps', () => Array.from({ length: 100_000 }, (_, i) => new Map([['key', i]]))],
    ['many empty Maps', () => Array.from({ length: 100_000 }, () => new Map())],
    ['a million numbers', () => Array.from({ length: 1_000_000 }, (_, i) => i)],
    ['strings of some length', () => Array.from({ length: 300 }, (_, i) => 'ü'.repeat(i * 70))],
    ['a deep chain', () => chain(50_000)],
  ])('is not large, and holds few objects: %s', (_, value) => {
    const pieces = piecesOf(new Box(value()));
    expect(pieces.length).toBeGreaterThan(5);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(65_536);
  });

  it('is never large, whatever strings and buffers there are: they come in parts', () => {
    const emoji = '\u{1f600}'.repeat(100_000);
    const large = [1, 'x'.repeat(1_000_000), 2, Buffer.alloc(2_000_000, 7), 'ü'.repeat(70_000), `${emoji}\ud800`, 3];
    const map = new Map<unknown, unknown>([[emoji.slice(1), new Uint8Array(300_000).fill(9)]]);
    const state = new Box([...large, map, { ['long name '.repeat(9_000)]: -(2n ** 500_000n) }, large, large[3]]);
    const pieces = piecesOf(state);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(65_536);
    expect(sameValue(stateIn(pieces, new Box()), state)).toBe(true);
  });

  it('belongs to a string or buffer of hundreds of megabytes as it does to a small one', () => {
    const bytes = Buffer.alloc(300_000_000, 'abc');
    const text = 'x'.repeat(150_000_000);
    const decoder = new StateDecoder(new Box());
    let longest = 0;
    for (const piece of encodeState(new Box([bytes, text]), BOX_FIELDS)) {
      longest = Math.max(longest, piece.length);
      decoder.push(piece);
    }
    const [first, second] = (decoder.finish() as Box).first as [Buffer, string];
    expect(longest).toBeLessThanOrEqual(65_536);
    expect([bytes.equals(first), second === text]).toEqual([true, true]);
  });

  it('may be changed by whoever took it', () => {
    const pieces = encodeState(new Box(Array.from({ length: 100_000 }, (_, i) => `text ${i}`)), BOX_FIELDS);
    const copies: Buffer[] = [];
    for (const piece of pieces) {
      copies.push(Buffer.from(piece));
      piece.fill(0);
    }
    expect((stateIn(copies, new Box()).first as string[])[99_999]).toBe('text 99999');
  });
});

describe('The class of the state', () => {
  it('needs no name, and its declarations count', () => {
    const bank = new Bank();
    bank.accounts.set('a1', new Account('ann'));
    const copy = stateIn(encodeState(bank, BANK_FIELDS), new Bank());
    expect(copy).toBeInstanceOf(Bank);
    expect(sameValue(copy.accounts, bank.accounts)).toBe(true);
  });

  it('may have gained fields, and has its own values for what is left out', () => {
    class Later extends Bank {
      limit = 500;
    }
    const model = new Later();
    const copy = stateIn(encodeState(new Bank(), BANK_FIELDS), model);
    expect(copy.limit).toBe(500);
    expect(copy.cache).toBe(model.cache);
  });

  it('may be called otherwise: a minifier gives it another name at each replica, and what is saved names only what was given a name', () => {
    const minified = (name: string): Box =>
      new (Object.defineProperty(class extends Box {}, 'name', { value: name }))([new Node('held'), new Date(7)]);
    const [one, other] = [minified('a'), minified('BoxOfAReplica')];
    const pieces = piecesOf(one);
    expect(Buffer.concat(piecesOf(other))).toEqual(Buffer.concat(pieces));
    expect(stateIn(pieces, minified('b')).first).toEqual(one.first);
  });

  it('must not have lost a field: class, field and remedy are named', () => {
    class Poorer {
      @Exclude() cache = 1;
    }
    const { code, message } = refusal(() => stateIn(encodeState(new Bank(), BANK_FIELDS), new Poorer()));
    expect(code).toBe('STATE_MISMATCH');
    expect(message).toMatch(/a state with the field 'accounts', which Poorer no longer.*run the version.*give/);
  });

  it('must not be one that cannot be carried', () => {
    class Secretive {
      #secret = 1;
      get secret(): number {
        return this.#secret;
      }
    }
    expect(refusal(() => [...encodeState(new Secretive(), [])])).toMatchObject({
      code: 'NOT_SERIALIZABLE',
      message: expect.stringMatching(/^The state holds an instance of Secretive.*#secret/),
    });
  });
});

describe('A value that cannot be carried', () => {
  class Unregistered {
    field = 1;
  }

  it.each<[string, unknown, RegExp]>([
    ['a function', new Map([[1, [() => 1]]]), /^Point\.x holds a function/],
    ['a symbol', Symbol('s'), /^Point\.x holds a symbol/],
    ['a WeakMap', new WeakMap(), /^Point\.x holds an instance of WeakMap/],
    ['an accessor', { get a() { return 1; } }, /^Point\.x holds a plain object that has an accessor or hidden property a/], // prettier-ignore
    ['a property of an array', Object.assign([1], { total: 1 }), /^Point\.x holds an array that has a property total/],
    [
      'a property of a long array',
      Object.assign(new Array(100_000).fill('more items ]'), { total: 'more items ]' }),
      /^Point\.x holds an array that has a property total/,
    ],
    ['a property of a Map', Object.assign(new Map(), { total: 1 }), /^Point\.x holds a Map that has properties/],
    ['an object that only pretends to be a Map', Object.create(Map.prototype), /^Point\.x cannot be read/],
    [
      'an object that only pretends to be an array',
      Object.create(Array.prototype),
      /^Point\.x holds an instance of Array/,
    ],
    ['a class without a name', [new Unregistered()], /^Point\.x holds an instance of Unregistered.*@serializable/],
  ])('is refused, naming class and field: %s', (_, held, message) => {
    const points = Array.from({ length: 10_000 }, (_element, i) => new Point(i, i));
    const state = new Box([points, new Point(held, 1)]);
    expect(refusal(() => piecesOf(state)).message).toMatch(message);
    expect(refusal(() => piecesOf(new Box(held))).message).toMatch(/^Box\.first /);
  });
});
