import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

import { damaged } from './ledger-errors.js';

/** The two files that LMDB keeps in the directory of an environment. */
export function dataFile(directory: string): string {
  return join(directory, 'data.mdb');
}

export function lockFile(directory: string): string {
  return join(directory, 'lock.mdb');
}

// Where LMDB's data format 2 keeps what we look at, on a 64-bit machine: in each meta page and from its start.
const MAGIC = { offset: 24, value: 0xbeefc0de };
const VERSION = { offset: 28, value: 2 };
const PAGE_BYTES = { offset: 48, min: 512 };
const ROOTS = [{ offset: 88 }, { offset: 136 }];
const TRANSACTION = { offset: 152 };
const META_BYTES = 160;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;

/**
 * Refuses a data file that has been zeroed or cut short, which LMDB would map and then end the process with a signal.
 * Looks only at the two meta pages, and so finds many such files and not all.
 * @throws TreplicaError LEDGER_DAMAGED
 */
export function checkDataFile(directory: string): void {
  const path = dataFile(directory);
  const fd = openSync(path, 'r');
  try {
    checkMetaPages(fd, `data file ${path}`);
  } finally {
    closeSync(fd);
  }
}

function checkMetaPages(fd: number, name: string): void {
  // LMDB would take it for a new one, and this process would silently forget what it was.
  if (fstatSync(fd).size === 0) throw damaged(name, 'it is empty, cut short or interrupted in its creation');
  const first = readMeta(fd, 0);
  if (first.readUInt32LE(MAGIC.offset) !== MAGIC.value) throw damaged(name, 'its first page is not the one LMDB wrote');
  // LMDB refuses other versions by itself.
  if (first.readUInt16LE(VERSION.offset) !== VERSION.value) return;
  const pageBytes = first.readUInt32LE(PAGE_BYTES.offset);
  const second = readMeta(fd, pageBytes);
  if (pageBytes < PAGE_BYTES.min || second.readUInt32LE(MAGIC.offset) !== MAGIC.value) {
    throw damaged(name, 'its second page is not the one LMDB wrote');
  }
  const isSecondNewer = second.readBigUInt64LE(TRANSACTION.offset) > first.readBigUInt64LE(TRANSACTION.offset);
  const newest = isSecondNewer ? second : first;
  // Asked for last: another process may be making the file longer at this moment.
  const fileBytes = fstatSync(fd).size;
  for (const { offset } of ROOTS) {
    const page = newest.readBigUInt64LE(offset);
    if (page !== NO_PAGE && (page + 1n) * BigInt(pageBytes) > BigInt(fileBytes)) {
      throw damaged(name, `it has been cut short: it has ${fileBytes} bytes, and page ${page} is missing`);
    }
  }
}

/** Reads as zeros where the file has ended. */
function readMeta(fd: number, position: number): Buffer {
  const bytes = Buffer.alloc(META_BYTES);
  readSync(fd, bytes, 0, META_BYTES, position);
  return bytes;
}
