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
      'The query returned a promise, or something else with a method then, and what it does after its first await sees another state: make it synchronous, return data, and do what takes time with the copy that read resolves with.',
    );
  }
  return detach(result, unveil);
}
