import {
  keyBytesMax,
  NODE,
  NODE_FLAGS,
  NODE_HEADER_BYTES,
  nodeBytesMax,
  OVERFLOW_BYTES,
  PAGE_FLAGS,
  PAGE_HEADER,
  PAGE_HEADER_BYTES,
  readNumber,
} from './layout.js';

/** The size of the node that begins at each second byte, while one page is looked at; otherwise zeros. */
const sizes = new Uint16Array(32_768);

/** How a table compares its keys: as integers of the machine, all of one length, or by their bytes. */
export type KeyOrder = 'uint32' | 'uint64' | 'bytes';

const KEY_BYTES = { uint32: 4, uint64: 8 } as const;

/**
 * A branch or leaf page. Everything but the header is to be asked for only when `fault` has found nothing: offsets then lie
 * within the page.
 */
export class TreePage {
  readonly bytes: Buffer;
  /** The same in words of two bytes, which all that LMDB lays out in a page is a multiple of: much faster to read. */
  readonly #words: Uint16Array;
  readonly number: number;
  readonly transaction: number;
  readonly isLeaf: boolean;
  /** How many nodes there are. */
  readonly count: number;

  constructor(bytes: Buffer, number: number) {
    this.bytes = bytes;
    this.#words = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 1);
    this.number = number;
    this.transaction = readNumber(bytes, PAGE_HEADER.transaction);
    this.isLeaf = bytes.readUInt16LE(PAGE_HEADER.flags) === PAGE_FLAGS.leaf;
    this.count = bytes.readUInt16LE(PAGE_HEADER.lower) >>> 1;
  }

  /** The fault of the page itself in words, null if there is none. No transaction after `lastTransaction` may have written it. */
  fault(lastTransaction: number, order: KeyOrder): string | null {
    return this.#headerFault(lastTransaction) ?? this.#nodesFault() ?? this.#orderFault(order);
  }

  /** A branch's: of the page below. */
  child(index: number): number {
    const node = this.#node(index);
    return this.bytes.readUInt32LE(node + NODE.child) + this.bytes.readUInt16LE(node + NODE.flags) * 2 ** 32;
  }

  /** A leaf's. */
  flags(index: number): number {
    return this.#word(this.#node(index) + NODE.flags);
  }

  /** A leaf's: the length of the value, wherever it lies. */
  dataBytes(index: number): number {
    return this.#doubleWord(this.#node(index) + NODE.dataBytes);
  }

  /** A leaf's: where the value, or what points to it, begins in the page. */
  dataStart(index: number): number {
    return this.#node(index) + NODE.key + this.keyBytes(index);
  }

  keyBytes(index: number): number {
    return this.#word(this.#node(index) + NODE.keyBytes);
  }

  /** A view of it. */
  key(index: number): Buffer {
    const start = this.#node(index) + NODE.key;
    return this.bytes.subarray(start, start + this.keyBytes(index));
  }

  /** The same page, to be kept. */
  copy(): TreePage {
    return new TreePage(Buffer.from(this.bytes), this.number);
  }

  /** Where the node begins in the page. */
  #node(index: number): number {
    return PAGE_HEADER_BYTES + this.#word(PAGE_HEADER_BYTES + 2 * index);
  }

  #word(offset: number): number {
    return this.#words[offset >>> 1] ?? 0;
  }

  #doubleWord(offset: number): number {
    return this.#word(offset) + this.#word(offset + 2) * 65_536;
  }

  #headerFault(lastTransaction: number): string | null {
    const number = readNumber(this.bytes, PAGE_HEADER.pageNumber);
    const flags = this.bytes.readUInt16LE(PAGE_HEADER.flags);
    const lower = this.bytes.readUInt16LE(PAGE_HEADER.lower);
    const upper = this.bytes.readUInt16LE(PAGE_HEADER.upper);
    if (number !== this.number) return `its header says that it is page ${number}`;
    if (flags !== PAGE_FLAGS.branch && flags !== PAGE_FLAGS.leaf) return `it is of kind ${flags}, no page of a tree`;
    if (this.transaction > lastTransaction || this.transaction < 1) {
      return `its header says that transaction ${this.transaction} wrote it, and ${lastTransaction} was the last`;
    }
    if (this.count === 0) return 'it has no entries';
    if (lower % 2 !== 0 || lower > upper || upper > this.bytes.length - PAGE_HEADER_BYTES) {
      return `its free space goes from ${lower} to ${upper}`;
    }
    return null;
  }

  /** LMDB leaves no gap between nodes, whatever their order: each byte from `upper` to the page's end is one node's. */
  #nodesFault(): string | null {
    const pageBytes = this.bytes.length;
    const upper = PAGE_HEADER_BYTES + this.#word(PAGE_HEADER.upper);
    let fault: string | null = null;
    for (let index = 0; index < this.count && fault === null; index += 1) {
      const node = this.#node(index);
      if (node % 2 !== 0 || node < upper || node + NODE_HEADER_BYTES > pageBytes) {
        fault = `entry ${index} begins at ${node}`;
      } else {
        const size = this.#nodeBytes(node);
        fault = this.#nodeFault(index, node, size);
        sizes[node >>> 1] = size + (size & 1);
      }
    }
    let next = upper;
    let found = 0;
    for (let size = sizes[next >>> 1]; fault === null && size; size = sizes[next >>> 1]) {
      next += size;
      found += 1;
    }
    sizes.fill(0, upper >>> 1, (pageBytes >>> 1) + 1);
    if (fault !== null) return fault;
    return next === pageBytes && found === this.count ? null : 'its entries overlap, or leave gaps';
  }

  #nodeFault(index: number, node: number, size: number): string | null {
    const keyBytes = this.#word(node + NODE.keyBytes);
    // In a branch, nothing is less than what the first child holds, and so its key says nothing.
    const keyBytesMin = this.isLeaf || index > 0 ? 1 : 0;
    if (keyBytes < keyBytesMin || keyBytes > keyBytesMax(this.bytes.length)) {
      return `entry ${index} has a key of ${keyBytes} bytes`;
    }
    if (size > nodeBytesMax(this.bytes.length)) return `entry ${index} is ${size} bytes long`;
    return null;
  }

  #nodeBytes(node: number): number {
    const own = NODE_HEADER_BYTES + this.#word(node + NODE.keyBytes);
    if (!this.isLeaf) return own;
    const isOverflow = (this.#word(node + NODE.flags) & NODE_FLAGS.overflow) !== 0;
    return own + (isOverflow ? OVERFLOW_BYTES : this.#doubleWord(node + NODE.dataBytes));
  }

  #orderFault(order: KeyOrder): string | null {
    const first = this.isLeaf ? 0 : 1;
    for (let index = first; index < this.count; index += 1) {
      if (order !== 'bytes' && this.keyBytes(index) !== KEY_BYTES[order]) {
        return `entry ${index} has a key of ${this.keyBytes(index)} bytes`;
      }
      if (index > first && !this.#isAscending(index - 1, index, order)) return `entry ${index} is out of order`;
    }
    return null;
  }

  #isAscending(one: number, other: number, order: KeyOrder): boolean {
    return order === 'uint32'
      ? this.#doubleWord(this.#node(one) + NODE.key) < this.#doubleWord(this.#node(other) + NODE.key)
      : compareKeys(this.key(one), this.key(other), order) < 0;
  }
}

/** As LMDB does: negative, zero or positive. Integers must have their length. */
export function compareKeys(one: Buffer, other: Buffer, order: KeyOrder): number {
  switch (order) {
    case 'bytes':
      return Buffer.compare(one, other);
    case 'uint32':
      return one.readUInt32LE(0) - other.readUInt32LE(0);
    case 'uint64':
      return readNumber(one, 0) - readNumber(other, 0);
  }
}
