import { readNumber } from './layout.js';
import type { PageSet } from './page-set.js';

const NUMBER_BYTES = 8;

/**
 * The fault of the list of free pages that one entry of the free list holds, null if there is none. The list consists
 * of its length, then numbers of single pages, zeros, and runs of pages, each as its length made negative and its first
 * page.
 */
export function freeListFault(list: Buffer, used: PageSet): string | null {
  if (list.length < NUMBER_BYTES || list.length % NUMBER_BYTES !== 0) return `its value has ${list.length} bytes`;
  const count = readNumber(list, 0);
  if (count * NUMBER_BYTES + NUMBER_BYTES > list.length) {
    return `it is said to have ${count} numbers, in ${list.length} bytes`;
  }
  for (let index = 1; index <= count; index += 1) {
    const number = readSigned(list, index);
    if (number === 0) continue;
    let run = 1;
    if (number < 0) {
      run = -number;
      index += 1;
      if (index > count) return 'it ends before the first page of a run';
    }
    const fault = used.free(readSigned(list, index), run);
    if (fault !== null) return fault;
  }
  return null;
}

/** Rounded where it is above 2^53, and so still out of every bound. */
function readSigned(list: Buffer, index: number): number {
  const offset = index * NUMBER_BYTES;
  return list.readUInt32LE(offset) + list.readInt32LE(offset + 4) * 2 ** 32;
}
