/** Why a change of the keys cannot be made. */
import { TreplicaError } from '../model/errors.js';
import type { ProcessId } from '../model/ids.js';

/** The key is not at these processes, as far as they have said. */
export function lacked(id: number, processes: readonly ProcessId[]): TreplicaError {
  return new TreplicaError(
    'KEY_MISSING',
    `Key ${String(id)} is not known to be at ${processes.join(', ')}, which would hear nothing any more: add it to their files of keys and ask again, or set force. Nothing was changed.`,
  );
}

/** These processes may still send with the key. */
export function inUse(id: number, sendingId: number | null, processes: readonly ProcessId[]): TreplicaError {
  return new TreplicaError(
    'KEY_IN_USE',
    `${processes.join(', ')} ${processes.length === 1 ? 'has' : 'have'} not been heard to send with key ${String(sendingId)} yet, and without key ${String(id)} might be heard no more: wait, start them, take them out of the group, or set force. Nothing was changed.`,
  );
}
