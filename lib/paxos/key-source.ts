import { TreplicaError } from '../model/errors.js';
import { FIRST_KEY_STATE, type KeyRecord, type KeyState } from '../model/keys.js';
import type { Key, KeyRing } from '../transport/frame/key-ring.js';

/** The keys of this process, and where more of them come from. */
export interface KeySource {
  readonly ring: KeyRing;
  /** Reads the file of keys again; null where the keys are no file. */
  readonly reread: (() => Promise<readonly Key[]>) | null;
}

/**
 * At a start: sends with the key that the group had decided on by the last that this process knows, and drops those removed. Where
 * that key is here no longer, the group sends with another one by now: then with the next newer one, or else with the newest.
 * @throws TreplicaError KEY_MISSING
 */
export function beginWith({ ring }: KeySource, past: readonly KeyRecord[]): void {
  const { sendingId, removedUpTo } = past.at(-1) ?? FIRST_KEY_STATE;
  if (sendingId === null) return;
  const kept = ring.ids.filter((held) => held > removedUpTo);
  const id = kept.find((held) => held >= sendingId) ?? kept.at(-1);
  if (id === undefined)
    throw new TreplicaError(
      'KEY_MISSING',
      `The group has removed its keys up to ${String(removedUpTo)} and sends with key ${String(sendingId)} or another one, and this process has ${ring.ids.join(', ')}: add the key that the group sends with to the keys of this process, and start it again.`,
    );
  ring.use(id);
  for (const id of ring.ids) if (id <= removedUpTo) ring.remove(id);
}

/** For a process all of whose keys the group has removed. */
export function allRemoved({ sendingId, removedUpTo }: KeyState): TreplicaError {
  return new TreplicaError(
    'KEY_MISSING',
    `The group has removed its keys up to ${String(removedUpTo)}, and this process has no other: give it key ${String(sendingId)}, which the group sends with, and start it again.`,
  );
}
