import { types } from 'node:util';

import { TreplicaError } from '../model/errors.js';
import { detach, flawOfError, type Unveil } from '../serialization/detach.js';
import { silence } from './thenables.js';

/**
 * The error that a caller is rejected with for `thrown`: the error itself if nothing in it can change, and otherwise a copy, as
 * results are copies; an error that carries an object of the state would hand out the state. Where it cannot be copied, an
 * error that says so; `what` says what has thrown it.
 */
export function detachThrown(thrown: unknown, what: string, unveil: Unveil | null = null): unknown {
  silence(thrown);
  if (carriesNothing(thrown)) return thrown;
  try {
    return detach(thrown, unveil);
  } catch (error) {
    return uncopied(thrown, what, error as Error);
  }
}

/** Errors mostly carry a message and a code: to copy them would cost the formatting of their stacks. */
function carriesNothing(thrown: unknown): boolean {
  if (typeof thrown !== 'object' || thrown === null) return typeof thrown !== 'function' && typeof thrown !== 'symbol';
  const isError = types.isNativeError(thrown);
  if (!isError && !(thrown instanceof DOMException)) return false;
  if (isError && flawOfError(Object.getPrototypeOf(thrown) as object | null) !== null) return false;
  return Reflect.ownKeys(thrown).every((key) => key === 'stack' || isPrimitive(thrown, key));
}

function isPrimitive(object: object, key: PropertyKey): boolean {
  const property = Object.getOwnPropertyDescriptor(object, key);
  if (property === undefined || !('value' in property)) return false;
  const value: unknown = property.value;
  return value === null || (typeof value !== 'object' && typeof value !== 'function');
}

function uncopied(thrown: unknown, what: string, why: Error): TreplicaError {
  const thing = types.isNativeError(thrown) ? `${thrown.name} (${thrown.message})` : 'something';
  const bare = types.isNativeError(thrown) ? withoutProperties(thrown) : why;
  return new TreplicaError(
    'NOT_SERIALIZABLE',
    `${what} and threw ${thing}, which cannot be copied for the caller. ${why.message}`,
    { cause: bare },
  );
}

function withoutProperties({ name, message, stack }: Error): Error {
  const bare = new Error(message);
  bare.name = name;
  if (stack !== undefined) bare.stack = stack;
  return bare;
}
