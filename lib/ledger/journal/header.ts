import { anotherVersion, damaged } from '../ledger-errors.js';
import { readSector, SECTOR_BYTES, writeSectors } from './sector.js';

/** In version 1 a frame was one commit. */
const FORMAT_VERSION = 2;

/** Sectors before the first frame: a page, so that one that goes back takes no commit and its confirmation back together. */
export const HEADER_SECTORS = 8;

/** The first sector of a journal. */
export interface JournalHeader {
  /** A commit that is in the journal, or was until LMDB had it: a journal that ends before it has lost what it held. */
  readonly confirmed: number;
}

/** Writes the header's sector at the start of `target`. */
export function writeHeader(target: Buffer, { confirmed }: JournalHeader): Buffer {
  writeSectors(target, Buffer.from([FORMAT_VERSION]), confirmed);
  return target.subarray(0, SECTOR_BYTES);
}

/**
 * @param name of the journal, for messages
 * @throws TreplicaError LEDGER_DAMAGED or LEDGER_VERSION
 */
export function readHeader(journal: Buffer, name: string): JournalHeader {
  const sector = readSector(journal, 0);
  if (sector === null || sector === 'damaged') throw damaged(name, 'its first sector is not what was written');
  const version = sector.content[0];
  if (version !== FORMAT_VERSION) {
    throw anotherVersion(name, `journal format ${String(version)}, and this Treplica reads ${FORMAT_VERSION}`);
  }
  return { confirmed: sector.sequence };
}
