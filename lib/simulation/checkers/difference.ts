import { inspect, isDeepStrictEqual, types } from 'node:util';

/**
 * Where two states differ first, in words; null where they do not. Maps and sets are compared in their order, because
 * whoever iterates them depends on it; the order of properties does not count.
 */
export function difference(one: unknown, other: unknown, path = 'state'): string | null {
  if (Object.is(one, other)) return null;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
    return unequal(path, one, other);
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return unequal(path, one, other);
  // Not by instanceof: under a test runner, a deserialized value may be made of another realm's classes.
  if (types.isMap(one) && types.isMap(other)) return differenceOfLists([...one], [...other], `${path} (entry `, ')');
  if (types.isSet(one) && types.isSet(other)) return differenceOfLists([...one], [...other], `${path} (element `, ')');
  if (Array.isArray(one) && Array.isArray(other)) return differenceOfLists(one, other, `${path}[`, ']');
  if (Object.prototype.toString.call(one) === '[object Object]')
    return differenceOfFields(one as Fields, other as Fields, path);
  return isDeepStrictEqual(one, other) ? null : unequal(path, one, other);
}

type Fields = Readonly<Record<string, unknown>>;

function differenceOfLists(
  one: readonly unknown[],
  other: readonly unknown[],
  before: string,
  behind: string,
): string | null {
  for (let i = 0; i < Math.max(one.length, other.length); i += 1) {
    const found = difference(one[i], other[i], `${before}${i}${behind}`);
    if (found !== null) return found;
  }
  return null;
}

function differenceOfFields(one: Fields, other: Fields, path: string): string | null {
  for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const found = difference(one[key], other[key], `${path}.${key}`);
    if (found !== null) return found;
  }
  return null;
}

function unequal(path: string, one: unknown, other: unknown): string {
  const shown = (value: unknown): string => inspect(value, { depth: 1, breakLength: Infinity });
  return `${path} is ${shown(one)} and ${shown(other)}`;
}
