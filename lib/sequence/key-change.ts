/**
 * Changes of the keys: values of the engine that name a key to send with, or to remove. Whether one applies follows from the
 * sequence alone, as with views; see "Keys that change" in docs/protocol.md.
 */
import { FieldReader } from '../bytes/field-reader.js';
import { FieldWriter } from '../bytes/field-writer.js';
import { TreplicaError } from '../model/errors.js';
import { KEY_ID_MAX, type KeyState } from '../model/keys.js';
import { BODY_KIND_BYTES, isBody, packValue } from './batch-body.js';

export interface KeyChange {
  /** The number of the state that it is to follow: it is void after any other. */
  readonly follows: number;
  /** `use` this key to send with; or `remove` it, and all below. */
  readonly action: 'use' | 'remove';
  readonly id: number;
}

/** What a value of the engine decides: one number each, the first byte of its content. */
const KEYS = 1;
const ACTIONS: readonly KeyChange['action'][] = ['use', 'remove'];

/** The body of the value. Equal changes have equal bodies. */
export function packKeyChange({ follows, action, id }: KeyChange): Uint8Array {
  const out = new FieldWriter().byte(KEYS).natural(follows).byte(ACTIONS.indexOf(action)).natural(id);
  return packValue('engine', out.finish());
}

/** The change that `packKeyChange` has packed; null for anything else. */
export function unpackKeyChange(body: Uint8Array): KeyChange | null {
  if (!isBody('engine', body)) return null;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  try {
    const input = new FieldReader(bytes.subarray(BODY_KIND_BYTES));
    if (input.byte(255) !== KEYS) return null;
    const follows = input.natural();
    const action = ACTIONS[input.byte(ACTIONS.length - 1)];
    const id = input.natural();
    input.end();
    return action === undefined || id < 1 || id > KEY_ID_MAX ? null : { follows, action, id };
  } catch (error) {
    if (error instanceof TreplicaError && error.code === 'MALFORMED_BYTES') return null;
    throw error;
  }
}

/**
 * The state that a change makes of the latest one; null where it is void: if it follows another state, uses a key that is used
 * or removed already, or removes one that is removed, or is not below the one that is sent with.
 */
export function keysAfter({ follows, action, id }: KeyChange, latest: KeyState): KeyState | null {
  const { number, sendingId, removedUpTo } = latest;
  if (follows !== number || id <= removedUpTo || id === sendingId) return null;
  if (action === 'use') return { number: number + 1, sendingId: id, removedUpTo };
  return sendingId === null || id > sendingId ? null : { number: number + 1, sendingId, removedUpTo: id };
}
