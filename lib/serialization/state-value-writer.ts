import { types } from 'node:util';

import { development } from '../model/development.js';
import { bareArray } from './array-contents.js';
import type { ClassCodec, Declared, Shape } from './class-codec.js';
import { ARRAY, INSTANCE, type LevelStack, MAP, OBJECT, SET } from './encoder-level.js';
import { type Class, prototypeOf } from './flaws.js';
import { HeaderTable } from './header-table.js';
import { IdentityTable } from './identity-table.js';
import { EXTENSIBLE, integrityOf } from './integrity.js';
import { kindOf, ObjectKind } from './kinds.js';
import type { PieceWriter } from './piece-writer.js';
import { bare, refuseSymbols } from './properties.js';
import { twinOf } from './realms.js';
import { refuseClass, refuseProperties, refuseType } from './refusal.js';
import { codecFor } from './registry.js';
import { Tag } from './state-format.js';
import { isUntried } from './trial.js';
import { refuseDisguised, refuseOdd, refuseOddBytes, refuseOddElements } from './unseen.js';

/** Writes one value of a state. For an object it writes what precedes the contents, and makes a level for these. */
export class StateValueWriter {
  /** Prototypes of classes in the state of which nothing has been compared with its copy yet. Empty in production. */
  readonly news = new Set<object>();
  readonly #writer: PieceWriter;
  readonly #levels: LevelStack;
  readonly #places = new IdentityTable();
  readonly #headers = new HeaderTable();

  constructor(writer: PieceWriter, levels: LevelStack) {
    this.#writer = writer;
    this.#levels = levels;
  }

  /** The state itself, whose header has been written: object 0. */
  begin(state: object, shape: Shape, type: Class): void {
    this.#places.place(state);
    this.#pushInstance(state, shape, type);
  }

  /** Writes `value`; true where it is an object whose contents are still to be written. */
  write(value: unknown, declared: Declared | null): boolean {
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
    const level = this.#levels.push(INSTANCE, value, fields.length, null);
    level.fields = fields;
    level.type = type;
    return true;
  }

  #array(value: object, declared: Declared | null): boolean {
    const elements = bareArray(value);
    if (development.isOn) refuseOddElements(elements);
    this.#writer.object(Tag.array);
    this.#writer.natural(elements.length);
    if (elements.length === 0) return false;
    this.#levels.push(ARRAY, elements, elements.length, declared).holes = null;
    return true;
  }

  #plainObject(tag: number, value: object): boolean {
    refuseSymbols(value, 'a plain object');
    if (development.isOn) refuseDisguised(value);
    const names = Object.getOwnPropertyNames(value);
    this.#writer.object(tag);
    this.#writer.natural(names.length);
    if (names.length === 0) return false;
    const level = this.#levels.push(OBJECT, value, names.length, null);
    level.names = names;
    level.integrity = integrityOf(value);
    return true;
  }

  #map(value: ReadonlyMap<unknown, unknown>, declared: Declared | null): boolean {
    this.#writer.object(Tag.map);
    this.#writer.natural(value.size);
    if (value.size === 0) return false;
    this.#levels.push(MAP, value, value.size, declared).entries = value.entries();
    return true;
  }

  #set(value: ReadonlySet<unknown>, declared: Declared | null): boolean {
    this.#writer.object(Tag.set);
    this.#writer.natural(value.size);
    if (value.size === 0) return false;
    this.#levels.push(SET, value, value.size, declared).entries = value.entries();
    return true;
  }
}
