import { assert } from '../model/assert.js';
import { readVarint, varintBytes, writeVarint } from './varint.js';

export const ID_BYTES = 8;

/** Fills a buffer, which must be large enough, with numbers and ids in their compact form. */
export class ByteWriter {
  #offset: number;

  constructor(
    readonly bytes: Buffer,
    start: number,
  ) {
    this.#offset = start;
  }

  byte(value: number): void {
    this.bytes[this.#offset] = value;
    this.#offset += 1;
  }

  /** A safe integer that is not negative. */
  number(value: number): void {
    assert(Number.isSafeInteger(value) && value >= 0, 'a stored number is a safe integer and not negative', { value });
    this.#offset = writeVarint(this.bytes, this.#offset, value);
  }

  /** 16 hexadecimal digits. */
  id(id: string): void {
    const written = this.bytes.write(id, this.#offset, ID_BYTES, 'hex');
    assert(written === ID_BYTES && id.length === 2 * ID_BYTES, 'a stored id has 16 hexadecimal digits', { id });
    this.#offset += ID_BYTES;
  }

  ids(ids: readonly string[]): void {
    this.number(ids.length);
    for (const id of ids) this.id(id);
  }

  raw(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.#offset);
    this.#offset += bytes.length;
  }

  /** Everything up to where the writing stands. */
  written(): Buffer {
    return this.bytes.subarray(0, this.#offset);
  }
}

/** Takes apart what a `ByteWriter` wrote. Throws RangeError where the bytes cannot have been written by one. */
export class ByteReader {
  #offset = 0;

  constructor(readonly bytes: Buffer) {}

  byte(): number {
    const value = this.bytes[this.#offset];
    if (value === undefined) throw new RangeError('it ends too early');
    this.#offset += 1;
    return value;
  }

  number(): number {
    const value = readVarint(this.bytes, this.#offset);
    if (value < 0) throw new RangeError('a number in it ends too early or is too large');
    this.#offset += varintBytes(value);
    return value;
  }

  id(): string {
    const start = this.#offset;
    if (start + ID_BYTES > this.bytes.length) throw new RangeError('it ends too early');
    this.#offset += ID_BYTES;
    return this.bytes.toString('hex', start, this.#offset);
  }

  ids(): string[] {
    const count = this.number();
    if (count > this.bytes.length) throw new RangeError('it ends too early');
    return Array.from({ length: count }, () => this.id());
  }

  /** The next `count` bytes, not copied. */
  raw(count: number): Buffer {
    const start = this.#offset;
    if (start + count > this.bytes.length) throw new RangeError('it ends too early');
    this.#offset += count;
    return this.bytes.subarray(start, this.#offset);
  }

  /** The remaining bytes, not copied. */
  rest(): Buffer {
    const start = this.#offset;
    this.#offset = this.bytes.length;
    return this.bytes.subarray(start);
  }

  end(): void {
    if (this.#offset !== this.bytes.length) throw new RangeError('it is too long');
  }
}
