import { crc32 } from 'node:zlib';

import type { Database, RootDatabase } from 'lmdb';

import { NUMBER_BYTES_MAX, ByteReader, ByteWriter } from './binary.js';
import { damaged } from './ledger-errors.js';
import { seal, SEAL_BYTES, unseal } from './seal.js';

const TRANSACTION_KEY = Buffer.from('transaction');
const TRANSACTION_KEY_CRC = crc32(TRANSACTION_KEY);

/**
 * Where an environment keeps the inventories of its queues: in a table, and so in pages, apart from what they tell of,
 * lest one page that goes back to an earlier state take a record and its inventory back together. Beside them stands the
 * number of the transaction that wrote last. LMDB counts transactions too, in the one page that makes them valid: where
 * the numbers differ, what is read is the state of another transaction than the last, however consistent it may be.
 */
export class InventoryTable {
  readonly #root: RootDatabase<Buffer>;
  readonly #table: Database<Buffer, Buffer>;

  constructor(root: RootDatabase<Buffer>, table: Database<Buffer, Buffer>) {
    this.#root = root;
    this.#table = table;
  }

  get(queueName: string): Buffer | undefined {
    return this.#table.get(inventoryKey(queueName));
  }

  /** Within a transaction. */
  put(queueName: string, inventory: Buffer): void {
    this.#table.putSync(inventoryKey(queueName), inventory);
  }

  /** Notes the number of the transaction under way: every one that writes must, once. */
  noteTransaction(): void {
    const writer = new ByteWriter(Buffer.allocUnsafe(SEAL_BYTES + NUMBER_BYTES_MAX), SEAL_BYTES);
    writer.number(this.#root.getWriteTxnId());
    this.#table.putSync(TRANSACTION_KEY, seal(writer.written(), TRANSACTION_KEY_CRC));
  }

  /**
   * Within a transaction, before anything is written.
   * @param name of what is damaged if it is
   * @throws TreplicaError LEDGER_DAMAGED or LEDGER_VERSION
   */
  assertLastTransaction(name: string): void {
    const last = this.#root.getWriteTxnId() - 1;
    const value = this.#table.get(TRANSACTION_KEY);
    const noted = value ? new ByteReader(unseal(value, TRANSACTION_KEY_CRC, name)).number() : 0;
    if (noted === last) return;
    throw damaged(name, `its last transaction is ${last}, and what it holds is from ${noted}`);
  }
}

/** The key of a queue's inventory. */
export function inventoryKey(queueName: string): Buffer {
  return Buffer.from(`queue/${queueName}`);
}
