import { types } from 'node:util';

import { assert } from '../model/assert.js';
import { development } from '../model/development.js';
import { bareArray, Holes } from './array-contents.js';
import { ClassCodec, type Declared, type Shape } from './class-codec.js';
import { ARRAY, INSTANCE, MAP, OBJECT, SET, unusedLevel, type Level } from './encoder-level.js';
import { flawOf, prototypeOf, type Class } from './flaws.js';
import { HeaderTable } from './header-table.js';
import { IdentityTable } from './identity-table.js';
import { EXTENSIBLE, integrityOf, isOrdinary } from './integrity.js';
import { kindOf, ObjectKind } from './kinds.js';
import { PieceWriter } from './piece-writer.js';
import { bare, refuseSymbols } from './properties.js';
import { located, refuseClass, refuseProperties, refuseType } from './refusal.js';
import { twinOf } from './realms.js';
import { codecFor } from './registry.js';
import { PIECE_BYTES, STATE_FORMAT, Tag } from './state-format.js';
import { contentOf } from './transforms.js';
import { isUntried } from './trial.js';
import { oddProperty, refuseDisguised, refuseOdd, refuseOddBytes, refuseOddElements } from './unseen.js';

/**
 * The bytes of `state` in pieces of about `pieceBytes` at most, each of them made when it is asked for and in a millisecond
 * or two; a larger string or buffer is cut into several. The state must not change before the last one has been
 * taken. States that are equal, down to the order of their collections and to what refers to what, give equal pieces.
 *
 * What is carried and refused is what `encode` carries and refuses, except that nothing is nested too deep. The class of
 * the state itself need not be registered. `initialFields` are the own property names that a new state of the class has:
 * what was there cannot be given back to a class that has lost one of them, and what `state` lacks of them was deleted.
 *
 * Taking a piece throws NOT_SERIALIZABLE or CLASS_NOT_REGISTERED, naming class and field. After the last one it returns
 * the prototypes of classes in the state that no value has been compared of (trial.ts); none in production.
 */
export function* encodeState(
  state: object,
  initialFields: readonly string[],
  pieceBytes = PIECE_BYTES,
): Generator<Buffer, ReadonlySet<object>> {
  const encoder = new StateEncoder(state, initialFields, pieceBytes);
  while (!encoder.hasEnded) yield* encoder.nextPieces();
  return encoder.news;
}

class StateEncoder {
  hasEnded = false;
  /** Prototypes of classes in it of which nothing has been compared with its copy yet. Empty in production. */
  readonly news = new Set<object>();
  readonly #writer: PieceWriter;
  readonly #places = new IdentityTable();
  readonly #headers = new HeaderTable();
  readonly #frames: Level[] = [];
  /** How many of the frames are in use. */
  #depth = 0;
  #hasBegun = false;
  #type: Class | null = null;
  #key = '';

  constructor(
    readonly state: object,
    readonly initialFields: readonly string[],
    pieceBytes: number,
  ) {
    this.#writer = new PieceWriter(pieceBytes);
  }

  /** The next piece, after its parts. */
  nextPieces(): Iterable<Buffer> {
    this.#writer.begin();
    try {
      if (!this.#hasBegun) this.#head();
      for (let frame = this.#innermost(); frame !== null && this.#contents(frame);) frame = this.#innermost();
    } catch (error) {
      throw located(error, this.#type === null ? 'The state' : `${this.#type.name}.${this.#key}`);
    }
    if (this.#depth === 0) {
      this.#writer.tag(Tag.end);
      this.hasEnded = true;
    }
    return this.#writer.take();
  }

  #innermost(): Level | null {
    return this.#depth === 0 ? null : (this.#frames[this.#depth - 1] ?? null);
  }

  #head(): void {
    this.#hasBegun = true;
    const { state, initialFields } = this;
    const prototype = prototypeOf(state);
    const type = (prototype as { readonly constructor?: unknown } | null)?.constructor as Class;
    if (prototype === null || flawOf(prototype) !== null) throw refuseClass(prototype ?? Object.prototype);
    const shape = new ClassCodec(type, '', initialFields).shapeOf(state);
    if (development.isOn && isUntried(prototype, true)) this.news.add(prototype);
    this.#writer.natural(STATE_FORMAT);
    this.#writer.string(type.name);
    this.#writer.natural(initialFields.length);
    for (const field of initialFields) this.#writer.string(field);
    this.#writer.natural(integrityOf(state));
    this.#writer.string(shape.header);
    this.#places.place(state);
    this.#pushInstance(state, shape, type);
  }

  /** Writes contents of the innermost object; false where the piece is full. */
  #contents(frame: Level): boolean {
    this.#type = frame.type;
    this.#key = frame.key;
    switch (frame.kind) {
      case INSTANCE:
        return this.#fields(frame);
      case ARRAY:
        return this.#elements(frame);
      case OBJECT:
        return this.#properties(frame);
      case MAP:
        return this.#entries(frame);
      default:
        return this.#members(frame);
    }
  }

  #fields(frame: Level): boolean {
    const { object, fields, count } = frame;
    while (frame.next < count) {
      const field = fields[frame.next];
      if (field === undefined) break;
      this.#key = field.key;
      const content = contentOf(object, field);
      if (!this.#writer.fits(content)) return false;
      this.#advance(frame);
      if (this.#value(content, field.declared)) return true;
    }
    return true;
  }

  #elements(frame: Level): boolean {
    const { declared, count } = frame;
    const array = frame.object as readonly unknown[];
    while (frame.next < count) {
      const element = array[frame.next];
      if (!this.#writer.fits(element)) return false;
      if (element === undefined && !Object.hasOwn(array, frame.next)) this.#skip(frame, array);
      else {
        this.#advance(frame);
        if (this.#value(element, declared)) return true;
      }
    }
    return true;
  }

  #skip(frame: Level, array: readonly unknown[]): void {
    frame.holes ??= new Holes(array);
    const end = frame.holes.end(frame.next);
    this.#writer.tagged(Tag.skip, end - frame.next);
    frame.next = end - 1;
    this.#advance(frame);
  }

  #properties(frame: Level): boolean {
    const { object, names, count } = frame;
    while (frame.next < count) {
      const name = names[frame.next] ?? '';
      if (!frame.keyIsWritten) {
        if (!this.#writer.fits(name)) return false;
        this.#writer.string(name);
        frame.keyIsWritten = true;
      }
      const property = Object.getOwnPropertyDescriptor(object, name);
      if (property === undefined || !isOrdinary(property, frame.integrity)) throw oddProperty('a plain object', name);
      const held: unknown = property.value;
      if (!this.#writer.fits(held)) return false;
      this.#advance(frame);
      if (this.#value(held, null)) return true;
    }
    return true;
  }

  #entries(frame: Level): boolean {
    while (frame.next < frame.count) {
      const [key, held] = (frame.entry ??= this.#nextOf(frame));
      if (!frame.keyIsWritten) {
        if (!this.#writer.fits(key)) return false;
        frame.keyIsWritten = true;
        if (this.#value(key, null)) return true;
      }
      if (!this.#writer.fits(held)) return false;
      const { declared } = frame;
      this.#advance(frame);
      if (this.#value(held, declared)) return true;
    }
    return true;
  }

  #members(frame: Level): boolean {
    while (frame.next < frame.count) {
      const [member] = (frame.entry ??= this.#nextOf(frame));
      if (!this.#writer.fits(member)) return false;
      const { declared } = frame;
      this.#advance(frame);
      if (this.#value(member, declared)) return true;
    }
    return true;
  }

  #nextOf(frame: Level): readonly [unknown, unknown] {
    const next = frame.entries?.next();
    assert(next?.done === false, 'a state does not change while it is saved', {
      place: `${frame.type?.name}.${frame.key}`,
    });
    return next.value;
  }

  /** One more has been, or is about to be, written. After the last one the frame is free: what it holds may take its place. */
  #advance(frame: Level): void {
    frame.next += 1;
    frame.entry = null;
    frame.keyIsWritten = false;
    if (frame.next === frame.count) this.#depth -= 1;
  }

  /** Writes `value`; true where it is an object whose contents are still to be written. */
  #value(value: unknown, declared: Declared | null): boolean {
    const writer = this.#writer;
    switch (typeof value) {
      case 'string':
        writer.string(value);
        return false;
      case 'number':
        writer.number(value);
        return false;
      case 'object':
        if (value !== null) return this.#object(value, declared);
        writer.tag(Tag.null);
        return false;
      case 'boolean':
        writer.tag(value ? Tag.true : Tag.false);
        return false;
      case 'undefined':
        writer.tag(Tag.undefined);
        return false;
      case 'bigint':
        writer.bigint(value);
        return false;
      case 'function':
      case 'symbol':
        throw refuseType(typeof value as 'function' | 'symbol');
    }
  }

  #object(value: object, declared: Declared | null): boolean {
    const place = this.#places.place(value);
    if (place >= 0) {
      this.#writer.reference(place);
      return false;
    }
    if (types.isProxy(value)) throw refuseProperties('an object', 'a Proxy around it');
    const integrity = integrityOf(value);
    if (integrity !== EXTENSIBLE) this.#writer.tag(Tag.fixed + integrity - 1);
    return this.#contentsOf(value, prototypeOf(value), declared);
  }

  #contentsOf(value: object, prototype: object | null, declared: Declared | null): boolean {
    const kind = kindOf(prototype);
    switch (kind) {
      case ObjectKind.bareObject:
        return this.#plainObject(Tag.bareObject, value);
      case ObjectKind.object:
        return this.#plainObject(Tag.object, value);
      case ObjectKind.array:
        return this.#array(value, declared);
      case ObjectKind.map:
        return this.#map(bare(value) as ReadonlyMap<unknown, unknown>, declared);
      case ObjectKind.set:
        return this.#set(bare(value) as ReadonlySet<unknown>, declared);
      case ObjectKind.date:
        this.#writer.object(Tag.date);
        this.#writer.number((bare(value) as Date).getTime());
        return false;
      case ObjectKind.buffer:
      case ObjectKind.bytes:
        if (types.isUint8Array(value)) return this.#bytes(kind, value);
        break;
      case ObjectKind.instance:
        break;
    }
    return this.#instanceOrTwin(value, prototype ?? Object.prototype, declared);
  }

  #bytes(kind: number, value: Uint8Array): boolean {
    if (development.isOn) refuseOddBytes(value);
    this.#writer.object(kind === ObjectKind.buffer ? Tag.buffer : Tag.bytes);
    this.#writer.bytes(value);
    return false;
  }

  #instanceOrTwin(value: object, prototype: object, declared: Declared | null): boolean {
    const codec = codecFor(prototype) ?? declared?.codecFor(prototype);
    if (codec !== undefined) return this.#instance(value, codec);
    const twin = twinOf(prototype);
    if (twin === null) throw refuseClass(prototype);
    return this.#contentsOf(value, twin, declared);
  }

  #instance(value: object, codec: ClassCodec): boolean {
    const shape = codec.shapeOf(value);
    if (development.isOn) {
      refuseDisguised(value);
      refuseOdd(value, shape.plainKeys, `an instance of ${codec.type.name}`);
      if (isUntried(codec.prototype, true)) this.news.add(codec.prototype);
    }
    const header = this.#headers.place(codec, shape);
    if (header >= 0) this.#writer.instance(header);
    else {
      this.#writer.object(Tag.newHeader);
      this.#writer.string(shape.header);
    }
    return this.#pushInstance(value, shape, codec.type);
  }

  #pushInstance(value: object, { fields }: Shape, type: Class): boolean {
    if (fields.length === 0) return false;
    const frame = this.#push(INSTANCE, value, fields.length, null);
    frame.fields = fields;
    frame.type = type;
    return true;
  }

  #array(value: object, declared: Declared | null): boolean {
    const elements = bareArray(value);
    if (development.isOn) refuseOddElements(elements);
    this.#writer.object(Tag.array);
    this.#writer.natural(elements.length);
    if (elements.length === 0) return false;
    this.#push(ARRAY, elements, elements.length, declared).holes = null;
    return true;
  }

  #plainObject(tag: number, value: object): boolean {
    refuseSymbols(value, 'a plain object');
    if (development.isOn) refuseDisguised(value);
    const names = Object.getOwnPropertyNames(value);
    this.#writer.object(tag);
    this.#writer.natural(names.length);
    if (names.length === 0) return false;
    const frame = this.#push(OBJECT, value, names.length, null);
    frame.names = names;
    frame.integrity = integrityOf(value);
    return true;
  }

  #map(value: ReadonlyMap<unknown, unknown>, declared: Declared | null): boolean {
    this.#writer.object(Tag.map);
    this.#writer.natural(value.size);
    if (value.size === 0) return false;
    this.#push(MAP, value, value.size, declared).entries = value.entries();
    return true;
  }

  #set(value: ReadonlySet<unknown>, declared: Declared | null): boolean {
    this.#writer.object(Tag.set);
    this.#writer.natural(value.size);
    if (value.size === 0) return false;
    this.#push(SET, value, value.size, declared).entries = value.entries();
    return true;
  }

  #push(kind: number, object: object, count: number, declared: Declared | null): Level {
    const frame = (this.#frames[this.#depth] ??= unusedLevel());
    this.#depth += 1;
    frame.kind = kind;
    frame.object = object;
    frame.next = 0;
    frame.count = count;
    frame.declared = declared;
    frame.entry = null;
    frame.keyIsWritten = false;
    frame.type = this.#type;
    frame.key = this.#key;
    return frame;
  }
}
