import {
  NODE_FLAGS,
  OVERFLOW,
  overflowPagesFor,
  PAGE_FLAGS,
  PAGE_HEADER,
  PAGE_HEADER_BYTES,
  readNumber,
} from './layout.js';
import type { PageFile } from './page-file.js';
import type { TreePage } from './tree-page.js';

/** Pages, one after the other, that hold one value. Only the first has a header. */
export interface OverflowPages {
  readonly first: number;
  readonly count: number;
  /** That wrote them. */
  readonly transaction: number;
}

/** Where the leaf's entry says that its value lies, if that is not in the leaf itself. */
export function overflowOf(leaf: TreePage, index: number): OverflowPages {
  const start = leaf.dataStart(index);
  return {
    first: readNumber(leaf.bytes, start + OVERFLOW.pageNumber),
    count: readNumber(leaf.bytes, start + OVERFLOW.pages),
    transaction: readNumber(leaf.bytes, start + OVERFLOW.transaction),
  };
}

/**
 * The fault of the header of a value's pages, which must exist, or of what its leaf's entry says of them; null if there
 * is none. The header counts when the pages are freed, the entry when they are read.
 */
export function overflowFault(file: PageFile, leaf: TreePage, index: number, pages: OverflowPages): string | null {
  const { first, count, transaction } = pages;
  const header = file.bytesOf(first, 0, PAGE_HEADER_BYTES);
  const number = readNumber(header, PAGE_HEADER.pageNumber);
  const flags = header.readUInt16LE(PAGE_HEADER.flags);
  const headerCount = header.readUInt32LE(PAGE_HEADER.overflowPages);
  const headerTransaction = readNumber(header, PAGE_HEADER.transaction);
  if (number !== first) return `its header says that it is page ${number}`;
  if (flags !== PAGE_FLAGS.overflow) return `it is of kind ${flags}, and should hold a value`;
  if (headerCount !== count) return `its header says that the value has ${headerCount} pages, and there are ${count}`;
  if (headerTransaction !== transaction || transaction > leaf.transaction || transaction < 1) {
    return `its header says that transaction ${headerTransaction} wrote it, and transaction ${transaction} did`;
  }
  if (overflowPagesFor(leaf.dataBytes(index), file.pageBytes) > count) {
    return `its ${count} pages hold no ${leaf.dataBytes(index)} bytes`;
  }
  return null;
}

/** The value of a leaf's entry, a copy, once nothing has been found to be wrong with it. */
export function valueOf(file: PageFile, leaf: TreePage, index: number): Buffer {
  const dataBytes = leaf.dataBytes(index);
  if (leaf.flags(index) === NODE_FLAGS.overflow) {
    return file.bytesOf(overflowOf(leaf, index).first, PAGE_HEADER_BYTES, dataBytes);
  }
  const start = leaf.dataStart(index);
  return Buffer.from(leaf.bytes.subarray(start, start + dataBytes));
}
