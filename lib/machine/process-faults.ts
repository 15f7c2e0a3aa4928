import { types } from 'node:util';

import { InvariantViolation } from '../model/errors.js';
import { isNative } from '../serialization/class-source.js';

/**
 * The messages of a JavaScript engine that has reached a limit of its own, and not one of the language. Whether it reaches the
 * limit depends on the code that it has compiled so far, on the memory of the process, on its version, or, with Map and Set, on
 * what was deleted from them since they were made. "Invalid array length" is not one of them: the language says where it is
 * thrown.
 */
const LIMITS: readonly RegExp[] = [
  /^Maximum call stack size exceeded/,
  /^Array buffer allocation failed/,
  /^Invalid string length$/,
  /^Maximum BigInt size exceeded/,
  /^(?:Map|Set) maximum size exceeded/,
  /[Oo]ut of memory/,
  /could not allocate memory$/,
  /^WebAssembly\.Memory\.grow\(\): /,
  /^Invalid regular expression: .*: (?:Regular expression too large|Stack overflow|Too many captures)$/s,
  /^requested new array is too large$/,
];

/** The classes of these errors. An application's own error may have any message, and is mostly a plain Error. */
const CLASSES: ReadonlySet<string> = new Set([
  'RangeError',
  'SyntaxError',
  'RuntimeError',
  'CompileError',
  'InternalError',
]);

/** A typed array or Buffer of so many elements is refused by no engine because of the length alone. */
const ELEMENTS_BELOW_ANY_LIMIT = 2 ** 29;
/** Whether a length is too large is a matter of the engine only beyond that; below, the array's buffer was too small. */
const LENGTH_REFUSED = /^(?:Invalid typed array length: |The value of "size" is out of range\..* Received )([\d_]+)$/s;

/** Node's error codes for a lack of resources, an interruption by a clock or a person, or a conflict with another program. */
const CODES: ReadonlySet<unknown> = new Set([
  'ERR_STRING_TOO_LONG',
  'ERR_BUFFER_TOO_LARGE',
  'ERR_MEMORY_ALLOCATION_FAILED',
  'ERR_OUT_OF_MEMORY',
  'Z_MEM_ERROR',
  'ERR_SCRIPT_EXECUTION_TIMEOUT',
  'ERR_SCRIPT_EXECUTION_INTERRUPTED',
  'ERR_INTERNAL_ASSERTION',
  'ERR_MODULE_NOT_FOUND',
  'ERR_UNKNOWN_BUILTIN_MODULE',
  'ERR_REQUIRE_ESM',
  'ERR_REQUIRE_ASYNC_MODULE',
  'ERR_REQUIRE_CYCLE_MODULE',
  'ERR_DLOPEN_FAILED',
]);

/** The largest number of errors that are examined in a chain of causes. */
const ERRORS_MAX = 64;

/**
 * The error that is this process's own and not the outcome of what has been executed: it was thrown because of the stack,
 * the memory, the engine, the file system or a clock, all of which differ between replicas. Null where there is none.
 * Looked for in what was thrown, and among the causes and errors that it carries.
 */
export function processFaultIn(thrown: unknown): Error | null {
  const found = [thrown];
  for (let i = 0; i < found.length && i < ERRORS_MAX; i += 1) {
    const error = found[i];
    if (typeof error !== 'object' || error === null || types.isProxy(error)) continue;
    if (isProcessFault(error)) return error;
    for (const inner of innerErrors(error)) if (!found.includes(inner)) found.push(inner);
  }
  return null;
}

function isProcessFault(error: object): error is Error {
  if (error instanceof InvariantViolation) return true;
  if (!types.isNativeError(error)) return isOutOfMemoryClone(error);
  const code = own(error, 'code');
  if (CODES.has(code)) return true;
  // Made by Node for a system call that has failed, or for a module that was not found.
  if (typeof own(error, 'syscall') === 'string' && typeof own(error, 'errno') === 'number') return true;
  if (code === 'MODULE_NOT_FOUND' && Array.isArray(own(error, 'requireStack'))) return true;
  return isOfEngine(error) && isLimit(String(own(error, 'message')));
}

function isLimit(message: string): boolean {
  if (LIMITS.some((limit) => limit.test(message))) return true;
  const [, digits] = LENGTH_REFUSED.exec(message) ?? [];
  return digits !== undefined && Number(digits.replaceAll('_', '')) >= ELEMENTS_BELOW_ANY_LIMIT;
}

/**
 * Engines throw plain errors of these classes, of whatever realm, and hang nothing on them but, in Node, a code. A class of
 * the application's own is not taken for one, whatever it says.
 */
function isOfEngine(error: Error): boolean {
  const { constructor } = error;
  return isNative(constructor) && CLASSES.has(constructor.name) && Object.keys(error).every((key) => key === 'code');
}

function isOutOfMemoryClone(error: object): error is Error {
  return error instanceof DOMException && /[Oo]ut of memory/.test(error.message);
}

function innerErrors(error: object): unknown[] {
  const errors = own(error, 'errors');
  const inner = [own(error, 'cause'), own(error, 'error'), own(error, 'suppressed')];
  return Array.isArray(errors) ? [...inner, ...(errors as unknown[])] : inner;
}

/** Runs no code of the application, because that code would reach the same limit. */
function own(object: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(object, key)?.value;
}
