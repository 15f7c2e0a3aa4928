import { types } from 'node:util';

import { development } from '../model/development.js';
import type { ClassCodec, Declared, Shape } from './class-codec.js';
import { prototypeOf } from './flaws.js';
import { EXTENSIBLE, integrityOf, isOrdinary } from './integrity.js';
import { kindOf, ObjectKind } from './kinds.js';
import { DEPTH_MAX, HEADERS_MAX, Kind, survivesUtf8 } from './message-format.js';
import { bare, refuseSymbols } from './properties.js';
import { twinOf } from './realms.js';
import { located, Refusal, refuseClass, refuseProperties, refuseType } from './refusal.js';
import { codecFor } from './registry.js';
import { contentOf } from './transforms.js';
import { isUntried } from './trial.js';
import { oddProperty, refuseDisguised, refuseOdd, refuseOddBytes, refuseOddElements } from './unseen.js';

/**
 * One value on its way to MessagePack: turned into arrays and primitives as message-format.ts describes. An object that occurs
 * more than once, or inside itself, is written once and referred to from then on.
 */
export class Encoding {
  /** Whether decoding will run code of the classes in the message. */
  runsCode = false;
  /** Prototypes of classes in it of which nothing has been compared with its copy yet. Null in production. */
  news: Set<object> | null = null;
  #seen: Map<object, number> | null = null;
  /** Those whose headers have been written. */
  readonly #shapes: Shape[] = [];
  #depth = 0;

  constructor(readonly root: unknown) {}

  /** Throws NOT_SERIALIZABLE or CLASS_NOT_REGISTERED, naming class and field. */
  run(): unknown {
    try {
      const { root } = this;
      return typeof root === 'object' && root !== null ? this.#object(root, null) : this.#value(root, null);
    } catch (error) {
      throw located(error, 'The value');
    }
  }

  #value(value: unknown, declared: Declared | null): unknown {
    switch (typeof value) {
      case 'string':
        return survivesUtf8(value) ? value : [Kind.string, Buffer.from(value, 'utf16le')];
      case 'number':
        return Object.is(value, -0) ? [Kind.negativeZero] : value;
      case 'object':
        return value === null ? null : this.#reference(value, declared);
      case 'function':
        throw refuseType('function');
      case 'symbol':
        throw refuseType('symbol');
      default:
        return value;
    }
  }

  #reference(value: object, declared: Declared | null): unknown {
    this.#seen ??= new Map([[this.root as object, 0]]);
    const place = this.#seen.get(value);
    if (place !== undefined) return [Kind.reference, place];
    this.#seen.set(value, this.#seen.size);
    return this.#object(value, declared);
  }

  #object(value: object, declared: Declared | null): unknown[] {
    if ((this.#depth += 1) > DEPTH_MAX) {
      throw new Refusal(
        'NOT_SERIALIZABLE',
        `holds objects nested more than ${DEPTH_MAX} deep`,
        'Keep them in a collection rather than in a chain.',
      );
    }
    const prototype = prototypeOf(value);
    const codec = codecFor(prototype) ?? declared?.codecFor(prototype);
    const wire = codec !== undefined ? this.#instance(value, codec) : this.#contents(value, prototype, declared);
    this.#depth -= 1;
    const integrity = integrityOf(value);
    return integrity === EXTENSIBLE ? wire : [Kind.fixed + integrity - 1, wire];
  }

  #instance(value: object, codec: ClassCodec): unknown[] {
    const shape = codec.shapeOf(value);
    const { fields } = shape;
    if (development.isOn) {
      refuseDisguised(value);
      refuseOdd(value, shape.plainKeys, `an instance of ${codec.type.name}`);
      if (isUntried(codec.prototype, false)) (this.news ??= new Set()).add(codec.prototype);
    }
    if (shape.runsCode) this.runsCode = true;
    const wire = new Array<unknown>(fields.length + 1);
    wire[0] = this.#header(shape);
    let i = 0;
    try {
      for (const field of fields) {
        i += 1;
        wire[i] = this.#value(contentOf(value, field), field.declared);
      }
    } catch (error) {
      throw located(error, `${codec.type.name}.${fields[i - 1]?.key ?? ''}`);
    }
    return wire;
  }

  #header(shape: Shape): string | number {
    const place = this.#shapes.indexOf(shape);
    if (place >= 0) return -1 - place;
    if (this.#shapes.length < HEADERS_MAX) this.#shapes.push(shape);
    return shape.header;
  }

  #contents(value: object, prototype: object | null, declared: Declared | null): unknown[] {
    switch (kindOf(prototype)) {
      case ObjectKind.bareObject:
        return this.#entries(Kind.bareObject, value);
      case ObjectKind.array:
        return this.#array(value, declared);
      case ObjectKind.object:
        return this.#entries(Kind.object, value);
      case ObjectKind.map:
        return this.#map(bare(value) as ReadonlyMap<unknown, unknown>, declared);
      case ObjectKind.set:
        return this.#set(bare(value) as ReadonlySet<unknown>, declared);
      case ObjectKind.date:
        return [Kind.date, (bare(value) as Date).getTime()];
      case ObjectKind.buffer:
        if (types.isUint8Array(value)) return this.#bytes(Kind.buffer, value);
        break;
      case ObjectKind.bytes:
        if (types.isUint8Array(value)) return this.#bytes(Kind.bytes, value);
        break;
      case ObjectKind.instance:
        break;
    }
    const twin = prototype === null ? null : twinOf(prototype);
    if (twin === null) throw refuseClass(prototype ?? Object.prototype);
    return this.#contents(value, twin, declared);
  }

  #bytes(kind: number, bytes: Uint8Array): unknown[] {
    if (development.isOn) refuseOddBytes(bytes);
    // Reading `buffer` of a small Uint8Array gives it memory of its own, which takes longer than all the rest.
    if (bytes instanceof Uint8Array) return [kind, bytes];
    // msgpackr knows no bytes of another realm.
    const { buffer, byteOffset, length } = bytes as Uint8Array;
    return [kind, Buffer.from(buffer, byteOffset, length)];
  }

  #array(value: object, declared: Declared | null): unknown[] {
    if (!Array.isArray(value)) throw refuseClass(Array.prototype);
    refuseSymbols(value, 'an array');
    const elements = value as readonly unknown[];
    if (development.isOn) refuseOddElements(elements);
    const keys = Object.keys(elements);
    const { length } = elements;
    // Other keys come after the indices: if the last key is the last index, all keys are indices.
    const isDense = keys.length === length && (length === 0 || keys[length - 1] === String(length - 1));
    if (!isDense) return this.#sparseArray(elements, keys, declared);
    const wire: unknown[] = [Kind.array];
    for (const element of elements) wire.push(this.#value(element, declared));
    return wire;
  }

  #sparseArray(value: readonly unknown[], keys: readonly string[], declared: Declared | null): unknown[] {
    const wire: unknown[] = [Kind.sparseArray, value.length];
    for (const key of keys) {
      const index = Number(key);
      if (String(index >>> 0) !== key || index >= value.length) throw refuseProperties('an array', `a property ${key}`);
      wire.push(index, this.#value(value[index], declared));
    }
    return wire;
  }

  #entries(kind: number, value: object): unknown[] {
    refuseSymbols(value, 'a plain object');
    if (development.isOn) refuseDisguised(value);
    const integrity = integrityOf(value);
    const wire: unknown[] = [kind];
    for (const key of Object.getOwnPropertyNames(value)) {
      const property = Object.getOwnPropertyDescriptor(value, key);
      if (!isOrdinary(property, integrity)) throw oddProperty('a plain object', key);
      wire.push(this.#value(key, null), this.#value(property?.value, null));
    }
    return wire;
  }

  #map(value: ReadonlyMap<unknown, unknown>, declared: Declared | null): unknown[] {
    const wire: unknown[] = [Kind.map];
    for (const [key, held] of value) wire.push(this.#value(key, null), this.#value(held, declared));
    return wire;
  }

  #set(value: ReadonlySet<unknown>, declared: Declared | null): unknown[] {
    const wire: unknown[] = [Kind.set];
    for (const element of value) wire.push(this.#value(element, declared));
    return wire;
  }
}
