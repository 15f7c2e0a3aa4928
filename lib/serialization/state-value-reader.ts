import type { Declared, Reader } from './class-codec.js';
import { ARRAY, CAREFUL_INSTANCE, type LevelStack, MAP, OBJECT, PLAIN_INSTANCE, SET } from './decoder-level.js';
import { close } from './integrity.js';
import { failCheckpoint } from './malformed.js';
import { isDeclaredHeader } from './message-format.js';
import { ObjectList } from './object-list.js';
import type { PieceReader } from './piece-reader.js';
import { registeredReaders } from './registry.js';
import { ARRAY_LENGTH_MAX, STATE_HEADERS_MAX, Tag } from './state-format.js';

/** Reads one value of a state. For an object it makes the object without its contents, and a level for these. */
export class StateValueReader {
  readonly #reader: PieceReader;
  readonly #levels: LevelStack;
  readonly #objects = new ObjectList();
  readonly #headers: Reader[] = [];

  constructor(reader: PieceReader, levels: LevelStack) {
    this.#reader = reader;
    this.#levels = levels;
  }

  /** The value whose token begins with `tag`. An object has no contents yet: their level is the innermost one now. */
  read(tag: number, declared: Declared | null): unknown {
    if (tag < Tag.shortString) return tag;
    if (tag < Tag.null) return this.#reader.text(tag);
    if (tag >= Tag.shortInstance) return this.instance(this.#header(tag - Tag.shortInstance));
    const reader = this.#reader;
    switch (tag) {
      case Tag.null:
        return null;
      case Tag.undefined:
        return undefined;
      case Tag.false:
        return false;
      case Tag.true:
        return true;
      case Tag.int8:
        return reader.int8();
      case Tag.int16:
        return reader.int16();
      case Tag.int32:
        return reader.int32();
      case Tag.float64:
        return reader.float64();
      case Tag.notANumber:
        return NaN;
      case Tag.bigint:
        return reader.bigint();
      case Tag.reference:
        return this.#objects.get(reader.natural()) ?? failCheckpoint('a reference to nothing');
      default:
        return reader.text(tag) ?? this.#object(tag, declared);
    }
  }

  #object(tag: number, declared: Declared | null): object {
    const reader = this.#reader;
    switch (tag) {
      case Tag.fixed:
      case Tag.sealed:
      case Tag.frozen:
        return this.#closed(tag - Tag.fixed + 1, declared);
      case Tag.newHeader:
        return this.instance(this.#announce(reader.string(), declared));
      case Tag.instance:
        return this.instance(this.#header(reader.natural()));
      case Tag.array:
        return this.#collection(ARRAY, [], this.#length(), declared);
      case Tag.object:
        return this.#collection(OBJECT, {}, reader.natural(), null);
      case Tag.bareObject:
        return this.#collection(OBJECT, Object.create(null) as object, reader.natural(), null);
      case Tag.map:
        return this.#collection(MAP, new Map(), reader.natural(), declared);
      case Tag.set:
        return this.#collection(SET, new Set(), reader.natural(), declared);
      case Tag.date:
        return this.#leaf(new Date(this.#time()));
      case Tag.buffer:
        return this.#leaf(Buffer.from(reader.bytes().buffer));
      case Tag.bytes:
        return this.#leaf(reader.bytes());
      default:
        return failCheckpoint(`a token of unknown kind ${tag}`);
    }
  }

  #closed(integrity: number, declared: Declared | null): object {
    const depth = this.#levels.depth;
    const object = this.read(this.#reader.tag(), declared);
    if (typeof object !== 'object' || object === null) return failCheckpoint('something closed that is no object');
    const level = this.#levels.depth > depth ? this.#levels.innermost : undefined;
    if (level === undefined) return close(object, integrity);
    level.integrity = integrity;
    return object;
  }

  #length(): number {
    const length = this.#reader.natural();
    return length <= ARRAY_LENGTH_MAX ? length : failCheckpoint('an array that is too long');
  }

  #time(): number {
    const time = this.read(this.#reader.tag(), null);
    return typeof time === 'number' ? time : failCheckpoint('a date without its time');
  }

  #announce(header: string, declared: Declared | null): Reader {
    const readers = isDeclaredHeader(header) ? declared?.readers : registeredReaders;
    if (readers === undefined) return failCheckpoint(`'${header}' in a place that declares no class`);
    const reader = readers.of(header, 'checkpoint');
    if (this.#headers.length < STATE_HEADERS_MAX) this.#headers.push(reader);
    return reader;
  }

  #header(place: number): Reader {
    return this.#headers[place] ?? failCheckpoint('a header that has not come before');
  }

  instance({ Instance, fields, plainFields, gained }: Reader): object {
    const kind = plainFields === null ? CAREFUL_INSTANCE : PLAIN_INSTANCE;
    const instance = new Instance();
    if (gained !== null) gained.fill(instance);
    this.#objects.push(instance);
    if (fields.length > 0) {
      const level = this.#levels.push(kind, instance, fields.length, null);
      level.fields = fields;
      if (plainFields === null) level.values = [];
    }
    return instance;
  }

  #collection(kind: number, object: object, count: number, declared: Declared | null): object {
    this.#objects.push(object);
    if (count > 0) this.#levels.push(kind, object, count, declared);
    return object;
  }

  #leaf(object: object): object {
    this.#objects.push(object);
    return object;
  }
}
