import type { BatchId } from '../model/batch.js';
import type { Position } from '../model/ids.js';
import type { Cursor } from '../sequence/cursor.js';
import type { Batcher } from './batcher.js';
import { skippedError, unknownOutcome } from './delivery-errors.js';
import { answerPuts, refusePuts } from './put-ticket.js';

/** Where the batches in flight from here are, and their tickets. */
export type BatchesInFlight = Pick<Batcher, 'delivered' | 'abandon' | 'batchesInFlight' | 'idsInFlight'>;

/** The messages that have been put here and are answered when they are delivered; the tickets of the state holder go to it. */
export class OwnTickets {
  readonly #batcher: BatchesInFlight;
  /** Tickets of the batch whose delivery failed. */
  #failed: readonly unknown[] = [];

  constructor(batcher: BatchesInFlight) {
    this.#batcher = batcher;
  }

  /** Whether batches from here wait for their positions. */
  get areAwaited(): boolean {
    return this.#batcher.batchesInFlight > 0;
  }

  /**
   * The batch is delivered from `position` on: answers its `put()`s, and returns the tickets in order, where only those of the
   * holder are left. Null if it is none of our own.
   */
  settle(id: BatchId, position: Position): readonly unknown[] | null {
    const tickets = this.#batcher.delivered(id);
    return tickets === null ? null : answerPuts(tickets, position);
  }

  /**
   * Delivery goes on at `front`, from a checkpoint: the `put()`s that it has passed are told that they are ordered or refused.
   * Returns the tickets of the holder among them.
   */
  skip(front: Cursor): readonly unknown[] {
    const tickets = this.#batcher.idsInFlight
      .filter((id) => front.isOver(id))
      .flatMap((id) => this.#batcher.delivered(id) ?? []);
    return refusePuts(tickets, skippedError());
  }

  /** The holder has failed when it was given them. */
  failed(tickets: readonly unknown[] | null): void {
    this.#failed = tickets ?? [];
  }

  /** Nothing more is delivered: `put()`s are told that their outcome is unknown. Returns the tickets of the holder. */
  abandon(cause: Error | null): readonly unknown[] {
    return refusePuts([...this.#failed, ...this.#batcher.abandon()], unknownOutcome(cause));
  }
}
