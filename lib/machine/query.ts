import { TreplicaError } from '../model/errors.js';
import { detach, type Unveil } from '../serialization/detach.js';
import { isThenable, silence } from './thenables.js';
import { detachThrown } from './thrown.js';

/**
 * Runs a query, and returns a copy of its result, or throws a copy of its error. `unveil` gives the object behind a view in the
 * result.
 */
export function answerOf<R>(query: () => R, unveil: Unveil | null): R {
  let result: R;
  try {
    result = query();
  } catch (error) {
    throw detachThrown(error, 'The query was run', unveil);
  }
  if (isThenable(result)) {
    silence(result);
    throw new TreplicaError(
      'QUERY_ASYNCHRONOUS',
      'The query returned a promise, or another object with a method then, and after its first await it would see another state: make it synchronous, return data, and do slow work with the copy that read resolves with.',
    );
  }
  return detach(result, unveil);
}
