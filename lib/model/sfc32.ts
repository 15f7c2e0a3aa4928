/** Draws that are thrown away: until then the numbers of neighbouring seeds are alike. */
const WARM_UP_DRAWS = 15;

/**
 * The generator sfc32 (Doty-Humphrey, PractRand): small, and the same numbers on every machine. Anyone can compute them: not for
 * secrets.
 */
export class Sfc32 {
  #a: number;
  #b: number;
  #c = 0x9e3779b9;
  #counter = 1;

  /** Any safe integer. */
  constructor(seed: number) {
    this.#a = seed >>> 0;
    this.#b = Math.floor(seed / 0x1_0000_0000) >>> 0;
    for (let i = 0; i < WARM_UP_DRAWS; i += 1) this.next();
  }

  /** Uniform among the whole numbers of 32 bits, from 0. */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Uniform in [0, 1), to the 53 bits that a number has: two draws. */
  nextFraction(): number {
    return ((this.next() >>> 5) * 0x400_0000 + (this.next() >>> 6)) / 0x20_0000_0000_0000;
  }
}
