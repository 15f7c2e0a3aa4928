/**
 * How much address space a ledger maps. LMDB maps its file with room to grow: to enlarge a map stalls the process, and where
 * the system has no address space left, a signal ends the process.
 */
import { statSync } from 'node:fs';

import { constants } from '../../model/constants.js';
import { TreplicaError } from '../../model/errors.js';
import { dataFile } from './data-file.js';
import { addressSpaceInUse, limitOf } from './system-limits.js';

const PAGE_BYTES = 4_096;

/** A smaller map is of no use. */
const MAP_BYTES_MIN = 64 * 1024 * 1024;

/** Bytes that a transaction may take in addition to its values. */
const TRANSACTION_BYTES = 16 * 1024 * 1024;

/** Free bytes that the map needs for each byte of a value: a value fills some pages only in part. */
const ROOM_FACTOR = 2;

/**
 * How many bytes are mapped for the ledger in `directory`: where the address space of this process is limited, half of what
 * is left of it.
 * @throws TreplicaError LEDGER_FAILED where that is too little
 */
export function mapBytesFor(directory: string): number {
  const limit = limitOf('address space');
  if (limit === Infinity) return constants.mapBytes;
  const left = limit - addressSpaceInUse();
  const bytes = Math.min(constants.mapBytes, Math.floor(left / 2 / PAGE_BYTES) * PAGE_BYTES);
  const needed = Math.max(MAP_BYTES_MIN, ROOM_FACTOR * fileBytes(directory) + TRANSACTION_BYTES);
  if (bytes < needed) throw tooLittle(directory, `it would be given ${Math.max(0, bytes)} bytes and needs ${needed}`);
  return bytes;
}

/** Asserts that a map takes further values. */
export class MapRoom {
  readonly #directory: string;
  readonly #mapBytes: number;

  constructor(directory: string, mapBytes: number) {
    this.#directory = directory;
    this.#mapBytes = mapBytes;
  }

  /**
   * @param bytes of the values that are about to be written, together
   * @throws TreplicaError LEDGER_FAILED where LMDB would have to map more than the address space may have
   */
  assertFor(bytes: number): void {
    if (this.#mapBytes === constants.mapBytes) return;
    const needed = fileBytes(this.#directory) + ROOM_FACTOR * bytes + TRANSACTION_BYTES;
    if (needed > this.#mapBytes)
      throw tooLittle(this.#directory, `${this.#mapBytes} bytes are mapped, ${needed} needed`);
  }
}

function fileBytes(directory: string): number {
  return statSync(dataFile(directory), { throwIfNoEntry: false })?.size ?? 0;
}

function tooLittle(directory: string, why: string): TreplicaError {
  return new TreplicaError(
    'LEDGER_FAILED',
    `The ledger in directory ${directory} does not fit the address space that this process may use, ${limitOf('address space')} bytes: ${why}. Raise the limit (ulimit -v, RLIMIT_AS) or lift it, then start the process again. With no limit, ${constants.mapBytes} bytes are mapped, which take no memory.`,
  );
}
