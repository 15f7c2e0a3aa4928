import { writeVarint } from '../bytes/varint.js';
import { type Long, partsOf } from './long-values.js';
import { LONG_BYTES, LONG_TEXT, PIECE_OBJECTS, SHORT_STRING_MAX, Tag } from './state-format.js';

/** No token but a string or a buffer, both of limited length, is longer. */
const TOKEN_BYTES = 16;

const UTF8_BYTES_MAX = 3;

/** This share of a piece, 1 / 32, is left for headers and bigints: they show up too late to begin another piece. */
const HEADROOM = 32;

/** The piece that is being written, token by token. */
export class PieceWriter {
  #bytes: Buffer = Buffer.alloc(0);
  #view = viewOf(this.#bytes);
  #at = 0;
  /** Where the piece's first token began. */
  #start = 0;
  #objects = 0;
  #number = 0;
  /** Those of the piece that come in parts. */
  #long: Long[] = [];
  readonly #limit: number;
  readonly #longText: number;
  readonly #longBytes: number;

  constructor(readonly pieceBytes: number) {
    this.#longText = Math.max(SHORT_STRING_MAX, Math.floor(pieceBytes * LONG_TEXT));
    this.#longBytes = Math.floor(pieceBytes * LONG_BYTES);
    this.#limit = pieceBytes - Math.floor(pieceBytes / HEADROOM);
  }

  /** Begins the next piece. */
  begin(): void {
    this.#allocate(this.pieceBytes);
    this.#at = 0;
    this.#objects = 0;
    this.natural(this.#number);
    this.#number += 1;
    this.#start = this.#at;
  }

  /** The parts that belong to the piece, and then the piece. The caller may keep them. `begin` must follow. */
  *take(): Generator<Buffer> {
    const long = this.#long;
    this.#long = [];
    if (long.length > 0) yield* partsOf(long, this.#number - 1, this.#longText, this.#longBytes);
    yield this.#bytes.subarray(0, this.#at);
  }

  /** Whether `value` should still be written into this piece. True for the first value of a piece. */
  fits(value: unknown): boolean {
    if (this.#at === this.#start) return true;
    if (this.#objects >= PIECE_OBJECTS) return false;
    return this.#at + this.#bytesMaxOf(value) <= this.#limit;
  }

  tag(tag: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = tag;
  }

  /** A tag with a natural number of any size that is exact. */
  tagged(tag: number, natural: number): void {
    this.tag(tag);
    this.natural(natural);
  }

  /** The tag that an object begins with. */
  object(tag: number): void {
    this.#objects += 1;
    this.tag(tag);
  }

  /** Counts as an object: finding that an object has come before takes as long as writing one. */
  reference(place: number): void {
    this.object(Tag.reference);
    this.natural(place);
  }

  /** An instance with a header that came before. */
  instance(header: number): void {
    this.#objects += 1;
    if (header < 0x100 - Tag.shortInstance) this.tag(Tag.shortInstance + header);
    else this.tagged(Tag.instance, header);
  }

  natural(natural: number): void {
    this.#reserve(TOKEN_BYTES);
    this.#at = writeVarint(this.#bytes, this.#at, natural);
  }

  number(value: number): void {
    this.#reserve(TOKEN_BYTES);
    const integer = value | 0;
    if (integer === value && (integer !== 0 || Object.is(value, 0))) this.#integer(integer);
    else if (Number.isNaN(value)) this.tag(Tag.notANumber);
    else {
      this.#bytes[this.#at] = Tag.float64;
      this.#view.setFloat64(this.#at + 1, value);
      this.#at += 9;
    }
  }

  #integer(value: number): void {
    if (value >= 0 && value < Tag.shortString) {
      this.#bytes[this.#at++] = value;
    } else if (value >= -0x80 && value < 0x80) {
      this.#bytes[this.#at] = Tag.int8;
      this.#view.setInt8(this.#at + 1, value);
      this.#at += 2;
    } else if (value >= -0x8000 && value < 0x8000) {
      this.#bytes[this.#at] = Tag.int16;
      this.#view.setInt16(this.#at + 1, value);
      this.#at += 3;
    } else {
      this.#bytes[this.#at] = Tag.int32;
      this.#view.setInt32(this.#at + 1, value);
      this.#at += 5;
    }
  }

  bigint(value: bigint): void {
    this.tag(Tag.bigint);
    this.string(value.toString(16));
  }

  string(value: string): void {
    if (value.length > this.#longText) {
      this.tag(Tag.longText);
      this.#long.push(value);
    } else if (value.length > SHORT_STRING_MAX || !this.#shortString(value)) this.#anyString(value);
  }

  /** Most strings are short and ASCII: a loop is quicker for them than a call out of JavaScript. */
  #shortString(value: string): boolean {
    const { length } = value;
    this.#reserve(length + 1);
    const bytes = this.#bytes;
    let at = this.#at;
    bytes[at++] = Tag.shortString | length;
    for (let i = 0; i < length; i += 1) {
      const unit = value.charCodeAt(i);
      if (unit >= 0x80) return false;
      bytes[at++] = unit;
    }
    this.#at = at;
    return true;
  }

  #anyString(value: string): void {
    const length = Buffer.byteLength(value, 'utf8');
    if (length === value.length) this.#text(Tag.ascii, value, length, 'latin1');
    else if (value.isWellFormed()) this.#text(Tag.utf8, value, length, 'utf8');
    else this.#text(Tag.utf16, value, value.length * 2, 'utf16le');
  }

  #text(tag: number, value: string, length: number, encoding: BufferEncoding): void {
    this.tagged(tag, length);
    this.#reserve(length);
    this.#at += this.#bytes.write(value, this.#at, length, encoding);
  }

  /** Length and contents. */
  bytes(value: Uint8Array): void {
    const { length } = value;
    if (length > this.#longBytes) {
      this.natural(2 * length + 1);
      this.#long.push(value);
      return;
    }
    this.natural(2 * length);
    this.#reserve(length);
    this.#bytes.set(value, this.#at);
    this.#at += length;
  }

  #bytesMaxOf(value: unknown): number {
    if (typeof value === 'string') {
      return TOKEN_BYTES + (value.length > this.#longText ? 0 : value.length * UTF8_BYTES_MAX);
    }
    if (!ArrayBuffer.isView(value)) return TOKEN_BYTES;
    return TOKEN_BYTES + (value.byteLength > this.#longBytes ? 0 : value.byteLength);
  }

  #reserve(length: number): void {
    if (this.#at + length <= this.#bytes.length) return;
    const { length: before } = this.#bytes;
    const written = this.#bytes.subarray(0, this.#at);
    this.#allocate(Math.max(this.#at + length + TOKEN_BYTES, before * 2));
    this.#bytes.set(written);
  }

  #allocate(length: number): void {
    this.#bytes = Buffer.allocUnsafeSlow(length);
    this.#view = viewOf(this.#bytes);
  }
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}
