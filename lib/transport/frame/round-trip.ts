/**
 * How long a message to one process and the answer are under way, in ticks. Smoothed, with four times the mean deviation on
 * top, as the retransmission timer of TCP is (RFC 6298). A lost answer is no measurement.
 */
export class RoundTrip {
  /** The latest measurements, the oldest first. */
  readonly #latest: number[] = [];
  #smoothed = 0;
  #deviation = 0;

  /**
   * 0 where one of the latest took less than a tick: both processes are at one place, and the longer ones are those of a busy
   * machine, which the waits allow for anyhow.
   */
  get ticks(): number {
    if (Math.min(...this.#latest, Infinity) === 0 || this.#latest.length === 0) return 0;
    return Math.ceil(this.#smoothed + 4 * this.#deviation);
  }

  /** `ticks` are whole ones. */
  measured(ticks: number): void {
    if (this.#latest.length === 0) {
      this.#smoothed = ticks;
      this.#deviation = ticks / FIRST_DEVIATION;
    } else {
      this.#deviation += (Math.abs(ticks - this.#smoothed) - this.#deviation) / 4;
      this.#smoothed += (ticks - this.#smoothed) / 8;
    }
    this.#latest.push(ticks);
    if (this.#latest.length > LATEST_KEPT) this.#latest.shift();
  }
}

const LATEST_KEPT = 4;

/** RFC 6298 begins with half of the first measurement. Here several follow soon, and what is answered late is only asked again. */
const FIRST_DEVIATION = 16;
