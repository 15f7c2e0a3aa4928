import { after, type Instance } from '../model/ids.js';
import { plus, shareOf } from './inventory.js';

/**
 * Compares the entries that were below the watermark when the ledger was opened with their digest, as they are read:
 * every start executes them again, from the first one on. Keeps no more than the place it has come to.
 */
export class DecidedCheck {
  readonly #end: Instance;
  readonly #expected: number;
  #next = 0 as Instance;
  #digest = 0;

  constructor(end: Instance, expected: number) {
    this.#end = end;
    this.#expected = expected;
  }

  /** The entry at `instance` is read. Returns false if it is the last one and they are not, together, what was written. */
  passes(instance: Instance, value: Buffer): boolean {
    if (instance !== this.#next) return true;
    const digest = plus(this.#digest, shareOf(value));
    const next = after(instance);
    if (next === this.#end && digest !== this.#expected) return false;
    this.#digest = digest;
    this.#next = next;
    return true;
  }
}
