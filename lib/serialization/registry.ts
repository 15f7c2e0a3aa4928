import { TreplicaError } from '../model/errors.js';
import { ClassCodec, Readers } from './class-codec.js';
import { flawOf, type Class } from './flaws.js';
import { isWireName } from './wire.js';

/**
 * The classes that have a name on the wire, for the whole process: a decorator runs once, when the module that holds
 * the class is loaded, and knows of no queue.
 */
const byName = new Map<string, ClassCodec>();
const byPrototype = new Map<object | null, ClassCodec>();

/** Finds the reader for a header that begins with a registered name. */
export const registeredReaders = new Readers((name, source) => {
  const codec = byName.get(name);
  if (codec !== undefined) return codec;
  throw new TreplicaError(
    'CLASS_NOT_REGISTERED',
    `A ${source} holds an instance of '${name}', and no class is registered under that name: import the module that declares it with @operation('${name}') or @serializable('${name}') before the queue is bound. What is in the log or in a checkpoint keeps its name.`,
  );
});

export function codecFor(prototype: object | null): ClassCodec | undefined {
  return byPrototype.get(prototype);
}

/**
 * Compiles `type` and makes it known as `name`. Throws NOT_SERIALIZABLE if its instances cannot be carried, and
 * CLASS_REGISTERED_TWICE if the name belongs to another class or the class has another name.
 */
export function register(type: Class, name: string): void {
  if (!isWireName(name)) {
    throw new TreplicaError(
      'INVALID_OPTION',
      `${type.name} cannot be registered as '${String(name)}': a name has at least one character, no white space and no colon, and does not begin with a slash.`,
    );
  }
  const namesake = byName.get(name);
  if (namesake !== undefined && namesake.type !== type) {
    throw new TreplicaError(
      'CLASS_REGISTERED_TWICE',
      `'${name}' is registered for ${namesake.type.name} and again for ${type.name}: give one of them another name.`,
    );
  }
  const known = byPrototype.get(type.prototype as object);
  if (known !== undefined && known.prefix !== name) {
    throw new TreplicaError(
      'CLASS_REGISTERED_TWICE',
      `${type.name} is registered as '${known.prefix}' and again as '${name}': keep one name.`,
    );
  }
  if (known !== undefined) return;
  const flaw = flawOf(type.prototype as object);
  if (flaw !== null)
    throw new TreplicaError('NOT_SERIALIZABLE', `Instances of ${type.name} cannot be carried: ${flaw}.`);
  const codec = new ClassCodec(type, name);
  byName.set(name, codec);
  byPrototype.set(codec.prototype, codec);
}

/**
 * Gives a class a name on the wire, so that its instances may occur anywhere in operations: in fields without `@Type`,
 * as subclasses, in collections of mixed things. At each replica an instance is made again from its fields: neither the
 * constructor nor field initialisers run, but `@Transform` functions do, and have to do the same everywhere.
 *
 * ```ts
 * @serializable('auction.item')
 * class Item { constructor(readonly title: string, readonly photos: Set<string>) {} }
 * ```
 *
 * Throws NOT_SERIALIZABLE, CLASS_REGISTERED_TWICE, and INVALID_OPTION for a name that cannot be one.
 */
export function serializable(name: string): (type: Class) => void {
  return (type) => {
    register(type, name);
  };
}
