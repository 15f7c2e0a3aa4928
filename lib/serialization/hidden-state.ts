/**
 * The data that an instance has beside its properties, as the engine's inspector tells it: the source of a class need
 * not show it, where a function stands in the place of its constructor, or where a method puts the data into a WeakMap.
 * In development only, and once for a class, because it takes some milliseconds.
 */
import type * as Inspector from 'node:inspector';
import type { Runtime, Session } from 'node:inspector';

import { assert } from '../model/assert.js';
import { isNative } from './class-source.js';
import { classesOf, className, prototypeOf } from './flaws.js';
import { isPlain } from './realms.js';
import { Refusal } from './refusal.js';

/** Where the inspector's code finds what it is asked about: it sees the main global object, and this may be another realm. */
const DESK = Symbol.for('treplica.hidden-state');
const EXPRESSION = `process.getBuiltinModule('node:inspector')[Symbol.for('treplica.hidden-state')]`;

/** Whether a WeakMap or WeakSet, which `this` is, has something for the original that it has not for the copy. */
const KNOWS_ONE = 'function (desk) { return this.has(desk.original) && !this.has(desk.copy); }';

type Callable = (...args: never[]) => unknown;

interface Desk {
  readonly original: object;
  readonly copy: object;
  readonly functions: readonly Callable[];
}

/** Prototypes of classes whose instances have nothing beside their properties, as the first one showed. */
const bare = new WeakSet<object>();

/**
 * Throws NOT_SERIALIZABLE where `original` has what `copy`, made of its fields, cannot have. Only the first instance of a class
 * is looked at, and none where Node has no inspector or does not allow its use.
 */
export function refuseHidden(original: object, copy: object): void {
  const prototype = prototypeOf(original);
  if (prototype === null || isPlain(prototype) || bare.has(prototype)) return;
  const hidden = hiddenStateOf(original, copy);
  if (hidden !== null) {
    throw new Refusal(
      'NOT_SERIALIZABLE',
      `holds an instance of ${className(prototype)}, which cannot be carried: it ${hidden}, which nothing outside of the class can read`,
      'Hold that in a field; what can be computed again, in one with @Exclude().',
    );
  }
  bare.add(prototype);
}

/** A predicate: 'has #secret'. Null where there is nothing. */
function hiddenStateOf(original: object, copy: object): string | null {
  const inspector = inspectorOfNode();
  if (inspector === null) return null;
  const session = new inspector.Session();
  const shelf = inspector as unknown as Record<symbol, Desk | undefined>;
  session.connect();
  try {
    const functions = functionsOf(original);
    shelf[DESK] = { original, copy, functions };
    return privateMemberIn(session) ?? storeIn(session, functions);
  } finally {
    shelf[DESK] = undefined;
    session.disconnect();
  }
}

function inspectorOfNode(): typeof Inspector | null {
  // The types know nothing of a Node that was built without, and nothing of one that was started without --permission.
  const { permission } = process as { readonly permission?: unknown };
  const inspector = process.getBuiltinModule('node:inspector') as typeof Inspector | undefined;
  return permission === undefined ? (inspector ?? null) : null;
}

/** The constructors and methods of the classes of `instance`. */
function functionsOf(instance: object): Callable[] {
  const found = [...classesOf(Object.getPrototypeOf(instance) as object)].flatMap((type): unknown[] => {
    const members = Object.values(Object.getOwnPropertyDescriptors(type.prototype as object));
    return [type, ...members.flatMap((member) => Object.values(member) as unknown[])];
  });
  return [...new Set(found)].filter((value): value is Callable => typeof value === 'function' && !isNative(value));
}

function privateMemberIn(session: Session): string | null {
  const { privateProperties } = propertiesOf(session, evaluate(session, '.original'));
  const first = privateProperties?.[0];
  return first === undefined ? null : `has ${first.name}`;
}

/** The variables that the functions name and that stand outside of them. */
function storeIn(session: Session, functions: readonly Callable[]): string | null {
  for (const [i, member] of functions.entries()) {
    const source = Function.prototype.toString.call(member);
    for (const { name, value } of variablesAround(session, evaluate(session, `.functions[${i}]`))) {
      if (value?.subtype !== 'weakmap' && value?.subtype !== 'weakset') continue;
      if (isNamedIn(source, name) && knowsTheOriginal(session, value))
        return `keeps something of its instances in ${name}`;
    }
  }
  return null;
}

function variablesAround(session: Session, member: Runtime.RemoteObject): Runtime.PropertyDescriptor[] {
  const internal = propertiesOf(session, member).internalProperties?.find(({ name }) => name === '[[Scopes]]');
  const scopes = internal?.value === undefined ? [] : propertiesOf(session, internal.value).result;
  return scopes
    .flatMap(({ value }) => (value?.objectId === undefined || value.description === 'Global' ? [] : [value]))
    .flatMap((scope) => propertiesOf(session, scope).result);
}

function knowsTheOriginal(session: Session, { objectId }: Runtime.RemoteObject): boolean {
  const desk = evaluate(session, '');
  const { result } = ask(session, 'Runtime.callFunctionOn', {
    functionDeclaration: KNOWS_ONE,
    objectId,
    arguments: [{ objectId: desk.objectId }],
  }) as Runtime.CallFunctionOnReturnType;
  return result.value === true;
}

function isNamedIn(source: string, name: string): boolean {
  return source.split(/[^\p{ID_Continue}$\u200c\u200d]+/u).includes(name);
}

function evaluate(session: Session, path: string): Runtime.RemoteObject {
  const answer = ask(session, 'Runtime.evaluate', { expression: EXPRESSION + path }) as Runtime.EvaluateReturnType;
  return answer.result;
}

interface Properties extends Runtime.GetPropertiesReturnType {
  /** The engine tells them, and Node's types of version 20 do not. */
  readonly privateProperties?: readonly { readonly name: string }[];
}

function propertiesOf(session: Session, { objectId }: Runtime.RemoteObject): Properties {
  return ask(session, 'Runtime.getProperties', { objectId, ownProperties: true }) as Properties;
}

/** The inspector of this thread has answered when `post` returns. */
function ask(session: Session, method: string, parameters: object): object {
  const answers: { readonly error: Error | null; readonly result: object | undefined }[] = [];
  session.post(method, parameters, (error, result?: object) => answers.push({ error, result }));
  const result = answers[0]?.result;
  assert(result !== undefined, 'the inspector answers', { method, error: answers[0]?.error });
  return result;
}
