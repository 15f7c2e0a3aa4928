import { prototypeOf } from './flaws.js';
import { kindOf, ObjectKind } from './kinds.js';

/** The number of fields that are looked at: more of them would tell few more objects apart. */
const FIELDS_MAX = 3;
const UNITS_MAX = 6;
const OFFSET_BASIS = 0x811c9dc5;

/**
 * 32 bits that are the same for one object as long as it does not change, and mostly others for others: JavaScript tells
 * nobody an object's identity as a number. Looks at little of it, and at no more where it is large.
 */
export function fingerprint(object: object): number {
  const hash = contentsOrNothing(object);
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return mixed ^ (mixed >>> 13);
}

/** An object that cannot be looked at is refused when it is written, with its place. */
function contentsOrNothing(object: object): number {
  try {
    return contents(object, true);
  } catch {
    return 0;
  }
}

function contents(object: object, looksDeeper: boolean): number {
  switch (kindOf(prototypeOf(object))) {
    case ObjectKind.array:
      return ofElements(object as readonly unknown[], looksDeeper);
    case ObjectKind.map: {
      const [entry] = object as ReadonlyMap<unknown, unknown>;
      const { size } = object as ReadonlyMap<unknown, unknown>;
      return entry === undefined ? 1 : mix(mix(size, entry[0], looksDeeper), entry[1], looksDeeper);
    }
    case ObjectKind.set: {
      const [member] = object as ReadonlySet<unknown>;
      return mix((object as ReadonlySet<unknown>).size, member, looksDeeper);
    }
    case ObjectKind.date:
      return ofNumber((object as Date).getTime());
    case ObjectKind.buffer:
    case ObjectKind.bytes:
      return ofBytes(object as Uint8Array);
    default:
      return ofFields(object as Readonly<Record<string, unknown>>, looksDeeper);
  }
}

function ofElements(elements: readonly unknown[], looksDeeper: boolean): number {
  const { length } = elements;
  if (length === 0) return 0;
  // By index, because starting an iteration takes longer than all the rest.
  const hash = mix(length, elements[0], looksDeeper);
  return length === 1 ? hash : mix(hash, elements[length - 1], looksDeeper);
}

function ofFields(object: Readonly<Record<string, unknown>>, looksDeeper: boolean): number {
  let hash = OFFSET_BASIS;
  let looked = 0;
  for (const key in object) {
    hash = mix(hash, object[key], looksDeeper && looked === 0);
    if ((looked += 1) === FIELDS_MAX) break;
  }
  return hash;
}

function mix(hash: number, value: unknown, looksDeeper: boolean): number {
  return Math.imul(hash ^ ofValue(value, looksDeeper), 0x01000193);
}

function ofValue(value: unknown, looksDeeper: boolean): number {
  switch (typeof value) {
    case 'number':
      return ofNumber(value);
    case 'string':
      return ofString(value);
    case 'bigint':
      return Number(BigInt.asIntN(32, value));
    case 'object':
      return value === null ? 2 : looksDeeper ? contents(value, false) : 3;
    default:
      return value === true ? 4 : 5;
  }
}

function ofNumber(value: number): number {
  const integer = value | 0;
  return integer === value
    ? Math.imul(integer, 0x9e3779b1)
    : (((value - integer) * 0x40000000) | 0) ^ Math.imul(value / 0x10000, 0x9e3779b1) ^ integer;
}

/** The end of a text, because many texts share their beginning. */
function ofString(value: string): number {
  const { length } = value;
  let hash = length;
  for (let i = Math.max(0, length - UNITS_MAX); i < length; i += 1)
    hash = Math.imul(hash ^ value.charCodeAt(i), 0x01000193);
  return hash;
}

function ofBytes(bytes: Uint8Array): number {
  let hash = bytes.length;
  for (let i = Math.max(0, bytes.length - UNITS_MAX); i < bytes.length; i += 1)
    hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  return hash;
}
