import { TreplicaError } from '../model/errors.js';
import type { GroupKeys, KeysReport } from './group-keys.js';
import type { OperatedKeys } from './operated-queue.js';

/** A group without keys has nothing to show, and nothing to change. */
const NO_KEYS: KeysReport = { number: 0, sendingId: null, removedUpTo: 0, processes: [] };

/** The keys of a queue as its users see them; `keys` is null where it has none. */
export function operatedKeys(keys: GroupKeys | null, queueId: string): OperatedKeys {
  if (keys !== null)
    return {
      show: () => keys.show(),
      use: (id, options = {}) => keys.use(id, options),
      remove: (id, options = {}) => keys.remove(id, options),
      reread: () => keys.reread(),
    };
  const refuse = (): Promise<never> => Promise.reject(noKeys(queueId));
  return { show: () => NO_KEYS, use: refuse, remove: refuse, reread: () => Promise.resolve() };
}

function noKeys(queueId: string): TreplicaError {
  return new TreplicaError(
    'NO_KEY',
    `The group of queue ${queueId} works without keys: start all of its processes anew with the option keys.`,
  );
}
