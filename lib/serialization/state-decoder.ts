import { TreplicaError } from '../model/errors.js';
import { ClassCodec, Readers, type Declared, type Reader } from './class-codec.js';
import { ARRAY, CAREFUL_INSTANCE, MAP, OBJECT, PLAIN_INSTANCE, SET, unusedLevel, type Level } from './decoder-level.js';
import type { Class } from './flaws.js';
import { close, EXTENSIBLE } from './integrity.js';
import { malformed } from './malformed.js';
import { ObjectList } from './object-list.js';
import { PieceReader } from './piece-reader.js';
import { put } from './properties.js';
import { registeredReaders } from './registry.js';
import { STATE_FORMAT, STATE_HEADERS_MAX, Tag } from './state-format.js';
import { assemble } from './transforms.js';
import { isDeclaredHeader } from './message-format.js';

const ARRAY_LENGTH_MAX = 2 ** 32 - 1;

/**
 * Makes a state of the pieces that `encodeState` made of it. The class is that of `model`, a state as the application
 * begins with: what the model has and the saved state did not is taken from it, as a field that the class has gained.
 */
export class StateDecoder {
  readonly #reader = new PieceReader();
  readonly #objects = new ObjectList();
  readonly #headers: Reader[] = [];
  readonly #frames: Level[] = [];
  #depth = 0;
  #pieces = 0;
  #state: object | null = null;
  #integrity = EXTENSIBLE;
  #hasEnded = false;

  constructor(readonly model: object) {}

  /**
   * Takes the next piece. Throws MALFORMED_BYTES where it is not the next one or has been damaged, CLASS_NOT_REGISTERED
   * where this process has not loaded a class, and STATE_MISMATCH where the class of the state has lost a field. After
   * that the decoder is of no use.
   */
  push(piece: Uint8Array): void {
    try {
      if (this.#hasEnded) fail('a piece after the last one');
      this.#reader.begin(piece);
      if (this.#reader.natural() !== this.#pieces) fail('pieces that do not follow each other');
      if (this.#reader.isPart()) return;
      if (this.#pieces === 0) this.#head();
      this.#pieces += 1;
      while (this.#reader.hasMore) this.#step();
      this.#reader.end();
    } catch (error) {
      this.#hasEnded = true;
      this.#state = null;
      if (error instanceof TreplicaError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw malformed(`something that cannot be read (${reason})`, 'checkpoint', error);
    }
  }

  /** Whether all pieces have been pushed. */
  get isWhole(): boolean {
    return this.#hasEnded && this.#state !== null;
  }

  /** The state, once all pieces have been pushed. Throws MALFORMED_BYTES before. */
  finish(): object {
    const state = this.#state;
    if (!this.#hasEnded || state === null) fail('less than a whole state');
    return close(state, this.#integrity);
  }

  #head(): void {
    const reader = this.#reader;
    const version = reader.natural();
    if (version !== STATE_FORMAT) fail(`a state in format ${version}`);
    const name = reader.string();
    const type = this.model.constructor as Class;
    const fields = new Set<string>();
    for (let left = reader.natural(); left > 0; left -= 1) fields.add(reader.string());
    for (const field of fields) if (!Object.hasOwn(this.model, field)) throw lostField(name, type.name, field);
    this.#integrity = reader.natural();
    // What the class has gained is in the model, whatever its constructor takes.
    const codec = new ClassCodec(type, '', []);
    const root = new Readers(() => codec).of(reader.string(), 'checkpoint');
    this.#state = this.#instance(root);
    this.#fillIn(this.#state, root);
  }

  /** Gives the state what the model has and it was not saved with, each in its place: the order of fields is to be seen. */
  #fillIn(state: object, { fields, absent }: Reader): void {
    const saved = new Set(fields.map((field) => field?.key));
    const names = Object.getOwnPropertyNames(this.model);
    if (names.every((name) => saved.has(name) || absent.includes(name))) return;
    for (const name of names)
      if (!absent.includes(name))
        put(state, name, saved.has(name) ? undefined : (this.model as Record<string, unknown>)[name]);
  }

  #step(): void {
    if (this.#hasEnded) fail('something after the end');
    const frame = this.#frames[this.#depth - 1];
    if (frame === undefined) this.#end();
    else this.#content(frame);
  }

  #end(): void {
    if (this.#reader.tag() !== Tag.end) fail('more than a whole state');
    this.#hasEnded = true;
  }

  /** Reads one content of the innermost object. */
  #content(frame: Level): void {
    const { object } = frame;
    if (frame.integrity !== EXTENSIBLE && frame.next === frame.count && frame.kind !== CAREFUL_INSTANCE) {
      this.#depth -= 1;
      close(object, frame.integrity);
      return;
    }
    switch (frame.kind) {
      case PLAIN_INSTANCE: {
        const field = frame.fields[frame.next] ?? fail('a field that its class has not');
        this.#advance(frame);
        (object as Record<string, unknown>)[field.key] = this.#value(this.#reader.tag(), field.declared);
        return;
      }
      case CAREFUL_INSTANCE:
        this.#carefulField(frame);
        return;
      case ARRAY:
        this.#element(frame, object as unknown[]);
        return;
      case OBJECT:
        this.#property(frame);
        return;
      case MAP:
        this.#entry(frame, object as Map<unknown, unknown>);
        return;
      default: {
        const { declared } = frame;
        this.#advance(frame);
        (object as Set<unknown>).add(this.#value(this.#reader.tag(), declared));
      }
    }
  }

  #carefulField(frame: Level): void {
    if (frame.next === frame.count) {
      this.#depth -= 1;
      assemble(frame.object, frame.fields, frame.values);
      close(frame.object, frame.integrity);
      return;
    }
    const { next, fields, values } = frame;
    frame.next += 1;
    values[next] = this.#value(this.#reader.tag(), fields[next]?.declared ?? null);
  }

  #element(frame: Level, array: unknown[]): void {
    const { next, count, declared } = frame;
    const tag = this.#reader.tag();
    if (tag !== Tag.skip) {
      this.#advance(frame);
      array[next] = this.#value(tag, declared);
      return;
    }
    const holes = this.#reader.natural();
    if (holes > count - next) fail('an element outside of its array');
    frame.next += holes;
    if (frame.next < count) return;
    this.#leave(frame);
    // Directly, a length far beyond the elements would reserve memory for all of them; from above, it does not.
    array.length = ARRAY_LENGTH_MAX;
    array.length = count;
  }

  #property(frame: Level): void {
    if (!frame.keyIsRead) {
      frame.keyIsRead = true;
      frame.key = this.#reader.string();
      return;
    }
    const { object, key } = frame;
    this.#advance(frame);
    put(object, key as string, this.#value(this.#reader.tag(), null));
  }

  #entry(frame: Level, map: Map<unknown, unknown>): void {
    const tag = this.#reader.tag();
    if (!frame.keyIsRead) {
      frame.keyIsRead = true;
      frame.key = this.#value(tag, null);
      return;
    }
    const { key, declared } = frame;
    this.#advance(frame);
    map.set(key, this.#value(tag, declared));
  }

  #advance(frame: Level): void {
    frame.next += 1;
    frame.keyIsRead = false;
    if (frame.next === frame.count) this.#leave(frame);
  }

  /** The frame is free for what the object holds last, unless the object is to be closed after that. */
  #leave(frame: Level): void {
    if (frame.integrity === EXTENSIBLE) this.#depth -= 1;
  }

  #value(tag: number, declared: Declared | null): unknown {
    if (tag < Tag.shortString) return tag;
    if (tag < Tag.null) return this.#reader.text(tag);
    if (tag >= Tag.shortInstance) return this.#instance(this.#header(tag - Tag.shortInstance));
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
        return this.#objects.get(reader.natural()) ?? fail('a reference to nothing');
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
        return this.#instance(this.#announce(reader.string(), declared));
      case Tag.instance:
        return this.#instance(this.#header(reader.natural()));
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
        return fail(`a token of unknown kind ${tag}`);
    }
  }

  #closed(integrity: number, declared: Declared | null): object {
    const depth = this.#depth;
    const object = this.#value(this.#reader.tag(), declared);
    if (typeof object !== 'object' || object === null) return fail('something closed that is no object');
    const frame = this.#depth > depth ? this.#frames[this.#depth - 1] : undefined;
    if (frame === undefined) return close(object, integrity);
    frame.integrity = integrity;
    return object;
  }

  #length(): number {
    const length = this.#reader.natural();
    return length <= ARRAY_LENGTH_MAX ? length : fail('an array that is too long');
  }

  #time(): number {
    const time = this.#value(this.#reader.tag(), null);
    return typeof time === 'number' ? time : fail('a date without its time');
  }

  #announce(header: string, declared: Declared | null): Reader {
    const readers = isDeclaredHeader(header) ? declared?.readers : registeredReaders;
    if (readers === undefined) return fail(`'${header}' in a place that declares no class`);
    const reader = readers.of(header, 'checkpoint');
    if (this.#headers.length < STATE_HEADERS_MAX) this.#headers.push(reader);
    return reader;
  }

  #header(place: number): Reader {
    return this.#headers[place] ?? fail('a header that has not come before');
  }

  #instance({ Instance, fields, plainFields, gained }: Reader): object {
    const kind = plainFields === null ? CAREFUL_INSTANCE : PLAIN_INSTANCE;
    const instance = new Instance();
    if (gained !== null) gained.fill(instance);
    this.#objects.push(instance);
    if (fields.length > 0) {
      const frame = this.#push(kind, instance, fields.length, null);
      frame.fields = fields;
      if (plainFields === null) frame.values = [];
    }
    return instance;
  }

  #collection(kind: number, object: object, count: number, declared: Declared | null): object {
    this.#objects.push(object);
    if (count > 0) this.#push(kind, object, count, declared);
    return object;
  }

  #leaf(object: object): object {
    this.#objects.push(object);
    return object;
  }

  #push(kind: number, object: object, count: number, declared: Declared | null): Level {
    const frame = (this.#frames[this.#depth] ??= unusedLevel());
    this.#depth += 1;
    frame.kind = kind;
    frame.object = object;
    frame.next = 0;
    frame.count = count;
    frame.declared = declared;
    frame.integrity = EXTENSIBLE;
    frame.keyIsRead = false;
    return frame;
  }
}

function lostField(savedAs: string, name: string, field: string): TreplicaError {
  return new TreplicaError(
    'STATE_MISMATCH',
    `The checkpoint holds a state of ${savedAs} with the field '${field}', which ${name} no longer begins with: run the version that wrote the checkpoint, or give ${name} the field back, if only to empty it in an operation.`,
  );
}

function fail(what: string): never {
  throw malformed(what, 'checkpoint');
}
