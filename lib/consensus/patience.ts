/**
 * How long a role waits without progress before it gives up. The bound doubles each time that it has waited in vain, and is at
 * least twice the longest wait that ended well, so that a slow process is not taken for a dead one.
 */
export class Patience {
  readonly #baseTicks: number;
  readonly #maxTicks: number;
  #boundTicks: number;
  #idleTicks = 0;
  #longestTicks = 0;
  #isStrained = false;

  constructor(baseTicks: number, maxTicks: number) {
    this.#baseTicks = baseTicks;
    this.#maxTicks = maxTicks;
    this.#boundTicks = baseTicks;
  }

  /** Whether the last wait was in vain. */
  get isStrained(): boolean {
    return this.#isStrained;
  }

  /** A part of the awaited data has come. */
  progressed(): void {
    this.#idleTicks = 0;
  }

  /** A tick without progress of what is `roundTripTicks` away. Returns whether it is time to give way. */
  tick(roundTripTicks: number): boolean {
    this.#idleTicks += 1;
    this.#longestTicks = Math.max(this.#longestTicks, this.#idleTicks);
    if (this.#idleTicks < this.#boundTicks + roundTripTicks) return false;
    this.#idleTicks = 0;
    this.#isStrained = true;
    this.#boundTicks = Math.min(2 * this.#boundTicks, this.#maxTicks);
    return true;
  }

  /** All awaited data are here. */
  ended(): void {
    this.#boundTicks = Math.min(Math.max(this.#baseTicks, 2 * this.#longestTicks), this.#maxTicks);
    this.#idleTicks = 0;
    this.#longestTicks = 0;
    this.#isStrained = false;
  }
}
