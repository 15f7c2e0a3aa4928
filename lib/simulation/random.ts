/**
 * Chance from a seed: the generator sfc32, the same numbers on every machine. Parts of a world draw from forks, so that
 * one that draws more than it used to does not change what befalls the others.
 */
export class Random {
  #a: number;
  #b: number;
  #c = 0x9e3779b9;
  #counter = 1;

  /** Any safe integer. */
  constructor(readonly seed: number) {
    this.#a = seed >>> 0;
    this.#b = Math.floor(seed / 0x1_0000_0000) >>> 0;
    // Until then numbers of neighbouring seeds are alike.
    for (let i = 0; i < 15; i += 1) this.#draw();
  }

  /** Uniform in [0, 1). */
  readonly next = (): number => this.#draw() / 0x1_0000_0000;

  readonly bytes = (count: number): Buffer => Buffer.from(Array.from({ length: count }, () => this.below(256)));

  /** A whole number in [0, limit). */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  between(min: number, max: number): number {
    return min + this.next() * (max - min);
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return probability > 0 && this.next() < probability;
  }

  /** Times between events that come at random are distributed so. */
  exponential(mean: number): number {
    return -Math.log(1 - this.next()) * mean;
  }

  /** @throws RangeError where there is nothing to pick from */
  pick<T>(list: readonly T[]): T {
    const picked = list[this.below(list.length)];
    if (picked === undefined) throw new RangeError('there is nothing to pick from');
    return picked;
  }

  /** `count` of them, in any order. */
  sample<T>(list: readonly T[], count: number): T[] {
    const rest = [...list];
    return Array.from({ length: Math.min(count, rest.length) }, () => {
      const [taken] = rest.splice(this.below(rest.length), 1);
      return taken as T;
    });
  }

  /** A generator of its own that goes on from here. */
  fork(): Random {
    return new Random(this.#draw() * 0x20_0000 + (this.#draw() >>> 11));
  }

  #draw(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}
