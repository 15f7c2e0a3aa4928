/**
 * Whether two values are the same in everything that a program can see: primitives by Object.is, classes, own properties
 * and their order, the order of collections, holes, and which objects are one and the same.
 */
export function sameValue(a: unknown, b: unknown, partners = new Map<object, object>()): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b);
  const partner = partners.get(a);
  if (partner !== undefined) return partner === b;
  if (a === b || [...partners.values()].includes(b)) return false;
  partners.set(a, b);
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;

  const sameLists = (x: Iterable<unknown>, y: Iterable<unknown>): boolean => {
    const [xs, ys] = [[...x], [...y]];
    return xs.length === ys.length && xs.every((element, i) => sameValue(element, ys[i], partners));
  };
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime());
  if (a instanceof Map || a instanceof Set) {
    return sameLists(a.keys(), (b as typeof a).keys()) && sameLists(a.values(), (b as typeof a).values());
  }
  if (a instanceof Uint8Array) return Buffer.compare(a, b as Uint8Array) === 0;
  const keys = Reflect.ownKeys(a);
  const values = (of: object): unknown[] => keys.map((key): unknown => Reflect.get(of, key));
  return sameLists(keys, Reflect.ownKeys(b)) && sameLists(values(a), values(b));
}
