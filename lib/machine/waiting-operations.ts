import { QueueFullError } from '../model/errors.js';
import type { Ticket } from './ticket.js';

/** What happens to an operation that the queue has no room for. */
export type Overflow = 'wait' | 'reject';

export interface WaitingOptions {
  readonly overflow: Overflow;
  readonly operationsMax: number;
  readonly bytesMax: number;
}

interface Waiting {
  readonly message: Uint8Array;
  readonly ticket: Ticket;
}

/** Operations that the queue has no room for, in the order of the calls to `execute`: bounded, callers and bytes. */
export class WaitingOperations {
  readonly #options: WaitingOptions;
  readonly #operations = new Set<Waiting>();
  #bytes = 0;

  constructor(options: WaitingOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#operations.size === 0;
  }

  /** `mayOverflow`: it waits although there is no room for it here either. @throws QueueFullError */
  add(message: Uint8Array, ticket: Ticket, mayOverflow: boolean): void {
    const { overflow, operationsMax, bytesMax } = this.#options;
    const { size } = this.#operations;
    if (!mayOverflow && overflow === 'reject') throw new QueueFullError(ticket.name, 'the queue has no room');
    const isTooMuch = size >= operationsMax || (size > 0 && this.#bytes + message.length > bytesMax);
    if (!mayOverflow && isTooMuch)
      throw new QueueFullError(ticket.name, `${size} operations of ${this.#bytes} bytes wait for room already`);
    const waiting = { message, ticket };
    this.#operations.add(waiting);
    this.#bytes += message.length;
    // Its caller has stopped waiting.
    ticket.whenSettled = () => {
      this.#leave(waiting);
    };
  }

  /** Gives them to `put` in their order until it returns a promise, which is returned: then there is no room again. */
  submit(put: (message: Uint8Array, ticket: Ticket) => Promise<void> | undefined): Promise<void> | undefined {
    for (const waiting of this.#operations) {
      const { message, ticket } = waiting;
      try {
        const room = put(message, ticket);
        if (room !== undefined) return room;
        this.#leave(waiting);
      } catch (error) {
        ticket.reject(error);
      }
    }
    return undefined;
  }

  #leave(waiting: Waiting): void {
    waiting.ticket.whenSettled = null;
    if (this.#operations.delete(waiting)) this.#bytes -= waiting.message.length;
  }
}
