import type { Declared, Reader } from './class-codec.js';
import { close } from './integrity.js';
import { malformed } from './malformed.js';
import { HEADERS_MAX, isDeclaredHeader, Kind } from './message-format.js';
import { put } from './properties.js';
import { registeredReaders } from './registry.js';
import { assemble } from './transforms.js';

/** The inverse of Encoding: makes the value of what MessagePack gave. Nothing there can be trusted to be well formed. */
export class Decoding {
  /** In the order in which they begin, which is how references count them. */
  readonly #objects: object[] = [];
  /** For the headers that have come so far. */
  readonly #readers: Reader[] = [];

  /** Throws MALFORMED_BYTES or CLASS_NOT_REGISTERED. */
  value(wire: unknown, declared: Declared | null): unknown {
    if (typeof wire !== 'object' || wire === null) return wire;
    if (!Array.isArray(wire)) throw malformed(`${Object.prototype.toString.call(wire)} outside of an array`, 'message');
    const contents = wire as readonly unknown[];
    const head = contents[0];
    if (typeof head === 'string') return this.#instance(contents, this.#announce(head, declared));
    if (typeof head === 'number' && head < 0)
      return this.#instance(contents, this.#readers[-1 - head] ?? fail('a header that has not come before'));
    return this.#contents(contents, head, declared);
  }

  #announce(header: string, declared: Declared | null): Reader {
    const readers = isDeclaredHeader(header) ? declared?.readers : registeredReaders;
    if (readers === undefined) throw malformed(`'${header}' in a place that declares no class`, 'message');
    const reader = readers.of(header, 'message');
    if (this.#readers.length < HEADERS_MAX) this.#readers.push(reader);
    return reader;
  }

  #instance(contents: readonly unknown[], reader: Reader): object {
    if (contents.length !== reader.fields.length + 1)
      throw malformed(`${contents.length - 1} values for ${reader.fields.length} fields`, 'message');
    const instance = this.#begin(new reader.Instance() as Record<string, unknown>);
    const { plainFields, gained } = reader;
    if (gained !== null) gained.fill(instance);
    if (plainFields === null) return this.#instanceWithCare(contents, reader, instance);
    let i = 0;
    for (const field of plainFields) {
      i += 1;
      instance[field.key] = this.value(contents[i], field.declared);
    }
    return instance;
  }

  /** For all other instances. Transformations may read the other fields: so all values come first, and then the fields. */
  #instanceWithCare(contents: readonly unknown[], { fields }: Reader, instance: Record<string, unknown>): object {
    const values = fields.map((field, i) => this.value(contents[i + 1], field?.declared ?? null));
    assemble(instance, fields, values);
    return instance;
  }

  #contents(contents: readonly unknown[], kind: unknown, declared: Declared | null): unknown {
    switch (kind) {
      case Kind.array:
        return this.#array(contents, declared);
      case Kind.sparseArray:
        return this.#sparseArray(contents, declared);
      case Kind.object:
        return this.#entries(contents, {});
      case Kind.bareObject:
        return this.#entries(contents, Object.create(null) as object);
      case Kind.map:
        return this.#map(contents, declared);
      case Kind.set:
        return this.#set(contents, declared);
      case Kind.date:
        return this.#begin(new Date(numberIn(contents)));
      case Kind.buffer: {
        const { buffer, byteOffset, length } = bytesIn(contents);
        return this.#begin(Buffer.from(buffer, byteOffset, length));
      }
      case Kind.bytes: {
        const { buffer, byteOffset, length } = bytesIn(contents);
        return this.#begin(new Uint8Array(buffer, byteOffset, length));
      }
      case Kind.string:
        return Buffer.from(bytesIn(contents)).toString('utf16le');
      case Kind.fixed:
      case Kind.sealed:
      case Kind.frozen:
        return close(objectIn(this.value(contents[1], declared)), kind - Kind.fixed + 1);
      case Kind.negativeZero:
        return -0;
      case Kind.reference:
        return this.#objects[numberIn(contents)] ?? fail('a reference to nothing');
      default:
        return fail(`an object of unknown kind ${String(kind)}`);
    }
  }

  #begin<T extends object>(object: T): T {
    this.#objects.push(object);
    return object;
  }

  #array(contents: readonly unknown[], declared: Declared | null): unknown[] {
    const array = this.#begin<unknown[]>([]);
    for (let i = 1; i < contents.length; i += 1) array.push(this.value(contents[i], declared));
    return array;
  }

  #sparseArray(contents: readonly unknown[], declared: Declared | null): unknown[] {
    const array = this.#begin<unknown[]>([]);
    const length = contents[1];
    if (typeof length !== 'number' || length >>> 0 !== length) throw malformed('an array without a length', 'message');
    array.length = length;
    for (let i = 2; i < contents.length; i += 2) {
      const index = contents[i];
      if (typeof index !== 'number' || !(index >= 0 && index < length))
        throw malformed('an element outside of its array', 'message');
      array[index] = this.value(contents[i + 1], declared);
    }
    return array;
  }

  #entries(contents: readonly unknown[], object: object): object {
    this.#begin(object);
    for (let i = 1; i < contents.length; i += 2) {
      const key = this.value(contents[i], null);
      if (typeof key !== 'string') throw malformed('a property whose name is no string', 'message');
      put(object, key, this.value(contents[i + 1], null));
    }
    return object;
  }

  #map(contents: readonly unknown[], declared: Declared | null): Map<unknown, unknown> {
    const map = this.#begin(new Map<unknown, unknown>());
    for (let i = 1; i < contents.length; i += 2)
      map.set(this.value(contents[i], null), this.value(contents[i + 1], declared));
    return map;
  }

  #set(contents: readonly unknown[], declared: Declared | null): Set<unknown> {
    const set = this.#begin(new Set<unknown>());
    for (let i = 1; i < contents.length; i += 1) set.add(this.value(contents[i], declared));
    return set;
  }
}

function numberIn(contents: readonly unknown[]): number {
  const [, number] = contents;
  return typeof number === 'number' ? number : fail('an object without its number');
}

function objectIn(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : fail('something closed that is no object');
}

function bytesIn(contents: readonly unknown[]): Uint8Array<ArrayBuffer> {
  const [, bytes] = contents;
  return bytes instanceof Uint8Array ? (bytes as Uint8Array<ArrayBuffer>) : fail('an object without its bytes');
}

function fail(what: string): never {
  throw malformed(what, 'message');
}
