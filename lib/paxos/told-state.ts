import type { KeyState } from '../model/keys.js';
import type { KeysMessage } from './wire/key-messages.js';

/** What was told counts for so long after it was said last. */
const TOLD_TICKS = 1_000;

/**
 * A state of the keys that another process has told, ahead of what is decided here. It may not be so: where it has not been decided
 * here for long, it counts no more, and is told again where it is so and matters.
 */
export class ToldState {
  #told: Pick<KeysMessage, 'number' | 'sendingId'> | null = null;
  #ticks = 0;

  hear({ number, sendingId }: KeysMessage, latest: KeyState): void {
    if (number > (this.after(latest) ?? latest).number) this.#told = { number, sendingId };
    if (number === this.#told?.number) this.#ticks = 0;
  }

  /** Null where there is none ahead of the latest state that is decided here. One that sends with a removed key is none. */
  after({ number, removedUpTo }: KeyState): Pick<KeysMessage, 'sendingId' | 'number'> | null {
    const told = this.#told;
    return told !== null && told.number > number && told.sendingId > removedUpTo ? told : null;
  }

  /** Returns whether it counts no more from now on. */
  tick(): boolean {
    if (this.#told === null) return false;
    this.#ticks += 1;
    if (this.#ticks <= TOLD_TICKS) return false;
    this.#told = null;
    return true;
  }
}
