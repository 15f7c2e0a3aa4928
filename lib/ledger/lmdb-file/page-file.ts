import { fstatSync, readSync } from 'node:fs';

const BLOCK_BYTES = 64 * 1024;
const BLOCKS_MAX = 256;

interface Block {
  readonly bytes: Buffer;
  number: number;
}

/** The pages of a data file, read by `read(2)`: a signal would end a process that maps a file which is cut short. */
export class PageFile {
  readonly pageBytes: number;
  /** How many whole pages there are. */
  readonly pages: number;
  readonly #fd: number;
  /** Each block of the file has one place here, which it shares with others. */
  readonly #blocks: Block[] = [];

  /** `fd` stays the caller's. */
  constructor(fd: number, pageBytes: number) {
    this.#fd = fd;
    this.pageBytes = pageBytes;
    this.pages = Math.floor(fstatSync(fd).size / pageBytes);
  }

  /** The page, which must exist. Valid until the next call. */
  page(number: number): Buffer {
    const position = number * this.pageBytes;
    const blockNumber = Math.floor(position / BLOCK_BYTES);
    const block = (this.#blocks[blockNumber % BLOCKS_MAX] ??= { bytes: Buffer.alloc(BLOCK_BYTES), number: -1 });
    if (block.number !== blockNumber) {
      readInto(this.#fd, block.bytes, blockNumber * BLOCK_BYTES);
      block.number = blockNumber;
    }
    const start = position % BLOCK_BYTES;
    return block.bytes.subarray(start, start + this.pageBytes);
  }

  /** Bytes of the page and those after it, for what lies on many pages of which few bytes are wanted. */
  bytesOf(number: number, offset: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    readInto(this.#fd, bytes, number * this.pageBytes + offset);
    return bytes;
  }
}

/** Fills `bytes` from `position` on, with zeros where the file has ended. */
export function readInto(fd: number, bytes: Buffer, position: number): void {
  let length = 0;
  while (length < bytes.length) {
    const count = readSync(fd, bytes, length, bytes.length - length, position + length);
    if (count === 0) break;
    length += count;
  }
  bytes.fill(0, length);
}
