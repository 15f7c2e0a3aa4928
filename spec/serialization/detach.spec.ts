import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { detach } from '../../lib/serialization/detach.js';
import { sameValue } from '../support/same-value.js';
import { refusal } from './state-support.js';

class Bid {
  readonly at = new Date(0);
  readonly tags = new Set(['a']);
  constructor(
    readonly bidder: string,
    readonly rival: Bid | null = null,
  ) {}
}

class Vault {
  readonly #secret = 1;
  open(): number {
    return this.#secret;
  }
}

describe('A detached value', () => {
  it('is the same as the original in everything but identity', () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withSparseArray: true,
          withNullPrototype: true,
        }),
        (value) => sameValue(detach(value), value),
      ),
    );
  });

  it('keeps classes, registered or not, and what refers to what', () => {
    const bid = new Bid('ann', new Bid('bob'));
    const ring = new Map<unknown, unknown>([[bid, [bid, Buffer.from('b'), new Uint8Array(2)]]]);
    ring.set('self', ring);
    expect(sameValue(detach(ring), ring)).toBe(true);
  });

  it('does not change with the original, nor the original with it', () => {
    const house = { bids: [new Bid('ann')], bytes: Buffer.from('a') };
    const copy = detach(house);
    house.bids[0]!.tags.add('b');
    house.bytes[0] = 0;
    copy.bids.push(new Bid('eve'));
    expect([...copy.bids[0]!.tags]).toEqual(['a']);
    expect(String(copy.bytes)).toBe('a');
    expect(house.bids).toHaveLength(1);
  });

  it('is the value itself where that cannot change', () => {
    for (const value of [1, -0, 'text', 5n, true, null, undefined]) expect(detach(value)).toBe(value);
  });

  it('has no prototype put into it', () => {
    const value = JSON.parse('{"__proto__": {"isAdmin": true}}') as object;
    expect(sameValue(detach(value), value)).toBe(true);
  });

  it.each<[string, unknown, RegExp]>([
    ['a function', () => 1, /^The value holds a function/],
    ['a symbol', { a: Symbol('s') }, /^Object\.a holds a symbol/],
    ['a method kept in a field', Object.assign(new Bid('ann'), { notify: () => 1 }), /^Bid\.notify holds a function/],
    ['a private member', { vault: new Vault() }, /^Object\.vault holds an instance of Vault, and Vault has #secret/],
    ['a promise', [Promise.resolve()], /^The value holds an instance of Promise/],
    ['an iterator', { keys: new Map().keys() }, /^Object\.keys holds an instance of Map Iterator/],
    ['a property named by a symbol', { [Symbol('s')]: 1 }, /symbol/],
  ])('is refused for %s', (_, value, message) => {
    expect(refusal(() => detach(value))).toMatchObject({
      code: 'NOT_SERIALIZABLE',
      message: expect.stringMatching(message),
    });
  });
});
