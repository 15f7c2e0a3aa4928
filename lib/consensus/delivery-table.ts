import { NO_OP_ID, partsOf, type BatchId, type BatchIdParts } from '../model/batch.js';
import type { ProcessId } from '../model/ids.js';

interface Row {
  readonly incarnation: number;
  /** All sequence numbers below have been delivered. */
  upTo: number;
  readonly beyond: Set<number>;
}

/**
 * Which batches have been delivered: one row a process, with the latest incarnation delivered, up to where its sequence
 * is complete, and the few beyond. Fed with the same ids in the same order it gives the same answers everywhere.
 */
export class DeliveryTable {
  readonly #rows = new Map<ProcessId, Row>();
  readonly #beyondMax: number;

  /**
   * A table that has not seen the sequence from its beginning never finds one complete: of what is beyond it keeps the
   * latest `beyondMax` in each row, and may then admit a batch again.
   */
  constructor(beyondMax = Infinity) {
    this.#beyondMax = beyondMax;
  }

  /**
   * Whether the batch is to be delivered: true exactly once, unless it was forgotten. A no-op never is, nor a batch of an earlier incarnation
   * than the latest delivered: its callers are dead.
   */
  admit(id: BatchId): boolean {
    if (id === NO_OP_ID) return false;
    const parts = partsOf(id);
    if (this.#refuses(parts)) return false;
    const row = this.#rowOf(parts);
    if (parts.sequence !== row.upTo) {
      row.beyond.add(parts.sequence);
      if (row.beyond.size > this.#beyondMax) forgetOldest(row.beyond);
      return true;
    }
    row.upTo += 1;
    while (row.beyond.delete(row.upTo)) row.upTo += 1;
    return true;
  }

  /** Whether `admit` would refuse the batch. */
  has(id: BatchId): boolean {
    return id === NO_OP_ID || this.#refuses(partsOf(id));
  }

  /** A table that goes its own way from here on. */
  copy(): DeliveryTable {
    const copy = new DeliveryTable(this.#beyondMax);
    for (const [process, row] of this.#rows) copy.#rows.set(process, { ...row, beyond: new Set(row.beyond) });
    return copy;
  }

  #refuses({ process, incarnation, sequence }: BatchIdParts): boolean {
    const row = this.#rows.get(process);
    if (row === undefined || incarnation > row.incarnation) return false;
    return incarnation < row.incarnation || sequence < row.upTo || row.beyond.has(sequence);
  }

  #rowOf({ process, incarnation }: BatchIdParts): Row {
    const known = this.#rows.get(process);
    if (known?.incarnation === incarnation) return known;
    const row = { incarnation, upTo: 0, beyond: new Set<number>() };
    this.#rows.set(process, row);
    return row;
  }
}

/** A set lists its members in the order in which they came. */
function forgetOldest(beyond: Set<number>): void {
  for (const oldest of beyond) {
    beyond.delete(oldest);
    return;
  }
}
