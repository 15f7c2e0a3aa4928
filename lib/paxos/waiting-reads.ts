/** A read that waits: told once, either way. */
export interface ReadWaiter {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Reads that wait until everything that was acknowledged anywhere before them has been decided here, by the core's tickets. */
export class WaitingReads {
  readonly #waiting = new Map<number, ReadWaiter>();
  #nextTicket = 0;

  /** Returns the ticket under which the core tells of it. */
  add(waiter: ReadWaiter): number {
    const ticket = this.#nextTicket;
    this.#nextTicket += 1;
    this.#waiting.set(ticket, waiter);
    return ticket;
  }

  forget(ticket: number): void {
    this.#waiting.delete(ticket);
  }

  /** They need not wait any more. */
  resolve(tickets: readonly number[]): void {
    for (const ticket of tickets) {
      this.#waiting.get(ticket)?.resolve();
      this.#waiting.delete(ticket);
    }
  }

  /** None of them will ever be told anything else. */
  refuse(why: Error): void {
    for (const waiter of this.#waiting.values()) waiter.reject(why);
    this.#waiting.clear();
  }
}
