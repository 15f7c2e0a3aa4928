/// <reference lib="es2024.string" />
/**
 * The format of a message: one MessagePack value. Booleans, numbers, bigints, strings, null and undefined are themselves.
 * Everything else is an array whose first element says what it is:
 *
 * - a number: one of the kinds below, and then its contents;
 * - `'name:field,field'`: an instance of the class registered as `name`, and then the values of those fields;
 * - `':field,field'`: an instance of the very class that the field which holds it declares with `@Type`;
 * - `'/subtype:field,field'`: one of the subtypes that the `@Type` of that field lists;
 * - a negative number: an instance with a header that came before, the first being -1, up to the 32nd.
 *
 * A field name with an exclamation mark in front, behind the others, has no value: the class makes such a field, and this
 * instance has it no more. A field that is not named at all did not exist in the class that wrote the message.
 *
 * Field names travel in every message although that costs bytes. TypeScript emits no list of a class's fields, and a
 * message outlives the program that wrote it: the replica that replays it may know a later version of the class.
 */
export const Kind = {
  array: 0,
  /** Length, then index and value of each element that is there. */
  sparseArray: 1,
  /** Keys and values in turn. */
  object: 2,
  /** The same, for an object without a prototype. */
  bareObject: 3,
  /** Keys and values in turn. */
  map: 4,
  set: 5,
  /** Milliseconds since 1970, NaN in an invalid date. */
  date: 6,
  buffer: 7,
  bytes: 8,
  /** UTF-16 code units: a string that UTF-8 cannot carry. */
  string: 9,
  negativeZero: 10,
  /** The place of an object that came before, counted in the order in which objects begin. The whole is object 0. */
  reference: 11,
  /** Then an object that takes no further properties; `sealed` and `frozen` ones are closed as JavaScript has it. */
  fixed: 12,
  sealed: 13,
  frozen: 14,
} as const;

/** How deep objects may be nested in a message. Every replica must be able to read what one replica could write. */
export const DEPTH_MAX = 500;

/** The largest number of headers that a message can refer to: their numbers take one byte. */
export const HEADERS_MAX = 32;

/** `absent` are the fields without a value. */
export function headerOf(prefix: string, wireNames: readonly string[], absent: readonly string[] = []): string {
  return `${prefix}:${[...wireNames.map(escapeName), ...absent.map((name) => ABSENT + escapeName(name))].join(',')}`;
}

export interface Header {
  readonly prefix: string;
  readonly wireNames: readonly string[];
  readonly absent: readonly string[];
}

/** The inverse of `headerOf`; null where `header` is none. */
export function partsOfHeader(header: string): Header | null {
  const colon = header.indexOf(':');
  if (colon < 0) return null;
  const list = header.slice(colon + 1);
  const names = list === '' ? [] : list.split(',');
  const isAbsent = (name: string): boolean => name.startsWith(ABSENT);
  return {
    prefix: header.slice(0, colon),
    wireNames: names.filter((name) => !isAbsent(name)).map(unescapeName),
    absent: names.filter(isAbsent).map((name) => unescapeName(name.slice(ABSENT.length))),
  };
}

const ABSENT = '!';

/** Whether the header leaves the class to the declaration of the field. */
export function isDeclaredHeader(header: string): boolean {
  return header.startsWith(':') || header.startsWith('/');
}

export function subtypePrefix(subtype: string): string {
  return `/${encodeURIComponent(subtype)}`;
}

const PREFIX_PATTERN = /^[^\s:/][^\s:]*$/;

/** Whether a class may travel under `name`. */
export function isWireName(name: unknown): name is string {
  return typeof name === 'string' && PREFIX_PATTERN.test(name);
}

function escapeName(name: string): string {
  return name === '' ? '%' : name.replaceAll('%', '%25').replaceAll(',', '%2C').replace(/^!/, '%21');
}

function unescapeName(name: string): string {
  return name === '%' ? '' : name.replace(/^%21/, ABSENT).replaceAll('%2C', ',').replaceAll('%25', '%');
}

/** Whether a string comes back from UTF-8 as it was: no lone surrogates, and no mark in front that decoders take away. */
export function survivesUtf8(text: string): boolean {
  return text.isWellFormed() && text.charCodeAt(0) !== BYTE_ORDER_MARK;
}

const BYTE_ORDER_MARK = 0xfeff;
