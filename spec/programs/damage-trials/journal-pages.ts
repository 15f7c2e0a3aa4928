import { readFileSync } from 'node:fs';

import { HEADER_SECTORS, readHeader } from '../../../lib/ledger/journal/header.js';
import { readSector, SECTOR_BYTES } from '../../../lib/ledger/journal/sector.js';
import type { KnownPages } from './page-kinds.js';

export const JOURNAL_PAGE_KINDS = [
  'header of the journal',
  'commits of the journal',
  'last commits of the journal',
  'rest of the journal',
] as const;
export type JournalPageKind = (typeof JOURNAL_PAGE_KINDS)[number];

const PAGE_SECTORS = 8;

export interface KnownJournal extends KnownPages<JournalPageKind> {
  /** From here on are commits that the header does not confirm: until it does, they may be taken for cut short by a crash. */
  readonly unconfirmedFrom: number;
}

/** What each page of a sound journal is for. */
export function kindsOfJournal(path: string): KnownJournal {
  const journal = readFileSync(path);
  const { confirmed } = readHeader(journal, path);
  const sequences = sequencesOf(journal);
  const unconfirmed = sequences.findIndex((sequence) => sequence > confirmed);
  const unconfirmedFrom = HEADER_SECTORS + (unconfirmed < 0 ? sequences.length : unconfirmed);
  const end = HEADER_SECTORS + sequences.length;
  const kinds = Array.from({ length: journal.length / SECTOR_BYTES / PAGE_SECTORS }, (_, page): JournalPageKind => {
    const first = page * PAGE_SECTORS;
    if (first < HEADER_SECTORS) return 'header of the journal';
    if (first < unconfirmedFrom) return 'commits of the journal';
    return first < end ? 'last commits of the journal' : 'rest of the journal';
  });
  return { pageBytes: PAGE_SECTORS * SECTOR_BYTES, kinds, unconfirmedFrom: unconfirmedFrom * SECTOR_BYTES };
}

/** Of each sector, from the first commit to the last, the number of the commit. What follows is older, or was never written. */
function sequencesOf(journal: Buffer): number[] {
  const sequences: number[] = [];
  for (let number = HEADER_SECTORS; ; number += 1) {
    const sector = readSector(journal, number);
    if (sector === null || sector === 'damaged' || sector.sequence < (sequences.at(-1) ?? 0)) return sequences;
    sequences.push(sector.sequence);
  }
}
