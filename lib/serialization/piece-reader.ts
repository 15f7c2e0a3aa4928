import { readVarint, varintBytes } from '../bytes/varint.js';
import { LongValues } from './long-values.js';
import { malformed } from './malformed.js';
import { LAST_PART, PART_FORMS, SHORT_STRING_MAX, Tag } from './state-format.js';

/** The number of short texts that are remembered: most states repeat a few texts, which then need not be made again. */
const KNOWN_TEXTS = 4_096;
const KNOWN_LENGTH_MAX = 32;

/** The piece that is being read, token by token. Reading stays within it, whatever its bytes are. Throws MALFORMED_BYTES. */
export class PieceReader {
  #bytes: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #at = 0;
  readonly #long = new LongValues();
  readonly #known = new Array<string>(KNOWN_TEXTS).fill('');

  /** Begins with another piece, which is read and never changed. */
  begin(piece: Uint8Array): void {
    this.#bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    this.#view = new DataView(piece.buffer, piece.byteOffset, piece.length);
    this.#at = 0;
  }

  /** Whether the piece is a part, as said behind its number. If so, takes all of it. */
  isPart(): boolean {
    if (this.#bytes[this.#at] !== Tag.part) {
      this.#long.assertWhole();
      return false;
    }
    this.#at += 1;
    const index = this.natural();
    const form = this.tag();
    const total = PART_FORMS[form % LAST_PART] === 'bytes' ? this.natural() : null;
    const length = this.natural();
    const start = this.#take(length);
    if (this.hasMore) fail();
    this.#long.add(index, form, total, this.#bytes.subarray(start));
    return true;
  }

  /** Call when the piece has been read: none of its parts may be left. */
  end(): void {
    this.#long.end();
  }

  get hasMore(): boolean {
    return this.#at < this.#bytes.length;
  }

  /** The first byte of the next token. */
  tag(): number {
    return this.#bytes[this.#take(1)] ?? 0;
  }

  natural(): number {
    const natural = readVarint(this.#bytes, this.#at);
    if (natural < 0) fail();
    this.#at += varintBytes(natural);
    return natural;
  }

  int8(): number {
    return this.#view.getInt8(this.#take(1));
  }

  int16(): number {
    return this.#view.getInt16(this.#take(2));
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4));
  }

  float64(): number {
    return this.#view.getFloat64(this.#take(8));
  }

  bigint(): bigint {
    const digits = this.string();
    const isNegative = digits.startsWith('-');
    const magnitude = isNegative ? digits.slice(1) : digits;
    // A repetition that may backtrack takes stack for each of perhaps millions of digits.
    if (magnitude === '' || /[^\da-f]/.test(magnitude)) fail();
    return isNegative ? -BigInt(`0x${magnitude}`) : BigInt(`0x${magnitude}`);
  }

  /** A token that must be a string. */
  string(): string {
    return this.text(this.tag()) ?? fail();
  }

  /** The string that a token with this tag is; null where it is none. */
  text(tag: number): string | null {
    if (tag >= Tag.shortString && tag <= Tag.shortString + SHORT_STRING_MAX)
      return this.#shortText(tag - Tag.shortString);
    switch (tag) {
      case Tag.ascii:
        return this.#text('latin1', this.natural());
      case Tag.utf8:
        return this.#text('utf8', this.natural());
      case Tag.utf16:
        return this.#text('utf16le', this.natural());
      case Tag.longText:
        return this.#long.text();
      default:
        return null;
    }
  }

  #shortText(length: number): string {
    if (length > KNOWN_LENGTH_MAX) return this.#text('latin1', length);
    const bytes = this.#bytes;
    const start = this.#take(length);
    let hash = length;
    for (let i = start; i < this.#at; i += 1) hash = Math.imul(hash, 31) ^ (bytes[i] ?? 0);
    const known = this.#known[hash & (KNOWN_TEXTS - 1)] ?? '';
    if (isText(known, bytes, start, length)) return known;
    const text = bytes.toString('latin1', start, this.#at);
    this.#known[hash & (KNOWN_TEXTS - 1)] = text;
    return text;
  }

  #text(encoding: BufferEncoding, length: number): string {
    const start = this.#take(length);
    return this.#bytes.toString(encoding, start, this.#at);
  }

  /** Length and contents, copied into memory of their own. */
  bytes(): Uint8Array<ArrayBuffer> {
    const said = this.natural();
    const length = Math.floor(said / 2);
    if (said % 2 === 1) return this.#long.bytes(length);
    const start = this.#take(length);
    return new Uint8Array(this.#bytes.subarray(start, this.#at));
  }

  /** Where the next `length` bytes begin. */
  #take(length: number): number {
    const start = this.#at;
    if (length > this.#bytes.length - start) fail();
    this.#at = start + length;
    return start;
  }
}

function isText(text: string, bytes: Buffer, start: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i += 1) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}

function fail(): never {
  throw malformed('a piece that ends too early or holds a number or a text that is none', 'checkpoint');
}
