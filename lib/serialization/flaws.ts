import { isNative, sourceOf } from './class-source.js';
import { isPlain } from './realms.js';

/** Any class, abstract or not. */
export type Class = abstract new (...args: never[]) => object;

const flaws = new WeakMap<object, string | null>();

/**
 * Why an object with this prototype cannot be made again from its fields; null where it can. JavaScript has no way to
 * ask an object for its private members, so the source text of its classes is searched for them.
 */
export function flawOf(prototype: object): string | null {
  const known = flaws.get(prototype);
  if (known !== undefined) return known;
  const flaw = findFlaw(prototype);
  flaws.set(prototype, flaw);
  return flaw;
}

function findFlaw(prototype: object): string | null {
  let hasClass = isPlain(prototype);
  for (const type of classesOf(prototype)) {
    hasClass = true;
    if (isNative(type)) return `${type.name} is built in, and what it holds is not in fields`;
    const { hidden } = sourceOf(type);
    if (hidden !== null)
      return `${type.name} ${hidden}, which nothing outside of the class can read: declare it with TypeScript's private instead, as a field`;
  }
  return hasClass ? null : 'its prototype belongs to no class';
}

/** The class that a prototype belongs to and those that it extends, the innermost first. */
export function* classesOf(prototype: object): Generator<Class> {
  for (let at: object | null = prototype; at !== null && !isPlain(at); at = prototypeOf(at)) {
    const type: unknown = Object.getOwnPropertyDescriptor(at, 'constructor')?.value;
    if (typeof type === 'function') yield type as Class;
  }
}

/** The name of the class that a prototype belongs to, for a message to a person. */
export function className(prototype: object): string {
  // Prototypes of iterators have a tag and no constructor of their own: what they inherit differs between versions of Node.
  const tag: unknown = Object.getOwnPropertyDescriptor(prototype, Symbol.toStringTag)?.value;
  if (typeof tag === 'string' && !Object.hasOwn(prototype, 'constructor')) return tag;
  const type = (prototype as { readonly constructor?: unknown }).constructor;
  if (typeof type === 'function' && (type !== Object || prototype === Object.prototype)) return type.name;
  return Object.prototype.toString.call(prototype).slice('[object '.length, -1);
}

export function prototypeOf(value: object): object | null {
  return Object.getPrototypeOf(value) as object | null;
}
