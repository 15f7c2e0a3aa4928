/** Lets something happen so many times in a period, in ticks, and not more often. */
export class Allowance {
  #since = -Infinity;
  #taken = 0;

  constructor(
    private readonly times: number,
    private readonly periodTicks: number,
  ) {}

  /** Whether it may happen once more, now; then it counts. */
  take(nowTick: number): boolean {
    if (nowTick - this.#since >= this.periodTicks) {
      this.#since = nowTick;
      this.#taken = 0;
    }
    if (this.#taken >= this.times) return false;
    this.#taken += 1;
    return true;
  }
}
