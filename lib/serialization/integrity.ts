/** The changes that an object still allows: a decoded object allows the same. The numbers are part of both formats. */
export const EXTENSIBLE = 0;
const FIXED = 1;
const SEALED = 2;
const FROZEN = 3;

export function integrityOf(object: object): number {
  if (Object.isExtensible(object)) return EXTENSIBLE;
  // Bytes are called sealed by every engine, and newer ones refuse to seal them.
  if (ArrayBuffer.isView(object) && object.byteLength > 0) return FIXED;
  if (Object.isFrozen(object)) return FROZEN;
  return Object.isSealed(object) ? SEALED : FIXED;
}

/** Closes an object that has all its contents. */
export function close<T extends object>(object: T, integrity: number): T {
  if (integrity === FIXED) return Object.preventExtensions(object);
  if (integrity === SEALED) return Object.seal(object);
  return integrity === FROZEN ? Object.freeze(object) : object;
}

/** Whether `property` is what all properties of an object of that integrity are, which has not been defined otherwise. */
export function isOrdinary(property: PropertyDescriptor | undefined, integrity: number): boolean {
  return (
    property !== undefined &&
    'value' in property &&
    property.enumerable === true &&
    property.writable === integrity < FROZEN &&
    property.configurable === integrity < SEALED
  );
}
