import { crc32 } from 'node:zlib';
import type { Database, RootDatabase } from 'lmdb';

import { ByteReader, ByteWriter } from '../../bytes/binary.js';
import { VARINT_BYTES_MAX } from '../../bytes/varint.js';
import { damaged } from '../ledger-errors.js';
import { seal, SEAL_BYTES, unseal } from '../records/seal.js';

const TRANSACTION_KEY = Buffer.from('transaction');
const TRANSACTION_KEY_CRC = crc32(TRANSACTION_KEY);

/** The note of the last transaction that wrote. */
export interface TransactionNote {
  /** As LMDB counts them. */
  readonly transaction: number;
  /** The last commit that LMDB has, as the journal numbers them. */
  readonly sequence: number;
}

const NO_TRANSACTION: TransactionNote = { transaction: 0, sequence: 0 };

/**
 * The table in which an environment keeps the inventories of its queues. It is apart from the records, and so in other
 * pages: if one page goes back to an earlier state, a record and its inventory do not go back together. The table also holds
 * the number of the transaction that wrote last and the number of the last commit that this transaction brought here. LMDB
 * counts transactions too, in the page that makes them valid: where the two numbers differ, the state that is read is not
 * that of the last transaction, however consistent it is.
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

  /**
   * Notes the number of the current transaction, with which LMDB has all commits up to `sequence`. Each transaction must,
   * once.
   */
  noteTransaction(sequence: number): void {
    const writer = new ByteWriter(Buffer.allocUnsafe(SEAL_BYTES + 2 * VARINT_BYTES_MAX), SEAL_BYTES);
    writer.number(this.#root.getWriteTxnId());
    writer.number(sequence);
    this.#table.putSync(TRANSACTION_KEY, seal(writer.written(), TRANSACTION_KEY_CRC));
  }

  /**
   * The note of the last transaction that is seen from here.
   * @param name of what is damaged if it is
   * @throws TreplicaError LEDGER_DAMAGED or LEDGER_VERSION
   */
  noted(name: string): TransactionNote {
    return readNote(this.#table, name);
  }

  /**
   * Within a transaction, before anything is written: what the last one has noted.
   * @param name of what is damaged if it is
   * @throws TreplicaError LEDGER_DAMAGED or LEDGER_VERSION
   */
  lastTransaction(name: string): TransactionNote {
    const last = this.#root.getWriteTxnId() - 1;
    const noted = readNote(this.#table, name);
    if (noted.transaction === last) return noted;
    throw damaged(name, `its last transaction is ${last}, and what it holds is from ${noted.transaction}`);
  }
}

/**
 * The note of the last transaction in the table of inventories.
 * @param name of what is damaged if it is
 * @throws TreplicaError LEDGER_DAMAGED or LEDGER_VERSION
 */
export function readNote(inventories: Database<Buffer, Buffer>, name: string): TransactionNote {
  const value = inventories.get(TRANSACTION_KEY);
  if (value === undefined) return NO_TRANSACTION;
  const reader = new ByteReader(unseal(value, TRANSACTION_KEY_CRC, name));
  return { transaction: reader.number(), sequence: reader.number() };
}

/** The key of a queue's inventory. */
export function inventoryKey(queueName: string): Buffer {
  return Buffer.from(`queue/${queueName}`);
}
