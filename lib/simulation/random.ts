import { Sfc32 } from '../model/sfc32.js';

/**
 * Randomness from a seed, the same on every machine. Parts of a world draw from forks, so that one that draws more than it used
 * to does not change what befalls the others.
 */
export class Random {
  readonly #generator: Sfc32;

  /** Any safe integer. */
  constructor(readonly seed: number) {
    this.#generator = new Sfc32(seed);
  }

  /** Uniform in [0, 1). */
  readonly next = (): number => this.#generator.next() / 0x1_0000_0000;

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
    return new Random(this.#generator.next() * 0x20_0000 + (this.#generator.next() >>> 11));
  }
}
