/**
 * Each global object (a `vm` context, a jest environment) has prototypes of its own: the same built-in classes, and yet
 * others. Objects that Node itself makes (`process.argv`, `structuredClone`) belong to the main one.
 */
const OWN: ReadonlyMap<string, object> = new Map<string, object>([
  ['Object', Object.prototype],
  ['Array', Array.prototype],
  ['Map', Map.prototype],
  ['Set', Set.prototype],
  ['Date', Date.prototype],
  ['Uint8Array', Uint8Array.prototype],
]);

const twins = new WeakMap<object, object | null>();

/**
 * The prototype that means here what `prototype` means in the realm that it comes from; null where there is none, or
 * where `prototype` belongs to this realm. An object that has it need not be what it says: that is for the caller to
 * find out.
 */
export function twinOf(prototype: object): object | null {
  let twin = twins.get(prototype);
  if (twin === undefined) twins.set(prototype, (twin = findTwin(prototype)));
  return twin;
}

/** Whether objects that are plain somewhere have this prototype. */
export function isPlain(prototype: object): boolean {
  return prototype === Object.prototype || twinOf(prototype) === Object.prototype;
}

function findTwin(prototype: object): object | null {
  const type: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  if (typeof type !== 'function' || type.prototype !== prototype) return null;
  const own = OWN.get(type.name);
  if (own === undefined || own === prototype) return null;
  return Function.prototype.toString.call(type) === `function ${type.name}() { [native code] }` ? own : null;
}
