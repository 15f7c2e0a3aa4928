import { DeliveryTable } from '../consensus/delivery-table.js';
import { assert } from '../model/assert.js';
import { partsOf, type Batch } from '../model/batch.js';
import { after, type Instance, type Position } from '../model/ids.js';
import { unpackBody } from './batch-body.js';
import type { DeliveredBatch } from './state-holder.js';

/** A batch that is to be delivered, before anyone looks whose it is. */
export type Passage = Omit<DeliveredBatch, 'tickets'>;

/** A place in the sequence of decided instances, and all that it takes to know what the next one delivers. */
export class Cursor {
  #next = 0 as Instance;
  #position = 0 as Position;
  #delivered = new DeliveryTable();

  /** The first instance not passed yet. */
  get next(): Instance {
    return this.#next;
  }

  /**
   * Passes the next instance, where `batch` was decided. Returns what it delivers: null for a no-op and for what has
   * been delivered before.
   * @throws TreplicaError MALFORMED_BYTES when the batch cannot be unpacked.
   */
  pass(instance: Instance, batch: Batch): Passage | null {
    assert(instance === this.#next, 'instances are delivered without gaps', { instance, next: this.#next });
    this.#next = after(instance);
    if (!this.#delivered.admit(batch.id)) return null;
    const { proposedAtMs, messages } = unpackBody(batch.body);
    const position = this.#position;
    this.#position = (position + messages.length) as Position;
    return { position, origin: partsOf(batch.id).process, proposedAtMs, messages };
  }

  /** A cursor at the same place that goes its own way from here on. */
  copy(): Cursor {
    const copy = new Cursor();
    copy.#next = this.#next;
    copy.#position = this.#position;
    copy.#delivered = this.#delivered.copy();
    return copy;
  }
}
