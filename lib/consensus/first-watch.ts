import type { Instance } from '../model/ids.js';
import type { Settings } from '../model/settings.js';
import { Patience } from './patience.js';

/** Whether a coordinator has waited too long for what others have at its first undecided instance. */
export class FirstWatch {
  readonly #awaited: Patience;
  #isStranded = false;
  #lastFirst = 0 as Instance;

  constructor({ strandedTicks, strandedTicksMax }: Settings) {
    this.#awaited = new Patience(strandedTicks, strandedTicksMax);
  }

  /** In this reign. */
  get isStranded(): boolean {
    return this.#isStranded;
  }

  /** Another reign begins, or none: it has waited for nothing yet. */
  begin(): void {
    this.#isStranded = false;
    this.#awaited.progressed();
  }

  /** `isStuck` where the first undecided instance depends on what others have, of whom the farthest is so far away. */
  tick(first: Instance, isStuck: boolean, roundTripTicks: number): void {
    if (first !== this.#lastFirst) this.#awaited.ended();
    else if (!isStuck) this.#awaited.progressed();
    else if (this.#awaited.tick(roundTripTicks)) this.#isStranded = true;
    this.#lastFirst = first;
  }
}
