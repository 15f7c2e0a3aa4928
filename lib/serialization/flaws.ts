/** Any class, abstract or not. */
export type Class = abstract new (...args: never[]) => object;

const COMMENT_OR_STRING = /\/\*[^]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[^]|[^`\\])*`/gu;
const PRIVATE_MEMBER = /(?:[{};\n*]|\b(?:get|set|async)\s)\s*(#[\p{ID_Start}$_][\p{ID_Continue}$]*)/u;
/** What compilers turn private members into where the target has none. */
const DOWNLEVELED_PRIVATE = /\b(?:__classPrivateField(?:Get|Set)|__private(?:Add|Get|Set)|_class_private_\w+)\b/u;

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
  let hasClass = prototype === Object.prototype;
  for (let at: object | null = prototype; at !== null && at !== Object.prototype; at = prototypeOf(at)) {
    const type: unknown = Object.getOwnPropertyDescriptor(at, 'constructor')?.value;
    if (typeof type !== 'function') continue;
    hasClass = true;
    const source = Function.prototype.toString.call(type);
    if (source.endsWith('{ [native code] }')) return `${type.name} is built in, and what it holds is not in fields`;
    const code = source.replace(COMMENT_OR_STRING, ' ');
    const member = PRIVATE_MEMBER.exec(code)?.[1] ?? (DOWNLEVELED_PRIVATE.test(code) ? 'a private member' : null);
    if (member !== null)
      return `${type.name} has ${member}, which nothing outside of the class can read: declare it with TypeScript's private instead`;
  }
  return hasClass ? null : 'its prototype belongs to no class';
}

/** The name of the class that a prototype belongs to, for a message to a person. */
export function className(prototype: object): string {
  const type = (prototype as { readonly constructor?: unknown }).constructor;
  if (typeof type === 'function' && (type !== Object || prototype === Object.prototype)) return type.name;
  return Object.prototype.toString.call(prototype).slice('[object '.length, -1);
}

export function prototypeOf(value: object): object | null {
  return Object.getPrototypeOf(value) as object | null;
}
