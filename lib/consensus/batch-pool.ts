import type { Batch, BatchId } from '../model/batch.js';
import { NO_OP, NO_OP_ID } from '../model/batch.js';
import type { Settings } from '../model/settings.js';

/** Batches heard of and not yet decided, oldest first. Bounded: the oldest are dropped, and their proposers send them again. */
export class BatchPool {
  readonly #bytesMax: number;
  readonly #batches = new Map<BatchId, Batch>();
  #bytes = 0;

  constructor({ poolBytesMax }: Settings) {
    this.#bytesMax = poolBytesMax;
  }

  get(id: BatchId): Batch | undefined {
    return id === NO_OP_ID ? NO_OP : this.#batches.get(id);
  }

  add(batch: Batch): void {
    if (batch.id === NO_OP_ID || this.#batches.has(batch.id)) return;
    this.#batches.set(batch.id, batch);
    this.#bytes += batch.body.length;
    for (const oldest of this.#batches.keys()) {
      if (this.#bytes <= this.#bytesMax || oldest === batch.id) break;
      this.drop(oldest);
    }
  }

  drop(id: BatchId): void {
    const batch = this.#batches.get(id);
    if (batch === undefined) return;
    this.#batches.delete(id);
    this.#bytes -= batch.body.length;
  }

  ids(): IterableIterator<BatchId> {
    return this.#batches.keys();
  }

  /** Drops the batches that `isDone` says are no longer needed. */
  purge(isDone: (id: BatchId) => boolean): void {
    for (const id of this.#batches.keys()) if (isDone(id)) this.drop(id);
  }
}
