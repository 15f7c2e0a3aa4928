import { damaged } from '../ledger-errors.js';
import { HEADER_SECTORS, readHeader } from './header.js';
import { decodeCommits, type JournaledCommit } from './journaled-commit.js';
import { readSector, SECTOR_BYTES } from './sector.js';

/** The commits of a journal that LMDB does not have. */
export interface JournalScan {
  /** In the order of their commits. */
  readonly commits: readonly JournaledCommit[];
  /** The sequence number of the last one. */
  readonly last: number;
}

/**
 * Reads a journal from the commit after `applied` on, the last that LMDB has. It ends before the first frame that is not
 * there whole because a crash has cut it short: no caller has been told of that commit.
 * @param name of what is damaged if it is
 * @throws TreplicaError LEDGER_DAMAGED where a frame that was written is changed or missing, or LEDGER_VERSION
 */
export function scanJournal(journal: Buffer, applied: number, name: string): JournalScan {
  const { confirmed } = readHeader(journal, name);
  const commits: JournaledCommit[] = [];
  const sectors = Math.floor(journal.length / SECTOR_BYTES);
  let last = applied;
  let at = HEADER_SECTORS;
  while (at < sectors) {
    const frame = readFrame(journal, at, applied, last + 1, name);
    if (frame === null) break;
    commits.push(...decode(frame.bytes, last + 1, name));
    last += 1;
    at += frame.sectors;
  }
  for (let later = at; later < sectors; later += 1) {
    const sector = readSector(journal, later);
    if (sector === null || sector === 'damaged' || sector.sequence <= last + 1) continue;
    throw damaged(name, `commit ${last + 1} is missing, and part of commit ${sector.sequence} is there`);
  }
  if (confirmed > last) throw damaged(name, `it ends with commit ${last}, and commit ${confirmed} was written`);
  return { commits, last };
}

/** The frame with `sequence` that begins at sector `at`; null where it was never written, or not whole. */
function readFrame(
  journal: Buffer,
  at: number,
  applied: number,
  sequence: number,
  name: string,
): { readonly bytes: Buffer; readonly sectors: number } | null {
  const contents: Buffer[] = [];
  for (let index = 0, count = 1; index < count; index += 1) {
    const sector = readSector(journal, at + index);
    if (sector === 'damaged') throw damaged(name, `sector ${at + index} of it is not what was written`);
    // The sector was written in an earlier round, of which LMDB has everything.
    if (sector === null || sector.sequence <= applied) return null;
    if (sector.sequence !== sequence || sector.index !== index || (index > 0 && sector.count !== count)) {
      throw damaged(name, `commit ${sequence} is missing, and part of commit ${sector.sequence} lies in its place`);
    }
    ({ count } = sector);
    contents.push(sector.content);
  }
  return { bytes: Buffer.concat(contents), sectors: contents.length };
}

function decode(bytes: Buffer, sequence: number, name: string): JournaledCommit[] {
  try {
    return decodeCommits(bytes);
  } catch (cause) {
    throw damaged(name, `commit ${sequence} in it does not parse`, cause);
  }
}
