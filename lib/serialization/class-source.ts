import { type AnyNode, type ClassExpression, type Expression, type FunctionExpression, parse } from 'acorn';

/** The properties of a class's instances that only its source text shows. */
export interface ClassSource {
  /** Something that no code outside of the class can read, as a predicate: 'has #secret'. Null if there is nothing. */
  readonly hidden: string | null;
  /** The own properties that its constructor or its initialisers may make, as far as they are spelt out. */
  readonly fields: readonly string[];
}

/** Names that compilers give to the functions that replace private members for targets without them. */
const HELPER =
  /^(?:__classPrivateField(?:Get|Set|In)|__private(?:Add|Get|Set|In|Method|Wrapper)|_+class_?private\w*|_assertClassBrand|_checkPrivateRedeclaration)$/i;

const sources = new WeakMap<object, ClassSource>();

/** `type` is a class or a function that is used as one. */
export function sourceOf(type: abstract new (...args: never[]) => unknown): ClassSource {
  let source = sources.get(type);
  if (source === undefined) sources.set(type, (source = examine(type)));
  return source;
}

/** Whether the text of the function is not JavaScript, because the engine has it built in. */
export function isNative(type: unknown): boolean {
  return typeof type === 'function' && Function.prototype.toString.call(type).endsWith('{ [native code] }');
}

function examine(type: abstract new (...args: never[]) => unknown): ClassSource {
  const text = Function.prototype.toString.call(type);
  const node = parsed(text);
  if (node === null) {
    // Newer syntax than the parser knows. A name after a number sign need not be a private member, but may be one.
    const hidden = /#[\p{ID_Start}$_\\]/u.test(text) ? 'may have private members, and its source cannot be read' : null;
    return { hidden, fields: [] };
  }
  const shape = node.type === 'ClassExpression' ? shapeOfClass(node) : shapeOfFunction(type, node);
  return { hidden: shape.secret ?? hiddenByCompiler(shape), fields: fieldsOf(shape) };
}

/** A class, taken apart. */
interface Parts {
  /** A private member that the source has as such. */
  readonly secret: string | null;
  /** Names of fields, where they are declared as such. */
  readonly declared: readonly string[];
  /** The code that runs when an instance is made. */
  readonly making: readonly AnyNode[];
  /** The code that runs later. */
  readonly using: readonly AnyNode[];
}

function parsed(text: string): ClassExpression | FunctionExpression | null {
  for (const sourceType of ['module', 'script'] as const) {
    try {
      const [statement] = parse(`(${text})`, {
        ecmaVersion: 'latest',
        sourceType,
        allowReserved: true,
        allowAwaitOutsideFunction: true,
        allowSuperOutsideMethod: true,
        // A class may use the private members of one that it stands in.
        checkPrivateFields: false,
      }).body;
      const expression = statement?.type === 'ExpressionStatement' ? statement.expression : undefined;
      if (expression?.type === 'ClassExpression' || expression?.type === 'FunctionExpression') return expression;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return null;
}

function shapeOfClass({ body }: ClassExpression): Parts {
  let secret: string | null = null;
  const declared: string[] = [];
  const making: AnyNode[] = [];
  const using: AnyNode[] = [];
  for (const member of body.body) {
    if (member.type === 'StaticBlock' || member.static) continue;
    if (member.key.type === 'PrivateIdentifier') secret ??= `has #${member.key.name}`;
    else if (member.type === 'PropertyDefinition') declared.push(...nameOf(member.key, member.computed));
    if (member.type === 'MethodDefinition') (member.kind === 'constructor' ? making : using).push(member.value);
    else if (member.value) making.push(member.value);
  }
  return { secret, declared, making, using };
}

/** Compiled for engines without classes: the methods are properties of the prototype. */
function shapeOfFunction(type: abstract new (...args: never[]) => unknown, node: FunctionExpression): Parts {
  const properties = Object.values(Object.getOwnPropertyDescriptors(type.prototype as object));
  const functions = properties.flatMap((property) => Object.values(property) as unknown[]);
  const methods = functions.filter((value) => typeof value === 'function' && value !== type && !isNative(value));
  const using = methods.map((method) => parsed(Function.prototype.toString.call(method)));
  return { secret: null, declared: [], making: [node], using: using.filter((method) => method !== null) };
}

/**
 * Compilers keep private members in a WeakMap or WeakSet that stands outside of the class. Where a minifier has left no
 * name, it shows in what the constructor does with it: `map.set(this, …)`, or `init(this, map, …)` and `get(this, map)`
 * elsewhere.
 */
function hiddenByCompiler({ making, using }: Parts): string | null {
  const nodes = [...making, ...using].flatMap((node) => [...everything(node)]);
  if (nodes.some((node) => node.type === 'Identifier' && HELPER.test(node.name))) return 'has a private member';
  const bound = new Set(nodes.flatMap((node) => [...boundBy(node)]));
  const isFree = (node: AnyNode | undefined): node is Expression & { name: string } =>
    node?.type === 'Identifier' && !bound.has(node.name) && node.name !== 'undefined';
  const calls = making.flatMap((node) => [...whatRuns(node)]).filter((node) => node.type === 'CallExpression');
  for (const {
    callee,
    arguments: [first, second],
  } of calls) {
    if (first?.type !== 'ThisExpression') continue;
    if (callee.type === 'MemberExpression' && isFree(callee.object) && isOneOf(callee.property, ['set', 'add']))
      return `keeps something of its instances in ${callee.object.name}`;
    const helper = helperName(callee, isFree);
    if (helper === null || !isFree(second)) continue;
    const store = second.name;
    const isElsewhere = using
      .flatMap((node) => [...everything(node)])
      .filter((node) => node.type === 'CallExpression')
      .filter((call) => call.arguments.some((argument) => argument.type === 'Identifier' && argument.name === store))
      .map((call) => helperName(call.callee, isFree))
      .some((name) => name !== null && name !== helper);
    if (isElsewhere) return `keeps something of its instances in ${store}`;
  }
  return null;
}

/** A function from outside of the class, called as such: `helper(…)` or `(0, module.helper)(…)`. */
function helperName(callee: AnyNode, isFree: (node: AnyNode) => boolean): string | null {
  if (callee.type === 'Identifier') return isFree(callee) ? callee.name : null;
  const last = callee.type === 'SequenceExpression' ? callee.expressions.at(-1) : undefined;
  if (last?.type === 'Identifier') return helperName(last, isFree);
  if (last?.type !== 'MemberExpression' || last.object.type !== 'Identifier' || last.property.type !== 'Identifier')
    return null;
  return isFree(last.object) ? `${last.object.name}.${last.property.name}` : null;
}

function isOneOf(node: AnyNode, names: readonly string[]): boolean {
  return node.type === 'Identifier' && names.includes(node.name);
}

/** Names that `node` gives a meaning inside of the class. */
function* boundBy(node: AnyNode): Generator<string> {
  if (node.type === 'VariableDeclarator') yield* identifiersIn(node.id);
  else if (node.type === 'CatchClause' && node.param) yield* identifiersIn(node.param);
  else if (
    node.type === 'FunctionExpression' ||
    node.type === 'FunctionDeclaration' ||
    node.type === 'ArrowFunctionExpression'
  ) {
    for (const parameter of node.params) yield* identifiersIn(parameter);
    if (node.id) yield node.id.name;
  } else if ((node.type === 'ClassExpression' || node.type === 'ClassDeclaration') && node.id) yield node.id.name;
}

function* identifiersIn(node: AnyNode): Generator<string> {
  for (const part of everything(node)) if (part.type === 'Identifier') yield part.name;
}

function fieldsOf({ declared, making }: Parts): string[] {
  const nodes = making.flatMap((node) => [...whatRuns(node)]);
  const aliases = new Set<string>();
  for (const node of nodes)
    if (node.type === 'VariableDeclarator' && node.id.type === 'Identifier' && node.init && mentionsThis(node.init))
      aliases.add(node.id.name);
  const isThis = (node: AnyNode | undefined): boolean =>
    node?.type === 'ThisExpression' || (node?.type === 'Identifier' && aliases.has(node.name));
  const assigned = nodes.flatMap((node) => {
    if (node.type === 'AssignmentExpression' && node.left.type === 'MemberExpression' && isThis(node.left.object))
      return nameOf(node.left.property, node.left.computed);
    // As `Object.defineProperty(this, 'field', …)`, and what compilers call it.
    if (node.type === 'CallExpression' && isThis(node.arguments[0]) && node.arguments[1]?.type === 'Literal')
      return nameOf(node.arguments[1], true);
    return [];
  });
  return [...new Set([...declared, ...assigned])];
}

function nameOf(key: AnyNode, isComputed: boolean): string[] {
  if (key.type === 'Identifier' && !isComputed) return [key.name];
  return key.type === 'Literal' && typeof key.value === 'string' ? [key.value] : [];
}

function mentionsThis(node: AnyNode): boolean {
  return [...whatRuns(node)].some(({ type }) => type === 'ThisExpression');
}

/** The node and all that is in it. */
function everything(node: AnyNode): Generator<AnyNode> {
  return walk(node, () => true);
}

/** The same without the functions and classes in it, which run at another time or make something else. */
function whatRuns(node: AnyNode): Generator<AnyNode> {
  return walk(node, (inner) => !/Function|^Class/.test(inner.type));
}

function* walk(node: AnyNode, enters: (inner: AnyNode) => boolean): Generator<AnyNode> {
  yield node;
  for (const part of Object.values(node) as unknown[])
    for (const inner of Array.isArray(part) ? (part as unknown[]) : [part])
      if (isNode(inner) && enters(inner)) yield* walk(inner, enters);
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && typeof (value as { readonly type?: unknown }).type === 'string';
}
