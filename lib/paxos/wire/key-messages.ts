/** What a process says of its keys: by their ids, never by their bytes. */
export interface KeysMessage {
  readonly kind: 'keys';
  /** Counts what this start of the sender has said, from 1. */
  readonly edition: number;
  /** The number of the latest state of the group's keys that its ledger holds. */
  readonly number: number;
  /** The key that it sends with. */
  readonly sendingId: number;
  /** The keys that it opens frames under, `KEY_IDS_TOLD_MAX` at most. */
  readonly ids: readonly number[];
}

/** As many keys of one process are told of. */
export const KEY_IDS_TOLD_MAX = 64;
