import { closeSync, openSync } from 'node:fs';

import { META, META_BYTES, readNumber } from './layout.js';
import { readInto } from './page-file.js';

const NUMBER_BYTES = 8;

/**
 * Tells whether LMDB has committed anything since it was last looked at, by the numbers of the transactions that its two meta
 * pages are of: one read of the file is cheaper than to begin a transaction and look a record up. LMDB writes the meta page of
 * a transaction into the file and not into its map, before the transaction is committed, and readers are given the transaction
 * only after that: so the file may be ahead of what a reader sees, and is never behind it.
 */
export class TransactionMark {
  readonly #fd: number;
  /** From the number in the one meta page to the end of that in the other. */
  readonly #bytes: Buffer;
  /** Of the latest transaction that was looked at; -1 where that was not the latest in the file. */
  #known = -1;

  /** @param path of a data file in which LMDB has committed something */
  constructor(path: string) {
    this.#fd = openSync(path, 'r');
    const meta = Buffer.alloc(META_BYTES);
    readInto(this.#fd, meta, 0);
    this.#bytes = Buffer.alloc(meta.readUInt32LE(META.pageBytes) + NUMBER_BYTES);
  }

  /**
   * Runs `look` unless what it saw last is what LMDB has now. It returns the number of the transaction that it has seen, which
   * may be an earlier one than the file tells of already: then it is run again the next time.
   */
  check(look: () => number): void {
    const bytes = this.#bytes;
    readInto(this.#fd, bytes, META.transaction);
    const latest = Math.max(readNumber(bytes, 0), readNumber(bytes, bytes.length - NUMBER_BYTES));
    if (latest === this.#known) return;
    this.#known = -1;
    if (look() === latest) this.#known = latest;
  }

  close(): void {
    closeSync(this.#fd);
  }
}
