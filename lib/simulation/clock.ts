/** When every world begins, in milliseconds since 1970. */
export const START_MS = Date.UTC(2000, 0, 1);

/** The clock of one process, which runs faster or slower than the world's and may be set at any time. */
export class Clock {
  readonly #nowUs: () => number;
  /** Milliseconds of its own for each of the world's. */
  #rate = 1;
  /** The time that it showed when it was last touched, in milliseconds since 1970, and when that was. */
  #shownMs: number;
  #touchedUs = 0;
  #hasBeenWrong = false;

  constructor(nowUs: () => number, startMs: number) {
    this.#nowUs = nowUs;
    this.#shownMs = startMs;
  }

  /** Whether it has ever shown another time than the world's. */
  get hasBeenWrong(): boolean {
    return this.#hasBeenWrong;
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#shownMs + ((this.#nowUs() - this.#touchedUs) / 1_000) * this.#rate;
  }

  /** How long the world takes for so much time of this clock's, in microseconds. */
  usOf(ms: number): number {
    return Math.round((ms * 1_000) / this.#rate);
  }

  run(rate: number): void {
    this.jump(0);
    this.#rate = rate;
    this.#hasBeenWrong ||= rate !== 1;
  }

  jump(byMs: number): void {
    this.#shownMs = this.now() + byMs;
    this.#touchedUs = this.#nowUs();
    this.#hasBeenWrong ||= byMs !== 0;
  }
}
