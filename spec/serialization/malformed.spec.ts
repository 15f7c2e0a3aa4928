import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Packr } from 'msgpackr';

import { TreplicaError } from '../../lib/model/errors.js';
import { decode, encode } from '../../lib/serialization/codec.js';
import { serializable } from '../../lib/serialization/registry.js';

@serializable('malformed.bid')
class Bid {
  bidder = 'ann';
  amount = 100;
  readonly history = new Map<string, unknown>([
    ['a', [1n, new Date(0), Buffer.from('abc')]],
    ['b', { nested: new Set([-0]) }],
  ]);
}

const packr = new Packr({ useRecords: false });

function codeOf(bytes: Uint8Array): string {
  try {
    decode(bytes);
    return 'decoded';
  } catch (error) {
    return error instanceof TreplicaError ? error.code : `not ours: ${String(error)}`;
  }
}

describe('Bytes that were not made by the codec', () => {
  it.each<[string, unknown]>([
    ['no kind', []],
    ['an unknown kind', [99]],
    ['a reference to nothing', [11, 5]],
    ['a reference to no number', [11, 'x']],
    ['a header that has not come before', [-3, 1]],
    ['a header that names no fields', ['malformed.bid']],
    ['a field too few', ['malformed.bid:bidder,amount', 'ann']],
    ['a field too many', ['malformed.bid:bidder', 'ann', 1]],
    ['an instance that leaves its class to nobody', [':bidder', 'ann']],
    ['a date without a time', [6, 'x']],
    ['bytes that are none', [8, 1]],
    ['a property whose name is an object', [2, [0], 1]],
    ['an element outside of its array', [1, 2, 5, 'x']],
    ['an array of negative length', [1, -2]],
    ['a MessagePack map', { a: 1 }],
    ['a MessagePack map inside', [0, { a: 1 }]],
    ['a timestamp', [0, new Date()]],
  ])('are malformed when they hold %s', (_, wire) => {
    expect(codeOf(packr.pack(wire))).toBe('MALFORMED_BYTES');
  });

  it('are malformed when they are empty, cut short or too long', () => {
    const bytes = encode(new Bid());
    for (let length = 0; length < bytes.length; length += 1)
      expect(codeOf(bytes.subarray(0, length))).toBe('MALFORMED_BYTES');
    expect(codeOf(Buffer.concat([bytes, bytes]))).toBe('MALFORMED_BYTES');
  });

  it('never crash the process and never reach a prototype, whatever they are', () => {
    const bytes = encode(new Bid());
    const damage = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    const outcomes = ['decoded', 'MALFORMED_BYTES', 'CLASS_NOT_REGISTERED'];
    fc.assert(
      fc.property(damage, (changes) => {
        const damaged = Buffer.from(bytes);
        for (const [at, byte] of changes) damaged[at] = byte;
        return outcomes.includes(codeOf(damaged));
      }),
      { numRuns: 3_000 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (anything) => outcomes.includes(codeOf(anything))));
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('do not spoil the decoding of those that come after', () => {
    const bytes = encode(new Bid());
    expect(codeOf(bytes.subarray(0, 20))).toBe('MALFORMED_BYTES');
    expect(decode(bytes)).toEqual(new Bid());
  });

  it('name the class that is missing, and the remedy', () => {
    expect(() => decode(packr.pack(['auction.sealed:amount', 1]))).toThrow(
      expect.objectContaining({
        code: 'CLASS_NOT_REGISTERED',
        message: expect.stringMatching(/'auction\.sealed'.*import the module/),
      }),
    );
  });

  it('written by an earlier version of a class give the fields that it had, and what the class has gained', () => {
    const earlier = decode(packr.pack(['malformed.bid:bidder,currency', 'eve', 'EUR']));
    expect(earlier).toBeInstanceOf(Bid);
    expect(earlier).toEqual(Object.assign(new Bid(), { bidder: 'eve', currency: 'EUR' }));
  });
});
