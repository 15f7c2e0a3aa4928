import type { Consensus } from '../consensus/consensus.js';
import { type Batch, ofKind } from '../model/batch.js';
import { TreplicaError } from '../model/errors.js';
import type { ProcessId } from '../model/ids.js';
import type { KeyState } from '../model/keys.js';
import { type KeyChange, keysAfter, packKeyChange } from '../sequence/key-change.js';
import { idOfBody } from '../sequence/sound-batch.js';

/** How a change of the keys is asked for. */
export interface KeyChangeOptions {
  /** Also if processes lack the key, or have not been heard to send with the one that takes its place. Default: false. */
  readonly force?: boolean;
  /** Ends the wait; the change may be made all the same. */
  readonly signal?: AbortSignal;
}

export interface KeyChangesOptions {
  readonly core: Pick<Consensus, 'keys' | 'watermark' | 'durableWatermark'>;
  readonly self: ProcessId;
  /** Names the start of this process in ids. */
  readonly startNumber: number;
  /** Has the value decided. */
  readonly propose: (batch: Batch) => void;
  /** Why a change cannot be made yet; null where it can. It may be possible later. */
  readonly obstacle: (change: KeyChange) => TreplicaError | null;
}

interface Wanted {
  readonly action: KeyChange['action'];
  readonly id: number;
  readonly isForced: boolean;
  readonly settle: (error: unknown) => void;
  ticks: number;
  /** The number of the state that it makes; null before it is proposed. */
  number: number | null;
}

/** So long a change waits for what is in its way. */
const PATIENCE_TICKS = 500;

/** The changes of the keys that are asked for here, one after the other. The outcome follows from the states that are decided. */
export class KeyChanges {
  readonly #options: KeyChangesOptions;
  readonly #wanted: Wanted[] = [];
  #sequence = 0;
  #stopped: TreplicaError | null = null;

  constructor(options: KeyChangesOptions) {
    this.#options = options;
  }

  change(
    action: KeyChange['action'],
    id: number,
    { force: isForced = false, signal }: KeyChangeOptions,
  ): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      if (this.#stopped !== null) throw this.#stopped;
      signal?.throwIfAborted();
      const abort = (): void => {
        this.#end(wanted, wanted.number === null ? signal?.reason : unknown(wanted, signal?.reason));
      };
      const settle = (error: unknown): void => {
        signal?.removeEventListener('abort', abort);
        if (error === null) resolve();
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- errors of this file, or a signal's reason
        else reject(error);
      };
      const wanted: Wanted = { action, id, isForced, settle, ticks: 0, number: null };
      this.#wanted.push(wanted);
      signal?.addEventListener('abort', abort, { once: true });
      this.#next();
    });
  }

  tick(): void {
    const [first] = this.#wanted;
    if (first === undefined) return;
    first.ticks += 1;
    this.#next();
  }

  /** A state has been decided. */
  decided(state: KeyState): void {
    const [first] = this.#wanted;
    const made = first?.number ?? null;
    if (first === undefined || made === null || state.number < made) return;
    const isIt = state.number === made && (first.action === 'use' ? state.sendingId : state.removedUpTo) === first.id;
    this.#end(first, isIt ? null : forestalled(state));
  }

  stop(cause: TreplicaError): void {
    this.#stopped = cause;
    for (const wanted of this.#wanted.splice(0)) wanted.settle(wanted.number === null ? cause : unknown(wanted, cause));
  }

  #next(): void {
    const [first] = this.#wanted;
    if (first?.number !== null) return;
    const { latest } = this.#options.core.keys;
    const change = { follows: latest.number, action: first.action, id: first.id };
    const made = keysAfter(change, latest);
    if (made === null) {
      this.#end(first, impossible(change, latest));
      return;
    }
    const obstacle = first.isForced ? null : this.#options.obstacle(change);
    if (obstacle === null) {
      first.number = made.number;
      this.#propose(change);
    } else if (first.ticks >= PATIENCE_TICKS) this.#end(first, obstacle);
  }

  #propose(change: KeyChange): void {
    const { self: process, startNumber: incarnation, core, propose } = this.#options;
    const body = packKeyChange(change);
    const id = idOfBody({ process, incarnation, since: core.watermark }, this.#sequence, body);
    this.#sequence += 1;
    propose({ id: ofKind('engine', id), body });
  }

  #end(wanted: Wanted, error: unknown): void {
    const at = this.#wanted.indexOf(wanted);
    if (at < 0) return;
    this.#wanted.splice(at, 1);
    wanted.settle(error);
    this.#next();
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

function forestalled({ sendingId, removedUpTo }: KeyState): TreplicaError {
  return new TreplicaError(
    'KEYS_CHANGED',
    `Another change of the keys came first: the group sends with key ${String(sendingId)}, and keys up to ${String(removedUpTo)} are removed. Nothing was changed by this one: look at the keys and ask again.`,
  );
}

function unknown({ action, id }: Wanted, cause: unknown): TreplicaError {
  return new TreplicaError(
    'UNKNOWN_OUTCOME',
    `The wait to ${action} key ${String(id)} has ended. The outcome is unknown: it may have been done or may yet be.`,
    { cause },
  );
}
