/** So many queries may run in one turn of the event loop. */
const QUERIES_A_TURN = 1_000;

/**
 * Lets queries run, in the order in which they ask, so many in each turn of the event loop: thousands of reads that have waited for the
 * same answer do not keep everything else of the process waiting.
 */
export class QueryTurns {
  #ran = 0;
  readonly #waiting: (() => void)[] = [];

  /** Null where the caller may run its query at once; otherwise resolves when it may. */
  next(): Promise<void> | null {
    if (this.#ran === 0) setImmediate(() => this.#begin());
    if (this.#ran < QUERIES_A_TURN) {
      this.#ran += 1;
      return null;
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #begin(): void {
    const first = this.#waiting.splice(0, QUERIES_A_TURN);
    this.#ran = first.length;
    if (this.#ran > 0) setImmediate(() => this.#begin());
    for (const resolve of first) resolve();
  }
}
