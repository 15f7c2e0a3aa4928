import { type BatchId, NO_OP_ID } from '../model/batch.js';
import { constants } from '../model/constants.js';
import { after, type Instance } from '../model/ids.js';
import type { Shared } from './shared.js';

/** The order that the coordinator of a classic reign gives batches: each gets the next instance that the reign has not used. */
export class BatchOrder {
  readonly #shared: Shared;
  readonly #propose: (instance: Instance, id: BatchId) => void;
  /** The next instance that this reign has not used. */
  #next = 0 as Instance;
  /** Everything below was decided before this reign. */
  #base = 0 as Instance;
  /** Batches that have been proposed in this reign and are not decided. */
  readonly #ordered = new Set<BatchId>();
  /** Batches that wait for the window, or for the decisions before this reign, oldest first. */
  readonly #waiting = new Set<BatchId>();

  constructor(shared: Shared, propose: (instance: Instance, id: BatchId) => void) {
    this.#shared = shared;
    this.#propose = propose;
  }

  /** A reign begins that uses the instances from `end` on. */
  begin(base: Instance, end: Instance): void {
    this.#base = base;
    this.#next = end;
  }

  clear(): void {
    this.#ordered.clear();
    this.#waiting.clear();
  }

  /** Gives the batch the next instance, or lets it wait. */
  add(id: BatchId): void {
    if (this.#ordered.has(id) || this.#shared.delivered?.isDone(id) === true) return;
    if (this.#mayAssign) this.#assign(id);
    else if (this.#waiting.size < constants.waitingBatchesMax) this.#waiting.add(id);
  }

  /** Something has been decided: those that wait may get an instance. */
  addWaiting(): void {
    this.fillToBorder();
    if (this.#waiting.size === 0) return;
    for (const id of this.#waiting) {
      if (!this.#mayAssign) return;
      this.#waiting.delete(id);
      this.add(id);
    }
  }

  /** The batch has an instance, from here or because phase 1 forces it. */
  proposed(id: BatchId): void {
    if (id !== NO_OP_ID) this.#ordered.add(id);
  }

  decided(id: BatchId): void {
    this.#ordered.delete(id);
    this.#waiting.delete(id);
  }

  /** Uses the instances below `end`, which is within the window, for no-ops. */
  fill(end: Instance): void {
    while (this.#next < end) this.#assign(NO_OP_ID);
  }

  /** A view that is decided is to govern soon, also in a group in which nothing is proposed. */
  fillToBorder(): void {
    const { latestFrom } = this.#shared.views;
    while (this.#next < latestFrom && this.#mayAssign) this.#assign(NO_OP_ID);
  }

  /** Not beyond the window; and not before all decisions below the base are known, which batches must not repeat. */
  get #mayAssign(): boolean {
    const { first, limit } = this.#shared.log;
    return this.#next < limit && first >= this.#base;
  }

  #assign(id: BatchId): void {
    const instance = this.#next;
    this.#next = after(instance);
    this.#propose(instance, id);
  }
}
