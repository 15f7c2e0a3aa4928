import { randomBytes } from 'node:crypto';
import type { Sodium } from 'libsodium';

import { TAG_BYTES } from './frame.js';

/** In bytes. What is longer is faster by the processor's own instructions for AES, though a call into native code costs more. */
export const SMALL_TEXT_BYTES_MAX = 2_048;

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const COVERED_BYTES_MAX = 128;

/**
 * ChaCha20-Poly1305 (RFC 8439) for texts of up to `SMALL_TEXT_BYTES_MAX`. A cipher of `node:crypto` costs several objects and
 * calls, which for so few bytes is five times what this one costs: it is libsodium's, compiled to WebAssembly.
 */
export class SmallCipher {
  readonly #sodium: Sodium;
  readonly #key: number;
  readonly #nonce: number;
  readonly #tag: number;
  readonly #covered: number;
  readonly #text: number;

  private constructor(sodium: Sodium) {
    this.#sodium = sodium;
    sodium._sodium_init();
    this.#key = sodium._malloc(KEY_BYTES);
    this.#nonce = sodium._malloc(NONCE_BYTES);
    this.#tag = sodium._malloc(TAG_BYTES);
    this.#covered = sodium._malloc(COVERED_BYTES_MAX);
    this.#text = sodium._malloc(SMALL_TEXT_BYTES_MAX);
  }

  static async load(): Promise<SmallCipher> {
    const { default: instantiate } = await import('libsodium');
    return new SmallCipher(await instantiate({ getRandomValue: () => randomBytes(4).readUInt32LE() }));
  }

  /** Encrypts `text` where it stands, and writes its tag. */
  seal(key: Uint8Array, nonce: Uint8Array, covered: Uint8Array, text: Uint8Array, tag: Uint8Array): void {
    const memory = this.#take(key, nonce, covered, text);
    this.#sodium._crypto_aead_chacha20poly1305_ietf_encrypt_detached(
      this.#text,
      this.#tag,
      0,
      this.#text,
      text.length,
      0,
      this.#covered,
      covered.length,
      0,
      0,
      this.#nonce,
      this.#key,
    );
    text.set(memory.subarray(this.#text, this.#text + text.length));
    tag.set(memory.subarray(this.#tag, this.#tag + TAG_BYTES));
  }

  /** The text; null where the tag does not fit. */
  open(key: Uint8Array, nonce: Uint8Array, covered: Uint8Array, text: Uint8Array, tag: Uint8Array): Buffer | null {
    const memory = this.#take(key, nonce, covered, text);
    memory.set(tag, this.#tag);
    const outcome = this.#sodium._crypto_aead_chacha20poly1305_ietf_decrypt_detached(
      this.#text,
      0,
      this.#text,
      text.length,
      0,
      this.#tag,
      this.#covered,
      covered.length,
      0,
      this.#nonce,
      this.#key,
    );
    return outcome === 0 ? Buffer.from(memory.subarray(this.#text, this.#text + text.length)) : null;
  }

  /** Brings all of it to where it is worked on. Its memory is another object once it has grown. */
  #take(key: Uint8Array, nonce: Uint8Array, covered: Uint8Array, text: Uint8Array): Uint8Array {
    const memory = this.#sodium.HEAPU8;
    memory.set(key, this.#key);
    memory.set(nonce, this.#nonce);
    memory.set(covered, this.#covered);
    memory.set(text, this.#text);
    return memory;
  }
}
