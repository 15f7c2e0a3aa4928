import type { Instance } from './ids.js';

/** What the group has decided of its keys, by their ids: the bytes of a key are on each machine and nowhere else. */
export interface KeyState {
  /** How many changes have applied: a change names the state that it follows. */
  readonly number: number;
  /** The key to send with; null where none was decided: then each process sends with the first of its own. */
  readonly sendingId: number | null;
  /** The keys with this id and below are removed for good: nothing that is sealed with one of them is heard. */
  readonly removedUpTo: number;
}

/** A state, and the instance at which it was decided. */
export interface KeyRecord extends KeyState {
  readonly decidedAt: Instance;
}

/** Before any change. */
export const FIRST_KEY_STATE: KeyState = { number: 0, sendingId: null, removedUpTo: 0 };

/** The largest id of a key; the smallest is 1. */
export const KEY_ID_MAX = 2 ** 32 - 1;
