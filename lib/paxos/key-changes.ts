import type { Consensus } from '../consensus/consensus.js';
import { TreplicaError } from '../model/errors.js';
import type { KeyState } from '../model/keys.js';
import { type KeyChange, keysAfter, packKeyChange } from '../sequence/key-change.js';
import { AskedChanges, type AskedChangesOptions } from './asked-changes.js';

/** How a change of the keys is asked for. */
export interface KeyChangeOptions {
  /** Also if processes lack the key, or have not been heard to send with the one that takes its place. Default: false. */
  readonly force?: boolean;
  /** Ends the wait; the change may be made all the same. */
  readonly signal?: AbortSignal;
}

export interface KeyChangesOptions extends Pick<
  AskedChangesOptions<Wish, number>,
  'self' | 'startNumber' | 'propose' | 'read'
> {
  readonly core: Pick<Consensus, 'keys' | 'watermark' | 'durableWatermark'>;
  /** Why a change cannot be made yet; null where it can. It may be possible later. */
  readonly obstacle: (change: KeyChange) => TreplicaError | null;
}

interface Wish {
  readonly action: KeyChange['action'];
  readonly id: number;
  readonly isForced: boolean;
  /** How long a change waits for what is in its way: until this tick. */
  endsAt: number;
  /** Whether it has been the first. */
  wasFirst: boolean;
}

/** So long a change waits for what is in its way, from when it was asked for on; */
const PATIENCE_TICKS = 500;
/** and at least so long from when it has come first. */
const PATIENCE_TICKS_MIN = 100;

/**
 * The changes of the keys that are asked for here: one after the other, each judged by the latest state and the latest members of the
 * group, which a majority is asked for. The outcome follows from the states that are decided.
 */
export class KeyChanges {
  readonly #options: KeyChangesOptions;
  /** Each makes the state of a number. */
  readonly #asked: AskedChanges<Wish, number>;
  #ticks = 0;

  constructor(options: KeyChangesOptions) {
    this.#options = options;
    this.#asked = new AskedChanges({
      ...options,
      ...{ kind: 'engine', unknown },
      next: () => {
        this.#next();
      },
    });
  }

  change(
    action: KeyChange['action'],
    id: number,
    { force: isForced = false, signal }: KeyChangeOptions,
  ): Promise<void> {
    return this.#asked.ask({ action, id, isForced, endsAt: this.#ticks + PATIENCE_TICKS, wasFirst: false }, signal);
  }

  tick(): void {
    this.#ticks += 1;
    this.#next();
  }

  /** A state has been decided. */
  decided(state: KeyState): void {
    const { first } = this.#asked;
    const made = first?.made ?? null;
    if (first === undefined || made === null || state.number < made) return;
    const { action, id } = first.wish;
    const isIt = state.number === made && (action === 'use' ? state.sendingId : state.removedUpTo) === id;
    if (isIt) this.#asked.done(first);
    else this.#asked.refuse(first, forestalled(state));
  }

  stop(cause: TreplicaError): void {
    this.#asked.stop(cause);
  }

  #next(): void {
    const { first } = this.#asked;
    if (first?.made !== null) return;
    const { wish } = first;
    const { action, id, isForced } = wish;
    if (!wish.wasFirst) wish.endsAt = Math.max(wish.endsAt, this.#ticks + PATIENCE_TICKS_MIN);
    wish.wasFirst = true;
    const { latest } = this.#options.core.keys;
    const change = { follows: latest.number, action, id };
    const made = keysAfter(change, latest);
    const isOver = this.#ticks >= wish.endsAt;
    const obstacle = isForced || made === null ? null : this.#options.obstacle(change);
    if (obstacle !== null) {
      // What has been in the way may be hidden from a process that is cut off: a majority is asked after it has gone.
      this.#asked.forgetPast(first);
      if (isOver) this.#asked.refuse(first, obstacle);
    } else if (id <= latest.removedUpTo) this.#asked.refuse(first, impossible(change, latest));
    else if (!this.#asked.askPast(first)) {
      if (isOver) this.#asked.refuse(first, cutOff(action, id));
    } else if (made === null) this.#asked.refuse(first, impossible(change, latest));
    else this.#asked.propose(first, made.number, packKeyChange(change));
  }
}

function impossible({ action, id }: KeyChange, { sendingId, removedUpTo }: KeyState): TreplicaError {
  const why =
    id <= removedUpTo
      ? `keys up to ${String(removedUpTo)} are removed for good`
      : sendingId === null
        ? 'the group has decided on no key to send with yet: use one first'
        : action === 'use' || id === sendingId
          ? 'the group sends with it'
          : `only keys below the one that the group sends with (${String(sendingId)}) can be removed`;
  return new TreplicaError(
    'INVALID_OPTION',
    `Key ${String(id)} cannot be ${action === 'use' ? 'used' : 'removed'}: ${why}.`,
  );
}

function cutOff(action: KeyChange['action'], id: number): TreplicaError {
  return new TreplicaError(
    'NO_MAJORITY',
    `Key ${String(id)} was not ${action === 'use' ? 'used' : 'removed'}: no majority has answered. Nothing was changed: ask again when a majority is up, or at another process.`,
  );
}

function forestalled({ sendingId, removedUpTo }: KeyState): TreplicaError {
  return new TreplicaError(
    'KEYS_CHANGED',
    `Another change of the keys came first: the group sends with key ${String(sendingId)}, and keys up to ${String(removedUpTo)} are removed. Nothing was changed by this one: look at the keys and ask again.`,
  );
}

function unknown({ action, id }: Wish, _: number, cause: unknown): TreplicaError {
  return new TreplicaError(
    'UNKNOWN_OUTCOME',
    `The wait to ${action} key ${String(id)} has ended. The outcome is unknown: it may have been done or may yet be.`,
    { cause },
  );
}
