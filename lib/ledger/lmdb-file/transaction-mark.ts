import { closeSync, openSync, readSync } from 'node:fs';

import { META, META_BYTES } from './layout.js';
import { readInto } from './page-file.js';

/** Of a transaction's number: the low half, and the high one behind it. */
const NUMBER_BYTES = 8;

/**
 * Tells whether LMDB has committed anything since it was last looked at, by the numbers of the transactions that its two meta
 * pages are of: one read of the file, a tenth of what it costs to begin a transaction and look a record up. LMDB writes the meta
 * page of a transaction last, into the file and not into its map, before any reader sees it.
 */
export class TransactionMark {
  readonly #fd: number;
  /** From the number in the one meta page to the end of that in the other. */
  readonly #bytes: Buffer;
  readonly #known = [0, 0, 0, 0];
  #isKnown = false;

  /** @param path of a data file in which LMDB has committed something */
  constructor(path: string) {
    this.#fd = openSync(path, 'r');
    const meta = Buffer.alloc(META_BYTES);
    readInto(this.#fd, meta, 0);
    this.#bytes = Buffer.alloc(meta.readUInt32LE(META.pageBytes) + NUMBER_BYTES);
  }

  /**
   * Runs `verify`, which looks at what LMDB has now, unless nothing has been committed since it last returned. The numbers are
   * read before it runs: what is committed meanwhile counts as new.
   */
  check(verify: () => void): void {
    const bytes = this.#bytes;
    const isWhole = readSync(this.#fd, bytes, 0, bytes.length, META.transaction) === bytes.length;
    const other = bytes.length - NUMBER_BYTES;
    const [a, b, c, d] = [bytes.readUInt32LE(0), bytes.readUInt32LE(4), bytes.readUInt32LE(other), bytes.readUInt32LE(other + 4)]; // prettier-ignore
    const known = this.#known;
    if (this.#isKnown && isWhole && a === known[0] && b === known[1] && c === known[2] && d === known[3]) return;
    this.#isKnown = false;
    verify();
    this.#known.splice(0, known.length, a, b, c, d);
    this.#isKnown = isWhole;
  }

  close(): void {
    closeSync(this.#fd);
  }
}
