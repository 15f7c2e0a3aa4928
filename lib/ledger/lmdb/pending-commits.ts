import type { Instance } from '../../model/ids.js';
import type { JournaledCommit } from '../journal/journaled-commit.js';
import type { RecordKey } from '../records/inventory.js';
import type { InventoryTable } from './inventory-table.js';
import type { QueueTables } from './queue-tables.js';

interface Pending {
  readonly values: Map<RecordKey, Buffer | null>;
  inventory: Buffer;
  start: Instance;
  /** The lowest instance of the log that is to be written. */
  lowest: number;
}

/** Commits that are in the journal and not yet in LMDB, merged: of each record only the last value. */
export class PendingCommits {
  readonly #queues = new Map<QueueTables, Pending>();
  #bytes = 0;

  /** The bytes of all commits since the last `clear`: no less than what is to be written. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#queues.size === 0;
  }

  has(tables: QueueTables): boolean {
    return this.#queues.has(tables);
  }

  /** Whether something is pending of this queue in its log, below `end`. */
  isBelow(tables: QueueTables, end: number): boolean {
    const pending = this.#queues.get(tables);
    return pending !== undefined && pending.lowest < end;
  }

  add(tables: QueueTables, { values, inventory, start }: JournaledCommit): void {
    const known = this.#queues.get(tables);
    const pending = known ?? { values: new Map<RecordKey, Buffer | null>(), inventory, start, lowest: Infinity };
    if (known === undefined) this.#queues.set(tables, pending);
    for (const [key, value] of values) {
      pending.values.set(key, value);
      this.#bytes += value?.length ?? 0;
      if (typeof key === 'number' && key < pending.lowest) pending.lowest = key;
    }
    pending.inventory = inventory;
    pending.start = start;
  }

  /** Within a transaction. */
  write(inventories: InventoryTable): void {
    for (const [tables, { values, inventory, start }] of this.#queues) {
      tables.write(values, start);
      inventories.put(tables.name, inventory);
    }
  }

  /** For when LMDB has them all, durably. Not within a transaction. */
  clear(): void {
    for (const tables of this.#queues.keys()) tables.closeUnused();
    this.#queues.clear();
    this.#bytes = 0;
  }
}
