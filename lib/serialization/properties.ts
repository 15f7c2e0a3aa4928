import { className } from './flaws.js';
import { refuseProperties } from './refusal.js';

/** Makes `key` an own property of `object`, also where the prototype has a setter of that name: `__proto__` is one. */
export function put(object: object, key: string, value: unknown): void {
  if (key in object)
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  else (object as Record<string, unknown>)[key] = value;
}

/** The same Map, Set or Date. Throws if properties have been added to it. */
export function bare(value: object): object {
  if (Reflect.ownKeys(value).length > 0) throw refuseProperties(`a ${className(value)}`, 'properties of its own');
  return value;
}

export function refuseSymbols(value: object, what: string): void {
  if (Object.getOwnPropertySymbols(value).length > 0) throw refuseProperties(what, 'a property whose name is a symbol');
}
