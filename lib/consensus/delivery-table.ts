import { NO_OP_ID, partsOf, type BatchId, type BatchIdParts } from '../model/batch.js';
import type { ProcessId } from '../model/ids.js';
import { limits } from '../model/limits.js';

interface Row {
  readonly incarnation: number;
  /** All sequence numbers below have been delivered. */
  upTo: number;
  readonly beyond: Set<number>;
}

/** One row of the table as a value: what has been delivered of one process. */
export interface DeliveryRow {
  readonly process: ProcessId;
  readonly incarnation: number;
  readonly upTo: number;
  /** Ascending. */
  readonly beyond: readonly number[];
}

/**
 * Which batches have been delivered: one row a process, with the latest incarnation delivered, up to where its sequence
 * is complete, and the few beyond. Fed with the same ids in the same order it gives the same answers everywhere, also
 * where it has been made from the rows of another on the way.
 */
export class DeliveryTable {
  /** A process moves to the end when a batch of it is delivered: the one at the front has been quiet longest. */
  readonly #rows = new Map<ProcessId, Row>();
  /** The process at the end. */
  #latest: ProcessId | null = null;
  readonly #beyondMax: number;

  /**
   * A table that has not seen the sequence from its beginning never finds one complete: of what is beyond it keeps the
   * latest `beyondMax` in each row, and may then admit a batch again.
   */
  constructor(beyondMax = Infinity) {
    this.#beyondMax = beyondMax;
  }

  /**
   * Whether the batch is to be delivered: true exactly once, unless its process was forgotten. A no-op never is, nor a
   * batch of an earlier incarnation than the latest delivered: its callers are dead.
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
    copy.adopt(this.rows());
    return copy;
  }

  /** Everything it knows, in an order that is the same everywhere. */
  rows(): DeliveryRow[] {
    return Array.from(this.#rows, ([process, { incarnation, upTo, beyond }]) => ({
      process,
      incarnation,
      upTo,
      beyond: [...beyond].sort((a, b) => a - b),
    }));
  }

  /** Knows from now on what these rows say, and nothing else. */
  adopt(rows: readonly DeliveryRow[]): void {
    this.#rows.clear();
    for (const { process, incarnation, upTo, beyond } of rows)
      this.#rows.set(process, { incarnation, upTo, beyond: new Set(beyond) });
    this.#latest = rows.at(-1)?.process ?? null;
  }

  #refuses({ process, incarnation, sequence }: BatchIdParts): boolean {
    const row = this.#rows.get(process);
    if (row === undefined || incarnation > row.incarnation) return false;
    return incarnation < row.incarnation || sequence < row.upTo || row.beyond.has(sequence);
  }

  #rowOf({ process, incarnation }: BatchIdParts): Row {
    const known = this.#rows.get(process);
    const row = known?.incarnation === incarnation ? known : { incarnation, upTo: 0, beyond: new Set<number>() };
    if (known === row && process === this.#latest) return row;
    this.#rows.delete(process);
    this.#rows.set(process, row);
    this.#latest = process;
    if (this.#rows.size > limits.deliveryRowsMax) this.#forgetQuietest();
    return row;
  }

  #forgetQuietest(): void {
    for (const quietest of this.#rows.keys()) {
      this.#rows.delete(quietest);
      return;
    }
  }
}

/** A set lists its members in the order in which they came. */
function forgetOldest(beyond: Set<number>): void {
  for (const oldest of beyond) {
    beyond.delete(oldest);
    return;
  }
}
