import type { TransformFnParams } from 'class-transformer';

import { TreplicaError } from '../model/errors.js';
import { isNative } from './class-source.js';
import { storage, TransformationType } from './class-transformer.js';
import type { Class } from './flaws.js';

/** A function given to `@Transform`. */
export type Transform = (params: TransformFnParams) => unknown;

/** The declarations of class-transformer's decorators for one field. */
export interface FieldDescription {
  readonly key: string;
  readonly wireName: string;
  /** Null where nothing is declared, or something that says itself what it is, such as a Date. */
  readonly type: TypeDescription | null;
  readonly toWire: readonly Transform[];
  readonly fromWire: readonly Transform[];
}

/** The metadata of `@Type`. */
export interface TypeDescription {
  /** The same object for the same declaration. */
  readonly identity: object;
  readonly type: Class;
  readonly subtypes: readonly { readonly name: string; readonly type: Class }[];
}

const { CLASS_TO_PLAIN: TO_WIRE, PLAIN_TO_CLASS: FROM_WIRE } = TransformationType;

/** The metadata of the field `key` from the decorators of `type` and of its ancestors; null if they exclude it. */
export function describeField(type: Class, key: string): FieldDescription | null {
  if (!travels(type, key, TO_WIRE) || !travels(type, key, FROM_WIRE)) return null;
  return {
    key,
    wireName: wireNameOf(type, key),
    type: describeType(type, key),
    toWire: transformsOf(type, key, TO_WIRE),
    fromWire: transformsOf(type, key, FROM_WIRE),
  };
}

/** The field that `@Expose({ name: wireName })` renames; `wireName` itself where there is none. */
export function keyOf(type: Class, wireName: string): string {
  const exposed = storage.getExposedMetadatas(type).find(({ options }) => optional(options)?.name === wireName);
  return exposed?.propertyName ?? wireName;
}

/** Pairs of a getter and a setter that `@Expose` makes a field of. Exposed methods and mere getters carry nothing back. */
export function exposedAccessors(type: Class): string[] {
  const keys = storage.getExposedMetadatas(type).map(({ propertyName }) => propertyName ?? '');
  return [...new Set(keys)].filter((key) => accessorOf(type.prototype as object, key)?.set !== undefined);
}

function accessorOf(prototype: object | null, key: string): PropertyDescriptor | undefined {
  if (prototype === null) return undefined;
  return (
    Object.getOwnPropertyDescriptor(prototype, key) ??
    accessorOf(Object.getPrototypeOf(prototype) as object | null, key)
  );
}

/** The rules of class-transformer's TransformOperationExecutor.getKeys, for no version and no groups. */
function travels(type: Class, key: string, direction: TransformationType): boolean {
  if (storage.getExcludedProperties(type, direction).includes(key)) return false;
  if (optional(storage.findExposeMetadata(type, key))?.options.groups?.length) return false;
  return storage.getStrategy(type) !== 'excludeAll' || storage.getExposedProperties(type, direction).includes(key);
}

function wireNameOf(type: Class, key: string): string {
  return optional(storage.findExposeMetadata(type, key))?.options.name ?? key;
}

function transformsOf(type: Class, key: string, direction: TransformationType): Transform[] {
  const found = storage.findTransformMetadatas(type, key, direction);
  return found.filter(({ options }) => !optional(options)?.groups?.length).map(({ transformFn }) => transformFn);
}

function describeType(type: Class, key: string): TypeDescription | null {
  const metadata = optional(storage.findTypeMetadata(type, key));
  if (metadata === undefined) return null;
  const declared: unknown = metadata.typeFunction(objectOutOfReach(type, key));
  if (typeof declared !== 'function') {
    throw notSerializable(
      type,
      key,
      'has a @Type that names no class',
      'A circular import may have left it undefined.',
    );
  }
  const subtypes = (optional(metadata.options.discriminator)?.subTypes ?? []).map(({ name, value }) => ({
    name,
    type: value as Class,
  }));
  if (subtypes.length > 0) return { identity: metadata, type: declared as Class, subtypes };
  return isOwnClass(declared) ? { identity: declared, type: declared as Class, subtypes } : null;
}

/** A type that depends on the object would have to be found anew for each object, on both sides alike. */
function objectOutOfReach(type: Class, key: string): { newObject: never; object: never; property: string } {
  const refuse = (): never => {
    throw notSerializable(
      type,
      key,
      'has a @Type that depends on the object',
      'List the classes with a discriminator, or register them with @serializable.',
    );
  };
  return {
    get newObject() {
      return refuse();
    },
    get object() {
      return refuse();
    },
    property: key,
  };
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- what `@Type` may name
function isOwnClass(declared: Function): boolean {
  return declared !== Buffer && !isNative(declared);
}

function notSerializable(type: Class, key: string, what: string, remedy: string): TreplicaError {
  return new TreplicaError('NOT_SERIALIZABLE', `${type.name}.${key} ${what}. ${remedy}`);
}

/** class-transformer's types promise more than its storage holds. */
function optional<T>(value: T): T | undefined {
  return value;
}
