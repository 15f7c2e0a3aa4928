/**
 * Where LMDB's data format 2 keeps what it relies on, on a 64-bit little-endian machine. Everything here is an offset or a
 * number of bytes. Pages are counted from the file's start; the first two are the meta pages.
 */

export const META_PAGES = 2;

export const PAGE_HEADER = {
  pageNumber: 0,
  transaction: 8,
  flags: 18,
  lower: 20,
  upper: 22,
  overflowPages: 20,
} as const;
export const PAGE_HEADER_BYTES = 24;

export const PAGE_FLAGS = { branch: 0x01, leaf: 0x02, overflow: 0x04, meta: 0x08 } as const;

/** From the page's start. */
export const META = {
  magic: 24,
  version: 28,
  fixedAddress: 32,
  mapBytes: 40,
  /** The free list's tree; its `pad` is the size of a page. */
  pageBytes: 48,
  freeTree: 48,
  mainTree: 96,
  lastPage: 144,
  transaction: 152,
} as const;
export const META_BYTES = 168;
export const MAGIC = 0xbeef_c0de;
export const FORMAT_VERSION = 2;

/** A branch's node keeps its child's number, 48 bits, where a leaf's keeps the length of its data and its flags. */
export const NODE = { dataBytes: 0, child: 0, flags: 4, keyBytes: 6, key: 8 } as const;
export const NODE_HEADER_BYTES = 8;
export const NODE_FLAGS = { overflow: 0x01, table: 0x02 } as const;

/** The fields that a leaf's node holds instead of data that lies on pages of its own. */
export const OVERFLOW = { pageNumber: 0, transaction: 8, pages: 16 } as const;
export const OVERFLOW_BYTES = 24;

/** A tree's flags where its keys are integers of the machine. Every other flag asks for what a ledger never uses. */
export const INTEGER_KEYS = 0x08;

/** LMDB walks no tree that is deeper. */
export const DEPTH_MAX = 32;

const TREE = { flags: 4, depth: 6, branchPages: 8, leafPages: 16, overflowPages: 24, entries: 32, root: 40 } as const;
export const TREE_BYTES = 48;

/** The description of one table, where it is named. */
export interface Tree {
  readonly flags: number;
  readonly depth: number;
  readonly branchPages: number;
  readonly leafPages: number;
  readonly overflowPages: number;
  readonly entries: number;
  /** Null for a tree without entries. */
  readonly root: number | null;
}

export function readTree(bytes: Buffer, offset: number): Tree {
  return {
    flags: bytes.readUInt16LE(offset + TREE.flags),
    depth: bytes.readUInt16LE(offset + TREE.depth),
    branchPages: readNumber(bytes, offset + TREE.branchPages),
    leafPages: readNumber(bytes, offset + TREE.leafPages),
    overflowPages: readNumber(bytes, offset + TREE.overflowPages),
    entries: readNumber(bytes, offset + TREE.entries),
    root: readRoot(bytes, offset + TREE.root),
  };
}

/** The key at which the table of tables has a named database: its name, and the zero that ends it. */
export function keyOfTable(name: string): Buffer {
  return Buffer.from(`${name}\0`);
}

export function nameOfTable(key: Buffer): string {
  return key.toString().replace(/\0$/, '');
}

/** An unsigned number of 64 bits. One above 2^53 is rounded, and so is still out of every bound. */
export function readNumber(bytes: Buffer, offset: number): number {
  return bytes.readUInt32LE(offset) + bytes.readUInt32LE(offset + 4) * 2 ** 32;
}

/** How many pages data of `dataBytes` takes that lies on pages of its own, after one page header. */
export function overflowPagesFor(dataBytes: number, pageBytes: number): number {
  return Math.ceil((PAGE_HEADER_BYTES + dataBytes) / pageBytes);
}

/** The longest node that a page takes: two must fit. */
export function nodeBytesMax(pageBytes: number): number {
  return Math.floor((pageBytes - PAGE_HEADER_BYTES) / 4) * 2 - 2;
}

export function keyBytesMax(pageBytes: number): number {
  return nodeBytesMax(pageBytes) - NODE_HEADER_BYTES - TREE_BYTES;
}

function readRoot(bytes: Buffer, offset: number): number | null {
  const isNone = bytes.readInt32LE(offset) === -1 && bytes.readInt32LE(offset + 4) === -1;
  return isNone ? null : readNumber(bytes, offset);
}
