import type { Instance } from '../model/ids.js';
import { Fifo } from '../queue/fifo.js';

/** A caller that waits until everything below `until` has been handed over. */
interface Waiter {
  readonly until: Instance;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** The callers that wait for delivery to reach a place, in the order of their calls. */
export class Waiters {
  /** Ascending by `until`. */
  readonly #waiting = new Fifo<Waiter>();

  /** Resolves once everything below `until` has been handed over. `until` is never lower than at the call before. */
  wait(until: Instance): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ until, resolve, reject });
    });
  }

  /** Everything below `handedOver` has been handed over. */
  answer(handedOver: Instance): void {
    for (let next = this.#waiting.at(0); next !== undefined && next.until <= handedOver; next = this.#waiting.at(0)) {
      this.#waiting.shift();
      next.resolve();
    }
  }

  /** Nothing more will be handed over. */
  refuse(why: Error): void {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) next.reject(why);
  }
}
