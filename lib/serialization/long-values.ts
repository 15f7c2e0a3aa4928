/**
 * Strings and buffers that are too large for a piece, cut into parts and put together again: a piece that holds one would have to be
 * made, sent and taken in at one go, and V8 has no buffer for the largest of them in every form.
 */
import { writeVarint } from '../bytes/varint.js';
import { malformed } from './malformed.js';
import { LAST_PART, PART_FORMS, Tag } from './state-format.js';

export type Long = string | Uint8Array;

type Form = (typeof PART_FORMS)[number];

/** Numbers, the tag and the form. */
const PART_HEAD_BYTES = 48;

/** The first memory that is reserved for bytes of which parts are still to come. */
const RESERVED_BYTES = 1024 * 1024;

/** The parts of all of `values`, which belong to piece number `piece`, each made when it is asked for. */
export function* partsOf(
  values: readonly Long[],
  piece: number,
  textUnits: number,
  byteCount: number,
): Generator<Buffer> {
  let index = 0;
  for (const value of values) {
    const step = typeof value === 'string' ? textUnits : byteCount;
    for (let at = 0; at < value.length; at += step) {
      const isLast = at + step >= value.length;
      yield typeof value === 'string'
        ? textPart(value.slice(at, at + step), piece, index, isLast)
        : bytesPart(value.subarray(at, at + step), piece, index, isLast, value.length);
      index += 1;
    }
  }
}

/** Each part has its own encoding: where a pair of surrogates is cut in two, both parts are UTF-16. */
function textPart(text: string, piece: number, index: number, isLast: boolean): Buffer {
  const bytes = Buffer.byteLength(text, 'utf8');
  const encoding = bytes === text.length ? 'latin1' : text.isWellFormed() ? 'utf8' : 'utf16le';
  const length = encoding === 'utf16le' ? 2 * text.length : bytes;
  const part = Buffer.allocUnsafeSlow(PART_HEAD_BYTES + length);
  const at = writeVarint(part, writeHead(part, piece, index, encoding, isLast), length);
  return part.subarray(0, at + part.write(text, at, encoding));
}

function bytesPart(bytes: Uint8Array, piece: number, index: number, isLast: boolean, total: number): Buffer {
  const part = Buffer.allocUnsafeSlow(PART_HEAD_BYTES + bytes.length);
  const announced = writeVarint(part, writeHead(part, piece, index, 'bytes', isLast), total);
  const at = writeVarint(part, announced, bytes.length);
  part.set(bytes, at);
  return part.subarray(0, at + bytes.length);
}

function writeHead(part: Buffer, piece: number, index: number, form: Form, isLast: boolean): number {
  let at = writeVarint(part, 0, piece);
  part[at++] = Tag.part;
  at = writeVarint(part, at, index);
  part[at++] = PART_FORMS.indexOf(form) + (isLast ? LAST_PART : 0);
  return at;
}

/** Puts parts together. Throws MALFORMED_BYTES. */
export class LongValues {
  #complete: Long[] = [];
  #taken = 0;
  /** Of the piece that the parts belong to. */
  #parts = 0;
  #texts: string[] | null = null;
  #bytes: GrowingBytes | null = null;

  /** Takes the part with this number. `form` is as it is written. */
  add(index: number, form: number, total: number | null, contents: Buffer): void {
    if (index !== this.#parts) fail('parts that do not follow each other');
    this.#parts += 1;
    const isLast = form >= LAST_PART;
    const name = PART_FORMS[form % LAST_PART] ?? fail('a part of unknown form');
    if (name === 'bytes') this.#addBytes(contents, total ?? 0, isLast);
    else this.#addText(contents.toString(name), isLast);
  }

  text(): string {
    const value = this.#take();
    return typeof value === 'string' ? value : fail('bytes in the place of a text');
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    const value = this.#take();
    if (typeof value === 'string' || value.length !== length) return fail('bytes of another length');
    return value as Uint8Array<ArrayBuffer>;
  }

  /** Call before a piece of tokens is read: all parts that it refers to must be there. */
  assertWhole(): void {
    if (this.#texts !== null || this.#bytes !== null) fail('a part that is not the last');
  }

  /** Call after a piece of tokens has been read: every part must have been used. */
  end(): void {
    if (this.#taken < this.#complete.length) fail('parts that belong to nothing');
    this.#complete = [];
    this.#taken = 0;
    this.#parts = 0;
  }

  #take(): Long {
    const value = this.#complete[this.#taken] ?? fail('less parts than are referred to');
    this.#complete[this.#taken] = '';
    this.#taken += 1;
    return value;
  }

  #addText(text: string, isLast: boolean): void {
    if (this.#bytes !== null) fail('a text among bytes');
    (this.#texts ??= []).push(text);
    if (!isLast) return;
    this.#complete.push(this.#texts.join(''));
    this.#texts = null;
  }

  #addBytes(contents: Buffer, total: number, isLast: boolean): void {
    if (this.#texts !== null) fail('bytes in a text');
    this.#bytes ??= new GrowingBytes(total);
    this.#bytes.add(contents);
    if (!isLast) return;
    this.#complete.push(this.#bytes.complete());
    this.#bytes = null;
  }
}

/** Bytes whose number is announced: memory is reserved for them as they come, and in the end for no more than there are. */
class GrowingBytes {
  readonly #total: number;
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(total: number) {
    this.#total = total;
    this.#bytes = new Uint8Array(Math.min(total, RESERVED_BYTES));
  }

  add(contents: Uint8Array): void {
    const length = this.#length + contents.length;
    if (length > this.#total) fail('more bytes than were announced');
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.min(this.#total, Math.max(length, 2 * this.#bytes.length)));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(contents, this.#length);
    this.#length = length;
  }

  complete(): Uint8Array<ArrayBuffer> {
    if (this.#length < this.#total) fail('less bytes than were announced');
    return this.#bytes;
  }
}

function fail(what: string): never {
  throw malformed(what, 'checkpoint');
}
