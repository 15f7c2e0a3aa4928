/**
 * The kind of an object for the codecs, by its prototype: the one list of all that is carried otherwise than by fields.
 * Numbers, because the loops that ask do so for every object.
 */
export const ObjectKind = {
  /** Fields, of a registered class or of any other: also those of built-in classes that nothing carries. */
  instance: 0,
  /** A plain object of this realm. */
  object: 1,
  /** The same without a prototype. */
  bareObject: 2,
  array: 3,
  map: 4,
  set: 5,
  date: 6,
  buffer: 7,
  bytes: 8,
} as const;

export type ObjectKind = (typeof ObjectKind)[keyof typeof ObjectKind];

/** Kept here because `Buffer` is a getter of the global object. */
const BUFFER = Buffer.prototype as object;
const BYTES: object = Uint8Array.prototype;

/** The prototypes of another realm are other objects: ask for the kind of their twins (realms.ts). */
export function kindOf(prototype: object | null): ObjectKind {
  switch (prototype) {
    case Object.prototype:
      return ObjectKind.object;
    case Array.prototype:
      return ObjectKind.array;
    case Map.prototype:
      return ObjectKind.map;
    case Set.prototype:
      return ObjectKind.set;
    case null:
      return ObjectKind.bareObject;
    case Date.prototype:
      return ObjectKind.date;
    case BUFFER:
      return ObjectKind.buffer;
    case BYTES:
      return ObjectKind.bytes;
    default:
      return ObjectKind.instance;
  }
}
