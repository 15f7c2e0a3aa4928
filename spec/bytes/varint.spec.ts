import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { readVarint, VARINT_BYTES_MAX, varintBytes, writeVarint } from '../../lib/bytes/varint.js';

const numbers = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(300),
  fc.tuple(fc.integer({ min: 0, max: 53 }), fc.integer({ min: -2, max: 2 })).map(([power, offset]) => {
    return Math.min(Math.max(0, 2 ** power + offset), Number.MAX_SAFE_INTEGER);
  }),
);

describe('a number of as few bytes as it needs', () => {
  it('comes back as it went, wherever it stands, and takes as many bytes as is said', () => {
    fc.assert(
      fc.property(numbers, fc.nat(5), (value, at) => {
        const bytes = new Uint8Array(at + VARINT_BYTES_MAX).fill(0xff);
        const end = writeVarint(bytes, at, value);
        expect(readVarint(bytes, at)).toBe(value);
        expect(end - at).toBe(varintBytes(value));
        expect(end - at).toBe(Math.max(1, Math.ceil(value.toString(2).length / 7)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('has one form: bytes that are read as a number are those that are written for it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 10 }), (bytes) => {
        const value = readVarint(bytes, 0);
        if (value < 0) return;
        const written = new Uint8Array(VARINT_BYTES_MAX);
        const end = writeVarint(written, 0, value);
        expect(written.subarray(0, end)).toEqual(bytes.subarray(0, end));
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    ['ends too early', [0x80]],
    ['is not there', []],
    ['has a byte that says nothing', [0x81, 0x00]],
    ['is larger than a safe integer', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
    ['goes on too long', new Array<number>(9).fill(0x81)],
  ])('is none where it %s', (_, bytes) => {
    expect(readVarint(Uint8Array.from(bytes), 0)).toBe(-1);
  });
});
