import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { TAG_BYTES } from '../../../lib/transport/frame/frame.js';
import { SMALL_TEXT_BYTES_MAX, SmallCipher } from '../../../lib/transport/frame/small-cipher.js';

const CIPHER = 'chacha20-poly1305';
const OPTIONS = { authTagLength: TAG_BYTES };
const cipher = await SmallCipher.load();

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const key = bytes(32);
const nonce = bytes(12);
const covered = fc.uint8Array({ maxLength: 128, size: 'max' });
const text = fc.uint8Array({ maxLength: SMALL_TEXT_BYTES_MAX, size: 'max' });

function sealed(...[key, nonce, covered, text]: readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array]): {
  readonly text: Buffer;
  readonly tag: Buffer;
} {
  const made = { text: Buffer.from(text), tag: Buffer.alloc(TAG_BYTES) };
  cipher.seal(key, nonce, covered, made.text, made.tag);
  return made;
}

describe('the cipher of short texts', () => {
  it('seals as the one of OpenSSL does', () => {
    fc.assert(
      fc.property(key, nonce, covered, text, (key, nonce, covered, text) => {
        const other = createCipheriv(CIPHER, key, nonce, OPTIONS);
        other.setAAD(covered, { plaintextLength: text.length });
        const expected = Buffer.concat([other.update(text), other.final()]);
        expect(sealed(key, nonce, covered, text)).toEqual({ text: expected, tag: other.getAuthTag() });
      }),
    );
  });

  it('opens what the one of OpenSSL has sealed, and nothing of which a bit is another', () => {
    fc.assert(
      fc.property(key, nonce, covered, text, fc.nat(), (key, nonce, covered, text, at) => {
        const other = createCipheriv(CIPHER, key, nonce, OPTIONS);
        other.setAAD(covered, { plaintextLength: text.length });
        const encrypted = Buffer.concat([other.update(text), other.final()]);
        const tag = other.getAuthTag();
        expect(cipher.open(key, nonce, covered, encrypted, tag)).toEqual(Buffer.from(text));
        const parts = [key, nonce, covered, encrypted, tag].map((part) => Buffer.from(part));
        const whole = Buffer.concat(parts);
        let bit = at % (whole.length * 8);
        for (const part of parts) {
          if (bit >= 0 && bit < part.length * 8) part[bit >> 3]! ^= 1 << (bit & 7);
          bit -= part.length * 8;
        }
        expect(cipher.open(...(parts as [Buffer, Buffer, Buffer, Buffer, Buffer]))).toBeNull();
      }),
    );
  });

  it('gives a text that nothing later changes', () => {
    const [key, nonce, covered] = [randomBytes(32), randomBytes(12), randomBytes(20)];
    const [one, two] = ['the first text', 'another text'].map((text) => sealed(key, nonce, covered, Buffer.from(text)));
    const first = cipher.open(key, nonce, covered, one!.text, one!.tag);
    expect(String(cipher.open(key, nonce, covered, two!.text, two!.tag))).toBe('another text');
    expect(String(first)).toBe('the first text');
  });

  it('is known to OpenSSL as well in what it has sealed', () => {
    const [key, nonce, covered] = [randomBytes(32), randomBytes(12), randomBytes(52)];
    const { text, tag } = sealed(key, nonce, covered, Buffer.alloc(SMALL_TEXT_BYTES_MAX, 'x'));
    const other = createDecipheriv(CIPHER, key, nonce, OPTIONS);
    other.setAAD(covered, { plaintextLength: text.length });
    other.setAuthTag(tag);
    expect(Buffer.concat([other.update(text), other.final()])).toEqual(Buffer.alloc(SMALL_TEXT_BYTES_MAX, 'x'));
  });
});
