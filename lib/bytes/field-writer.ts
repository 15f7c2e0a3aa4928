import type { Ballot } from '../model/ballot.js';
import type { Batch } from '../model/batch.js';
import { InvariantViolation } from '../model/errors.js';
import type { ProcessId } from '../model/ids.js';
import type { Founding } from '../model/records.js';

const HIGH = 2 ** 32;

/**
 * Writes fields one after the other. Everything but the bodies of batches gathers in one buffer that is used again for
 * each message; `finish` puts it together with the bodies, so that a body is copied once.
 */
export class FieldWriter {
  #fields = new DataView(new ArrayBuffer(4096));
  #length = 0;
  #bodies: { readonly at: number; readonly body: Uint8Array }[] = [];
  #bodyBytes = 0;

  /** An integer from 0 to 255. */
  byte(value: number): this {
    if (!Number.isInteger(value) || value < 0 || value > 255) throw unwritable(value);
    const at = this.#reserve(1);
    this.#fields.setUint8(at, value);
    return this;
  }

  flag(isSet: boolean): this {
    return this.byte(isSet ? 1 : 0);
  }

  /** A safe integer that is not negative. */
  natural(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw unwritable(value);
    const at = this.#reserve(8);
    this.#fields.setUint32(at, value / HIGH);
    this.#fields.setUint32(at + 4, value);
    return this;
  }

  optional<T>(value: T | null, write: (out: FieldWriter, value: T) => void): this {
    this.flag(value !== null);
    if (value !== null) write(this, value);
    return this;
  }

  list<T>(values: readonly T[], write: (out: FieldWriter, value: T) => void): this {
    this.#length32(values.length);
    for (const value of values) write(this, value);
    return this;
  }

  /** An id of any sort: at most 255 ASCII characters. */
  id(text: string): this {
    this.byte(text.length);
    const at = this.#reserve(text.length);
    for (let i = 0; i < text.length; i += 1) this.#fields.setUint8(at + i, text.charCodeAt(i));
    return this;
  }

  ballot(ballot: Ballot): this {
    return this.natural(ballot.reign).id(ballot.coordinator).byte(ballot.step);
  }

  batch(batch: Batch): this {
    return this.id(batch.id).bytes(batch.body);
  }

  /** Bytes of any length, which must not change before `finish`. */
  bytes(bytes: Uint8Array): this {
    this.#length32(bytes.length);
    this.#bodies.push({ at: this.#length, body: bytes });
    this.#bodyBytes += bytes.length;
    return this;
  }

  members(members: readonly ProcessId[]): this {
    return this.list(members, writeId);
  }

  /** The group is not sent: it is the digest of the rest. */
  founding(founding: Founding): this {
    const { attempt, members, base, borderInstances } = founding;
    return this.natural(attempt).members(members).natural(base.from).id(base.digest).natural(borderInstances);
  }

  /** All that was written since the last `finish` or `reset`. */
  finish(): Buffer {
    const bytes = Buffer.allocUnsafe(this.#length + this.#bodyBytes);
    const fields = new Uint8Array(this.#fields.buffer, 0, this.#length);
    let from = 0;
    let at = 0;
    for (const { at: to, body } of this.#bodies) {
      bytes.set(fields.subarray(from, to), at);
      bytes.set(body, at + to - from);
      at += to - from + body.length;
      from = to;
    }
    bytes.set(fields.subarray(from), at);
    this.reset();
    return bytes;
  }

  /** Forgets what was written since the last `finish`. */
  reset(): void {
    this.#length = 0;
    this.#bodyBytes = 0;
    if (this.#bodies.length > 0) this.#bodies = [];
  }

  #length32(value: number): void {
    const at = this.#reserve(4);
    this.#fields.setUint32(at, value);
  }

  #reserve(bytes: number): number {
    const at = this.#length;
    this.#length += bytes;
    if (this.#length > this.#fields.byteLength) {
      const larger = new Uint8Array(this.#length * 2);
      larger.set(new Uint8Array(this.#fields.buffer, 0, at));
      this.#fields = new DataView(larger.buffer);
    }
    return at;
  }
}

function writeId(out: FieldWriter, id: string): void {
  out.id(id);
}

function unwritable(value: number): InvariantViolation {
  return new InvariantViolation('numbers on the wire are whole, safe and not negative', { value });
}
