import type { KeyState } from '../model/keys.js';
import type { KeysMessage } from './wire/key-messages.js';

/** What was told counts for so long after it was said last. */
const TOLD_TICKS = 1_000;

/**
 * A state of the keys that another process has told, ahead of what is decided here. It may not be so: where it has not been decided
 * here for long, it counts no more, and is told again where it is so and matters.
 */
export class ToldState {
  #state: KeyState | null = null;
  #ticks = 0;

  hear({ number, sendingId }: KeysMessage, latest: KeyState): void {
    if (number > (this.#state ?? latest).number) this.#state = { ...latest, number, sendingId };
    if (number === this.#state?.number) this.#ticks = 0;
  }

  /** Null where there is none ahead of the latest state that is decided here. One that sends with a removed key is none. */
  after(latest: KeyState): KeyState | null {
    const { number = 0, sendingId = null } = this.#state ?? {};
    if (number <= latest.number || (sendingId ?? 0) <= latest.removedUpTo) this.#state = null;
    return this.#state;
  }

  /** Returns whether it counts no more from now on. */
  tick(): boolean {
    if (this.#state === null) return false;
    this.#ticks += 1;
    if (this.#ticks <= TOLD_TICKS) return false;
    this.#state = null;
    return true;
  }
}
