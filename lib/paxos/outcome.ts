/** A promise that is settled from outside, once. Nobody has to listen: errors are reported in other ways as well. */
export class Outcome {
  readonly promise: Promise<void>;
  #settle: (error: Error | null) => void = () => undefined;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#settle = (error) => {
        if (error === null) resolve();
        else reject(error);
      };
    });
    this.promise.catch(() => undefined);
  }

  /** Resolves, or rejects with `error`. */
  settle(error: Error | null): void {
    this.#settle(error);
  }
}
