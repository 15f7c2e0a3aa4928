import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

import { TreplicaError } from '../../model/errors.js';
import { FRAME_VERSION } from './frame.js';

/** A key of a group: the same bytes under the same id at each of its processes. */
export interface Key {
  /** From 1 to `KEY_ID_MAX`. */
  readonly id: number;
  /** `KEY_BYTES` of them. */
  readonly bytes: Uint8Array;
}

export const KEY_BYTES = 32;

/**
 * The keys of a group at this process: frames under each of them are opened, and one of them seals. It changes while the process
 * runs; what has been sealed is not sealed again.
 */
export class KeyRing {
  readonly #keys = new Map<number, KeyObject>();
  #sendingId: number;

  /** The first key seals. */
  constructor(keys: readonly [Key, ...Key[]]) {
    for (const key of keys) this.accept(key);
    this.#sendingId = keys[0].id;
  }

  /** The id of the key that seals. */
  get sendingId(): number {
    return this.#sendingId;
  }

  /** Ascending. */
  get ids(): readonly number[] {
    return [...this.#keys.keys()].sort((a, b) => a - b);
  }

  has(id: number): boolean {
    return this.#keys.has(id);
  }

  keyOf(id: number): KeyObject | undefined {
    return this.#keys.get(id);
  }

  /** The key that seals. */
  get sendingKey(): KeyObject {
    return this.keyUnder(this.#sendingId);
  }

  /** One that is in the ring. */
  keyUnder(id: number): KeyObject {
    const key = this.#keys.get(id);
    if (key === undefined) throw new Error(`The ring has no key ${id}, which a frame is to be sealed with.`);
    return key;
  }

  /**
   * From now on frames under this key are opened, too.
   * @throws TreplicaError INVALID_OPTION if the ring has other bytes under this id, or these bytes under another.
   */
  accept({ id, bytes }: Key): void {
    const key = createSecretKey(bytes);
    const known = this.#keys.get(id);
    if (known?.equals(key) === false)
      throw new TreplicaError(
        'INVALID_OPTION',
        `The key ${id} is here already with other bytes: give the new key an id that no other has had.`,
      );
    for (const [other, its] of this.#keys)
      if (other !== id && its.equals(key))
        throw new TreplicaError(
          'INVALID_OPTION',
          `The key ${id} has the same bytes as the key ${other}: draw bytes of its own for each.`,
        );
    if (known === undefined) this.#keys.set(id, key);
  }

  /**
   * From now on this key seals.
   * @throws TreplicaError INVALID_OPTION if it is not in the ring.
   */
  use(id: number): void {
    if (!this.#keys.has(id))
      throw new TreplicaError('INVALID_OPTION', `The key ${id} is not here: add it to the keys of this process first.`);
    this.#sendingId = id;
  }

  /**
   * From now on frames under this key are refused. It need not be in the ring.
   * @throws TreplicaError INVALID_OPTION if it is the one that seals.
   */
  remove(id: number): void {
    if (id === this.#sendingId)
      throw new TreplicaError('INVALID_OPTION', `The key ${id} seals what this process sends: use another one first.`);
    this.#keys.delete(id);
  }
}

/** The purposes of derived keys: no two of them have a key in common. */
type Purpose = 'frames' | 'short frames' | 'challenges';

/**
 * The key of one start of one process on one queue (HKDF, RFC 5869). `start` is sender, incarnation and nonce as they are in
 * frames: with the 128 random bits of the nonce, a derived key is used by one run of one process alone.
 */
export function derivedKey(key: KeyObject, purpose: Purpose, queueId: string, start: Uint8Array): KeyObject {
  const info = Buffer.concat([start, Buffer.from(queueId)]);
  const salt = `treplica ${purpose}, version ${FRAME_VERSION}`;
  return createSecretKey(Buffer.from(hkdfSync('sha256', key, salt, info, KEY_BYTES)));
}
