import { Fifo } from '../queue/fifo.js';

interface Waiter {
  readonly message: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * The callers without room for their messages, in the order of their calls. A called one keeps its place until it comes back
 * with its message, so that callers that have not waited cannot take it; a place that is not claimed by the next turn of the
 * event loop lapses.
 */
export class WaitingRoom {
  readonly #hasRoom: (messages: number, bytes: number) => boolean;
  readonly #waiters = new Fifo<Waiter>();
  /** Places kept: how many for each message, as several callers may put the same one. */
  readonly #places = new Map<Uint8Array, number>();
  #placesKept = 0;
  #bytesKept = 0;
  #wasCalledThisTurn = false;
  #admitted = 0;

  /** `hasRoom` tells whether so many messages of so many bytes together could be taken in. */
  constructor(hasRoom: (messages: number, bytes: number) => boolean) {
    this.#hasRoom = hasRoom;
  }

  /**
   * Whether the message may be taken in now: a place is kept for it, or nobody waits and there is room. Those who were
   * called and have not come back yet still come before it.
   */
  mayEnter(message: Uint8Array): boolean {
    if (this.#placesKept > 0) return this.#claim(message);
    return this.#waiters.size === 0 && this.#fits(message);
  }

  get isEmpty(): boolean {
    return this.#waiters.size === 0;
  }

  /** How many waiting callers have been called so far. */
  get admitted(): number {
    return this.#admitted;
  }

  /** Resolves once a place is kept for the message. */
  wait(message: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => this.#waiters.push({ message, resolve, reject }));
  }

  /** Calls the callers for which there is room now. */
  admit(): void {
    for (;;) {
      const next = this.#waiters.at(0);
      if (next === undefined || !this.#fits(next.message)) return;
      this.#waiters.shift();
      this.#admitted += 1;
      this.#keep(next.message);
      next.resolve();
    }
  }

  /** Gives up the places of callers that were called in an earlier turn of the event loop and did not come. */
  lapse(): void {
    if (this.#placesKept === 0 || this.#wasCalledThisTurn) return;
    this.#places.clear();
    this.#placesKept = 0;
    this.#bytesKept = 0;
  }

  /** Sends everyone away. */
  close(why: () => Error): void {
    for (let next = this.#waiters.shift(); next !== undefined; next = this.#waiters.shift()) next.reject(why());
  }

  #fits(message: Uint8Array): boolean {
    return this.#hasRoom(this.#placesKept + 1, this.#bytesKept + message.length);
  }

  #keep(message: Uint8Array): void {
    this.#places.set(message, (this.#places.get(message) ?? 0) + 1);
    this.#placesKept += 1;
    this.#bytesKept += message.length;
    if (this.#wasCalledThisTurn) return;
    this.#wasCalledThisTurn = true;
    queueMicrotask(() => (this.#wasCalledThisTurn = false));
  }

  #claim(message: Uint8Array): boolean {
    const places = this.#places.get(message);
    if (places === undefined) return false;
    if (places === 1) this.#places.delete(message);
    else this.#places.set(message, places - 1);
    this.#placesKept -= 1;
    this.#bytesKept -= message.length;
    return true;
  }
}
