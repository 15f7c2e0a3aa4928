import { TreplicaError } from '../model/errors.js';
import { describeField, exposedAccessors, keyOf, type Transform, type TypeDescription } from './fields.js';
import { type Class, flawOf } from './flaws.js';
import { declaredFields, type Gained, gainedFields } from './gained-fields.js';
import { malformed, type Source } from './malformed.js';
import { type Header, headerOf, partsOfHeader, subtypePrefix, survivesUtf8 } from './message-format.js';

/** A field that travels. */
export interface Field {
  readonly key: string;
  readonly wireName: string;
  /** The classes whose instances need no name of their own in this field. */
  readonly declared: Declared | null;
  /** Null rather than empty, because it is read for every field of every message. */
  readonly toWire: readonly Transform[] | null;
  readonly fromWire: readonly Transform[] | null;
  /** A getter and a setter that `@Expose` makes a field of. */
  readonly isAccessor: boolean;
}

/** The shape of instances of a class that have these own properties. */
export interface Shape {
  readonly header: string;
  /** The own properties, also those that do not travel. */
  readonly names: readonly string[];
  readonly fields: readonly Field[];
  /** The keys of those fields that are properties. */
  readonly plainKeys: readonly string[];
  /** Whether reading an instance back runs code of the class. */
  readonly runsCode: boolean;
}

/** How to read what a header announces. */
export interface Reader {
  /** Makes an instance without fields, and without running the class's constructor. */
  readonly Instance: new () => object;
  /** Null for a field that the class leaves out today and did not when the message was written. */
  readonly fields: readonly (Field | null)[];
  /** The fields if each of them is simply assigned: the common and quick case. Otherwise null. */
  readonly plainFields: readonly Field[] | null;
  /** The fields that the class has gained since the header was written. Null if there are none. */
  readonly gained: Gained | null;
  /** Fields that the class makes and that were deleted from this instance. */
  readonly absent: readonly string[];
}

/** The largest number of shapes remembered of a class: an object used as a dictionary has a new shape each time. */
const SHAPES_MAX = 256;

/** A class, compiled: what its instances hold and what that is called on the wire. */
export class ClassCodec {
  readonly prototype: object;
  readonly #Instance: new () => object;
  readonly #fields = new Map<string, Field | null>();
  readonly #shapes = new Map<string, Shape>();
  readonly #accessors: readonly string[];
  #latest: Shape | null = null;

  /**
   * `prefix` names the class in headers. `made` are the fields that instances are made with: those that one lacks are
   * written as deleted, and those that a header does not know are filled in. Default: the fields that the constructor
   * makes without arguments.
   */
  constructor(
    readonly type: Class,
    readonly prefix: string,
    readonly made: readonly string[] | null = null,
  ) {
    this.prototype = type.prototype as object;
    this.#Instance = constructorOf(this.prototype);
    this.#accessors = exposedAccessors(type);
  }

  /**
   * The shape of `instance`. Throws NOT_SERIALIZABLE where it holds something else than plain fields. Names are compared
   * each time; that they are not accessors is looked up once for each shape.
   */
  shapeOf(instance: object): Shape {
    if (Object.getOwnPropertySymbols(instance).length > 0) this.#refuse('', 'has a property whose name is a symbol');
    const names = Object.getOwnPropertyNames(instance);
    if (this.#latest === null || !sameNames(names, this.#latest.names)) this.#latest = this.#recall(names, instance);
    return this.#latest;
  }

  /** How to read instances with this header. Throws STATE_MISMATCH for a field that has no value there and none here. */
  readerOf({ wireNames, absent }: Header): Reader {
    const fields = wireNames.map((wireName) => this.#fieldOf(keyOf(this.type, wireName)));
    const plainFields = fields
      .filter((field) => field !== null)
      .filter(({ fromWire, key }) => fromWire === null && !(key in this.prototype));
    return {
      Instance: this.#Instance,
      fields,
      plainFields: plainFields.length === fields.length ? plainFields : null,
      gained: this.#gainedSince(wireNames, absent),
      absent: absent.map((wireName) => keyOf(this.type, wireName)),
    };
  }

  #gainedSince(wireNames: readonly string[], absent: readonly string[]): Gained | null {
    const keys = (names: readonly string[]): string[] => names.map((wireName) => keyOf(this.type, wireName));
    const held = new Set(keys(wireNames).filter((key) => this.#fieldOf(key) !== null));
    const gone = keys(absent);
    const missing = this.#declared().filter((key) => !held.has(key) && !gone.includes(key));
    return missing.length === 0 ? null : gainedFields(this.type, held, missing);
  }

  /** The fields that instances are made with and that travel. */
  #declared(): string[] {
    const made = this.made ?? declaredFields(this.type);
    return made.filter((key) => !(key in this.prototype) && this.#fieldOf(key) !== null);
  }

  #recall(names: readonly string[], instance: object): Shape {
    const key = headerOf('', names);
    const shape = this.#shapes.get(key) ?? this.#examine(names, instance);
    if (this.#shapes.size < SHAPES_MAX) this.#shapes.set(key, shape);
    return shape;
  }

  #examine(names: readonly string[], instance: object): Shape {
    const keys = [...names, ...this.#accessors.filter((key) => !names.includes(key))];
    const fields = keys.map((key) => this.#fieldOf(key)).filter((field) => field !== null);
    const carriers = new Map<string, string>();
    for (const { key, wireName } of fields) {
      const property = Object.getOwnPropertyDescriptor(instance, key);
      if (property?.get !== undefined || property?.set !== undefined)
        this.#refuse(key, 'is an accessor of this one object');
      if (property?.enumerable === false) this.#refuse(key, 'is not enumerable');
      const other = carriers.get(wireName);
      if (other !== undefined) this.#refuse(key, `would travel under the name '${wireName}', as ${other} does`);
      carriers.set(wireName, key);
    }
    const absent = this.#declared().filter((key) => !names.includes(key));
    const header = headerOf(
      this.prefix,
      [...carriers.keys()],
      absent.map((key) => this.#fieldOf(key)?.wireName ?? key),
    );
    if (!survivesUtf8(header)) this.#refuse('', 'has a field whose name is not well-formed Unicode');
    return {
      header,
      names,
      fields,
      plainKeys: fields.filter(({ isAccessor }) => !isAccessor).map(({ key }) => key),
      runsCode: this.#accessors.length > 0 || fields.some(({ fromWire }) => fromWire !== null),
    };
  }

  #fieldOf(key: string): Field | null {
    let field = this.#fields.get(key);
    if (field === undefined) {
      field = this.#compile(key);
      if (this.#fields.size < SHAPES_MAX) this.#fields.set(key, field);
    }
    return field;
  }

  #compile(key: string): Field | null {
    const description = describeField(this.type, key);
    if (description === null) return null;
    const { wireName, type, toWire, fromWire } = description;
    return {
      key,
      wireName,
      declared: type === null ? null : this.#declare(key, type),
      toWire: toWire.length > 0 ? toWire : null,
      fromWire: fromWire.length > 0 ? fromWire : null,
      isAccessor: this.#accessors.includes(key),
    };
  }

  #declare(key: string, description: TypeDescription): Declared {
    for (const { type } of [description, ...description.subtypes]) {
      const flaw = flawOf(type.prototype as object);
      if (flaw !== null) this.#refuse(key, `declares ${type.name} (${flaw})`);
    }
    return Declared.of(description);
  }

  #refuse(key: string, why: string): never {
    const what = key === '' ? `An instance of ${this.type.name}` : `${this.type.name}.${key}`;
    throw new TreplicaError(
      'NOT_SERIALIZABLE',
      `${what} ${why}, which cannot be carried. Make it a plain field, or leave it out with @Exclude().`,
    );
  }
}

/** Finds the reader for a header and remembers it. */
export class Readers {
  readonly #readers = new Map<string, Reader>();
  /** The latest reader for a header of this length, modulo 64: comparing two strings costs less than hashing one. */
  readonly #latest = new Array<{ header: string; reader: Reader } | null>(64).fill(null);

  /** `codecOf` finds the class for a prefix or throws. */
  constructor(readonly codecOf: (prefix: string, source: Source) => ClassCodec) {}

  /** Call when another class has taken over a name. */
  forget(): void {
    this.#readers.clear();
    this.#latest.fill(null);
  }

  of(header: string, source: Source): Reader {
    const latest = this.#latest[header.length & 63] ?? null;
    if (latest !== null && latest.header === header) return latest.reader;
    const reader = this.#readers.get(header) ?? this.#compile(header, source);
    this.#latest[header.length & 63] = { header, reader };
    return reader;
  }

  #compile(header: string, source: Source): Reader {
    const parts = partsOfHeader(header);
    if (parts === null) throw malformed(`an object with the header '${header}', which names no fields`, source);
    const reader = this.codecOf(parts.prefix, source).readerOf(parts);
    if (this.#readers.size < READERS_MAX) this.#readers.set(header, reader);
    return reader;
  }
}

const READERS_MAX = 65_536;

/** The classes that a field declares: its instances may travel without a name of their own. */
export class Declared {
  static readonly #known = new WeakMap<object, Declared>();

  readonly readers = new Readers((prefix, source) => this.#named(prefix, source));
  readonly #codecs: readonly ClassCodec[];

  private constructor(readonly description: TypeDescription) {
    const subtypes = description.subtypes.map(({ name, type }) => new ClassCodec(type, subtypePrefix(name)));
    this.#codecs = [...subtypes, new ClassCodec(description.type, '')];
  }

  static of(description: TypeDescription): Declared {
    let declared = Declared.#known.get(description.identity);
    if (declared === undefined) {
      declared = new Declared(description);
      Declared.#known.set(description.identity, declared);
    }
    return declared;
  }

  /** The codec for exactly the class of this prototype: a subclass that is not declared is not carried as its base. */
  codecFor(prototype: object | null): ClassCodec | undefined {
    return this.#codecs.find((codec) => codec.prototype === prototype);
  }

  #named(prefix: string, source: Source): ClassCodec {
    const codec = this.#codecs.find((candidate) => candidate.prefix === prefix);
    if (codec !== undefined) return codec;
    throw new TreplicaError(
      'CLASS_NOT_REGISTERED',
      `A ${source} holds a ${prefix}, which the @Type(() => ${this.description.type.name}) does not list as a subtype: add it to the discriminator.`,
    );
  }
}

/** Rather than Object.create: the engine learns how many fields such objects come to have, and keeps them in the object. */
function constructorOf(prototype: object): new () => object {
  const Instance = function (): void {
    // The fields come later.
  };
  Instance.prototype = prototype;
  return Instance as unknown as new () => object;
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}
