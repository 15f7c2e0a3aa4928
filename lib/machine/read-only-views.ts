/**
 * Read-only views of a state, for development: objects that show another one, part by part, and throw when they are written
 * to. The state itself stays as it is, because operations change it. Views are made when a part is looked at, one for each
 * object, so that what is the same object in the state is the same object in the view.
 */
import { inspect, types } from 'node:util';

import { TreplicaError } from '../model/errors.js';
import { detach } from '../serialization/detach.js';
import { className, flawOf } from '../serialization/flaws.js';

const views = new WeakMap<object, object>();
const originals = new WeakMap<object, object>();

/**
 * The view of `value`; primitives and functions are their own. So is what a state cannot hold unless it is left out of
 * messages and checkpoints, such as a socket: built-in functions and private members would not work on a view of it.
 */
export function viewOf<T>(value: T): T {
  if (typeof value !== 'object' || value === null || originals.has(value)) return value;
  const known = views.get(value);
  const view = known === undefined ? newView(value) : refreshed(known, value);
  if (view !== known && view !== value) {
    views.set(value, view);
    originals.set(view, value);
  }
  return view as T;
}

/** The original of the view `shown`; `shown` itself if it is no view. */
export function originalOf(shown: object): object {
  return originals.get(shown) ?? shown;
}

/** `value` if it holds no views; otherwise a copy in which copies of the originals replace the views. */
export function withoutViews<T extends object>(value: T): T {
  return holdsView(value, new Set()) ? detach(value, originalOf) : value;
}

function holdsView(value: unknown, seen: Set<object>): boolean {
  if (typeof value !== 'object' || value === null || seen.has(value)) return false;
  if (originals.has(value)) return true;
  seen.add(value);
  const isLookedInto = seen.size === 1 || Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  return isLookedInto && Object.values(value).some((held) => holdsView(held, seen));
}

function newView(original: object): object {
  if (types.isMap(original)) return proxyOf({}, original, new MapView(original));
  if (types.isSet(original)) return proxyOf({}, original, new SetView(original));
  if (types.isDate(original)) return Object.setPrototypeOf(new Date(original.getTime()), READ_ONLY_DATE) as object;
  if (types.isUint8Array(original)) return copyOfBytes(original);
  if (Array.isArray(original)) return proxyOf([], original, new ObjectView(original));
  const prototype = Object.getPrototypeOf(original) as object | null;
  const isData = prototype === null || prototype === Object.prototype || flawOf(prototype) === null;
  return isData ? proxyOf({}, original, new ObjectView(original)) : original;
}

/** Built-in functions look behind the properties of dates and bytes: their views are copies, kept up to date. */
function refreshed(view: object, original: object): object {
  if (types.isDate(original)) Date.prototype.setTime.call(view, original.getTime());
  else if (types.isUint8Array(original)) {
    if ((view as Uint8Array).length !== original.length) return copyOfBytes(original);
    Uint8Array.prototype.set.call(view, original);
  }
  return view;
}

/** Not the original is behind the proxy: of what is frozen in it, a proxy would have to hand out the parts as they are. */
function proxyOf(shadow: object, original: object, handler: ProxyHandler<object>): object {
  const show = (_depth: number, options: object): string => inspect(original, options);
  Object.defineProperty(shadow, inspect.custom, { value: show, configurable: true });
  return new Proxy(shadow, handler);
}

class ObjectView<T extends object> implements ProxyHandler<object> {
  constructor(readonly original: T) {}

  /** `this` of getters, and of methods when they are called, is the view. */
  get(_shadow: object, key: PropertyKey, view: unknown): unknown {
    return viewOf(Reflect.get(this.original, key, view) as unknown);
  }

  has(_shadow: object, key: PropertyKey): boolean {
    return Reflect.has(this.original, key);
  }

  ownKeys(): (string | symbol)[] {
    return Reflect.ownKeys(this.original);
  }

  getPrototypeOf(): object | null {
    return Reflect.getPrototypeOf(this.original);
  }

  /** Nothing that the shadow lacks may be said to be fixed, and an array's length, which it has, has to be as it is there. */
  getOwnPropertyDescriptor(shadow: object, key: PropertyKey): PropertyDescriptor | undefined {
    const property: PropertyDescriptor | undefined = Reflect.getOwnPropertyDescriptor(this.original, key);
    if (property === undefined) return undefined;
    if ('value' in property) property.value = viewOf<unknown>(property.value);
    const ofShadow: PropertyDescriptor | undefined = Reflect.getOwnPropertyDescriptor(shadow, key);
    if (ofShadow?.configurable === false) return { ...ofShadow, value: property.value as unknown };
    return { ...property, configurable: true };
  }

  set(_shadow: object, key: PropertyKey): never {
    throw readOnly(this.original, key);
  }

  defineProperty(_shadow: object, key: PropertyKey): never {
    throw readOnly(this.original, key);
  }

  deleteProperty(_shadow: object, key: PropertyKey): never {
    throw readOnly(this.original, key);
  }

  setPrototypeOf(): never {
    throw readOnly(this.original, 'prototype');
  }

  preventExtensions(): never {
    throw readOnly(this.original, null);
  }
}

type Methods = Readonly<Record<PropertyKey, ((...args: never[]) => unknown) | undefined>>;

/** A view of a collection, whose methods work on the collection itself only. */
abstract class CollectionView<T extends object> extends ObjectView<T> {
  /** The methods that are called on the original, with their replacements. */
  protected abstract readonly methods: Methods;
  protected abstract copy(): T;
  protected abstract readonly size: number;

  override get(shadow: object, key: PropertyKey, view: unknown): unknown {
    if (key === 'size') return this.size;
    if (Object.hasOwn(this.methods, key)) return this.methods[key];
    const member: unknown = Reflect.get(this.original, key);
    if (typeof member !== 'function' || key === 'constructor') return super.get(shadow, key, view);
    if (COLLECTION_CHANGES.has(key)) return () => this.set(shadow, key);
    // Methods that later versions of the language add work on a copy that shows the same.
    return (...args: unknown[]) => Reflect.apply(member, this.copy(), args) as unknown;
  }
}

class MapView extends CollectionView<Map<unknown, unknown>> {
  protected readonly methods: Methods = {
    get: (key: unknown) => viewOf(this.original.get(plain(key))),
    has: (key: unknown) => this.original.has(plain(key)),
    keys: () => viewsOf(this.original.keys()),
    values: () => viewsOf(this.original.values()),
    entries: () => entryViewsOf(this.original),
    [Symbol.iterator]: () => entryViewsOf(this.original),
    forEach: (callback: (...args: unknown[]) => unknown, self?: unknown) => {
      for (const [key, value] of entryViewsOf(this.original))
        Reflect.apply(callback, self, [value, key, viewOf(this.original)]);
    },
  };

  protected get size(): number {
    return this.original.size;
  }

  protected copy(): Map<unknown, unknown> {
    return new Map(entryViewsOf(this.original));
  }
}

class SetView extends CollectionView<Set<unknown>> {
  protected readonly methods: Methods = {
    has: (element: unknown) => this.original.has(plain(element)),
    keys: () => viewsOf(this.original.values()),
    values: () => viewsOf(this.original.values()),
    entries: () => entryViewsOf(this.original.entries()),
    [Symbol.iterator]: () => viewsOf(this.original.values()),
    forEach: (callback: (...args: unknown[]) => unknown, self?: unknown) => {
      for (const element of viewsOf(this.original.values()))
        Reflect.apply(callback, self, [element, element, viewOf(this.original)]);
    },
  };

  protected get size(): number {
    return this.original.size;
  }

  protected copy(): Set<unknown> {
    return new Set(viewsOf(this.original.values()));
  }
}

const COLLECTION_CHANGES: ReadonlySet<PropertyKey> = new Set([
  'add',
  'clear',
  'delete',
  'getOrInsert',
  'getOrInsertComputed',
  'set',
]);

function plain(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? originalOf(value) : value;
}

function* viewsOf(values: Iterable<unknown>): Generator<unknown, undefined, undefined> {
  for (const value of values) yield viewOf(value);
}

function* entryViewsOf(
  entries: Iterable<readonly [unknown, unknown]>,
): Generator<[unknown, unknown], undefined, undefined> {
  for (const [key, value] of entries) yield [viewOf(key), viewOf(value)];
}

const READ_ONLY_DATE = readOnlyPrototype(Date.prototype, /^set/);
const BYTES_CHANGES = /^(?:copyWithin|fill|reverse|set|sort|swap.*|write.*)$/;
const READ_ONLY_BUFFER = readOnlyPrototype(Buffer.prototype as object, BYTES_CHANGES);
const READ_ONLY_BYTES = readOnlyPrototype(Uint8Array.prototype, BYTES_CHANGES);

/** A prototype like `prototype`, whose methods of these names throw. */
function readOnlyPrototype(prototype: object, changes: RegExp): object {
  const readOnlyOne = Object.create(prototype) as object;
  for (let at: object | null = prototype; at !== Object.prototype && at !== null; at = Reflect.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) {
      if (!changes.test(name) || Object.hasOwn(readOnlyOne, name)) continue;
      const refuse = (): never => {
        throw readOnly(prototype, name);
      };
      Object.defineProperty(readOnlyOne, name, { value: refuse, configurable: true });
    }
  }
  return readOnlyOne;
}

function copyOfBytes(original: Uint8Array): Uint8Array {
  const isBuffer = Buffer.isBuffer(original);
  const copy = isBuffer ? Buffer.from(original) : Uint8Array.from(original);
  return Object.setPrototypeOf(copy, isBuffer ? READ_ONLY_BUFFER : READ_ONLY_BYTES) as Uint8Array;
}

function readOnly(original: object, key: PropertyKey | null): TreplicaError {
  const name = className(original);
  const thing = key === null ? name : `${name}.${String(key)}`;
  return new TreplicaError(
    'STATE_READ_ONLY',
    `${thing} cannot be changed outside of an operation: the state would differ from that of other replicas. Execute an operation that changes it; or change a copy, such as the one that read resolves with.`,
  );
}
