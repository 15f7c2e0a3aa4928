import { announce } from '../model/copies.js';
import { TreplicaError } from '../model/errors.js';
import { ClassCodec, Readers } from './class-codec.js';
import { type Class, flawOf } from './flaws.js';
import { isWireName } from './message-format.js';
import { differenceOf } from './reloaded.js';

/**
 * The classes that have a name on the wire, for the whole process: a decorator runs once, when the module that holds
 * the class is loaded, and knows of no queue.
 */
const byName = new Map<string, ClassCodec>();
const byPrototype = new Map<object | null, ClassCodec>();

announce((prototype) => byPrototype.get(prototype)?.prefix);

/** Finds the reader for a header that begins with a registered name. */
export const registeredReaders = new Readers((name, source) => {
  const codec = byName.get(name);
  if (codec !== undefined) return codec;
  throw new TreplicaError(
    'CLASS_NOT_REGISTERED',
    `A ${source} holds an instance of '${name}', and no class is registered under that name: import the module that declares it with @operation('${name}') or @serializable('${name}') before the queue is bound. An instance in the log or in a checkpoint keeps its class name.`,
  );
});

export function codecFor(prototype: object | null): ClassCodec | undefined {
  return byPrototype.get(prototype);
}

/**
 * Compiles `type` and makes it known as `name`, also where a class of the same name and shape was known as that before.
 * Throws NOT_SERIALIZABLE if its instances cannot be carried, and CLASS_REGISTERED_TWICE if the name belongs to another
 * class or the class has another name.
 */
export function register(type: Class, name: string): void {
  if (!isWireName(name)) {
    throw new TreplicaError(
      'INVALID_OPTION',
      `${type.name} cannot be registered as '${String(name)}': a name has at least one character, no white space and no colon, and does not begin with a slash.`,
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
  const namesake = byName.get(name);
  if (namesake !== undefined) refuseAnother(name, namesake.type, type);
  const flaw = flawOf(type.prototype as object);
  if (flaw !== null)
    throw new TreplicaError('NOT_SERIALIZABLE', `Instances of ${type.name} cannot be carried: ${flaw}.`);
  const codec = new ClassCodec(type, name);
  byName.set(name, codec);
  byPrototype.set(codec.prototype, codec);
  if (namesake !== undefined) registeredReaders.forget();
}

/**
 * A module that is evaluated again, for example by hot reload, declares its classes again: the later class gets the name, and
 * instances of the earlier one are still carried under it. Throws CLASS_REGISTERED_TWICE for any other class.
 */
function refuseAnother(name: string, earlier: Class, later: Class): void {
  if (earlier.name !== later.name) {
    throw new TreplicaError(
      'CLASS_REGISTERED_TWICE',
      `'${name}' is registered for ${earlier.name} and again for ${later.name}: give one of them another name.`,
    );
  }
  const difference = differenceOf(earlier, later);
  if (difference === null) return;
  throw new TreplicaError(
    'CLASS_REGISTERED_TWICE',
    `'${name}' is registered for ${earlier.name} and again for another class of that name, ${difference}: give one of them another name. If the module has been loaded again with changes (hot reload), start the process again: the objects in memory have the earlier shape.`,
  );
}

/** Names with this prefix are those of Treplica's own classes, which it registers itself. */
const RESERVED = 'treplica.';

/** Throws INVALID_OPTION where `@decorator` stands on a class as it is, without a name, and for a name that is reserved. */
export function checkNamed(decorator: string, name: unknown): void {
  if (typeof name === 'string' && name.startsWith(RESERVED)) {
    throw new TreplicaError(
      'INVALID_OPTION',
      `@${decorator}('${name}') is refused: names that begin with '${RESERVED}' are those of Treplica's own classes. Give the class another name.`,
    );
  }
  if (typeof name !== 'function') return;
  throw new TreplicaError(
    'INVALID_OPTION',
    `@${decorator} stands on ${name.name} without a name: write @${decorator}('a.name.for.the.wire').`,
  );
}

/** Throws INVALID_OPTION where `@decorator` stands on a method or a field. */
export function checkClass(decorator: string, name: string, type: unknown): void {
  if (typeof type === 'function') return;
  throw new TreplicaError(
    'INVALID_OPTION',
    `@${decorator}('${name}') decorates something that is no class: put it in front of the class.`,
  );
}

/**
 * Gives a class a name on the wire, so that its instances may occur anywhere in operations: in fields without `@Type`, as
 * subclasses, in collections of mixed things. Each replica makes an instance from its fields: neither the constructor nor field
 * initialisers run, but `@Transform` functions do, and must do the same everywhere. Only if an instance was written before its
 * class gained a field, another instance is made, without arguments, for that field's initial value.
 *
 * ```ts
 * @serializable('auction.item')
 * class Item { constructor(readonly title: string, readonly photos: Set<string>) {} }
 * ```
 *
 * Throws NOT_SERIALIZABLE, CLASS_REGISTERED_TWICE, and INVALID_OPTION for an invalid name.
 */
export function serializable(name: string): (type: abstract new (...args: never[]) => object) => void {
  checkNamed('serializable', name);
  return (type) => {
    checkClass('serializable', name, type);
    register(type, name);
  };
}
