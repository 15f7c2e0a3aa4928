const WORD_BITS = 32;
const WORDS = 1_024;

/**
 * The counters of the latest frames of one start on one lane: each is taken once. As wide as what two sockets of a process hold
 * that has stood still for a moment, so that frames which one of them hands over late are not lost (RFC 6479 has the bitmap).
 */
export class ReplayWindow {
  readonly #bits = new Int32Array(WORDS);
  #highest: number;

  /** Counters up to `floor` are never taken. */
  constructor(private readonly floor: number) {
    this.#highest = floor;
  }

  /** Whether the counter has not been taken, as far as can be told: one that is too old counts as taken. */
  mayTake(counter: number): boolean {
    if (counter > this.#highest) return true;
    const word = Math.floor(counter / WORD_BITS);
    if (counter <= this.floor || word <= Math.floor(this.#highest / WORD_BITS) - WORDS) return false;
    return (this.#wordAt(word) & bitOf(counter)) === 0;
  }

  /** Takes a counter that may be taken. */
  take(counter: number): void {
    const word = Math.floor(counter / WORD_BITS);
    if (counter > this.#highest) {
      const former = Math.floor(this.#highest / WORD_BITS);
      for (let i = Math.max(former, word - WORDS) + 1; i <= word; i += 1) this.#bits[i % WORDS] = 0;
      this.#highest = counter;
    }
    this.#bits[word % WORDS] = this.#wordAt(word) | bitOf(counter);
  }

  #wordAt(word: number): number {
    return this.#bits[word % WORDS] ?? 0;
  }
}

function bitOf(counter: number): number {
  return 1 << (counter % WORD_BITS);
}
