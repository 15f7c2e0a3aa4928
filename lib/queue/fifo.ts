/** Slots freed at the front before the rest is moved down. */
const SLACK = 1024;

/** First in, first out, in amortised constant time: `Array.shift` moves everything each time. */
export class Fifo<T extends object> {
  #slots: (T | undefined)[] = [];
  #first = 0;

  get size(): number {
    return this.#slots.length - this.#first;
  }

  push(value: T): void {
    this.#slots.push(value);
  }

  /** The value `offset` places behind the first, or undefined beyond the last. */
  at(offset: number): T | undefined {
    return this.#slots[this.#first + offset];
  }

  /** Takes the first value out; undefined where there is none. */
  shift(): T | undefined {
    const value = this.#slots[this.#first];
    if (value === undefined) return undefined;
    this.#slots[this.#first] = undefined;
    this.#first += 1;
    if (this.#first === this.#slots.length) {
      this.clear();
    } else if (this.#first >= SLACK && this.#first * 2 >= this.#slots.length) {
      this.#slots = this.#slots.slice(this.#first);
      this.#first = 0;
    }
    return value;
  }

  clear(): void {
    this.#slots = [];
    this.#first = 0;
  }
}
