import { readFileSync } from 'node:fs';
import { expect } from '@jest/globals';
import fc from 'fast-check';

import { HEADER_SECTORS } from '../../../lib/ledger/journal/header.js';
import { Journal } from '../../../lib/ledger/journal/journal.js';
import { journalFile } from '../../../lib/ledger/journal/journal-file.js';
import { commitBytesMax, encodeCommits, type JournaledCommit } from '../../../lib/ledger/journal/journaled-commit.js';
import { type JournalScan, scanJournal } from '../../../lib/ledger/journal/scan.js';
import { readSector, SECTOR_BYTES } from '../../../lib/ledger/journal/sector.js';
import type { RecordKey } from '../../../lib/ledger/records/inventory.js';
import { at } from '../records.js';

/** Of a journal, as many as the commits here take. */
export const SECTORS = 320;
/** The last commit that LMDB has when a journal here is begun. */
export const BEGIN = 7;

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 30 }),
  fc.nat(3_000).map((length) => new Uint8Array(length).fill(length)),
);
export const value = bytes.map((content) => Buffer.from(content));
const entry = fc.tuple(fc.maxSafeNat(), value);
const meta = fc.tuple(fc.string({ maxLength: 20, unit: 'binary' }), fc.option(value));
export const commit: fc.Arbitrary<JournaledCommit> = fc.record({
  queueName: fc.string({ minLength: 1, maxLength: 30 }),
  values: fc
    .array(fc.oneof({ weight: 3, arbitrary: entry }, meta), { maxLength: 5 })
    .map((list) => new Map(list as [RecordKey, Buffer | null][])),
  inventory: value,
  start: fc.maxSafeNat().map(at),
});
/** What is appended at one go. */
export const group = fc.array(commit, { minLength: 1, maxLength: 2 });
/** What is appended between one time that LMDB gets everything and the next. */
export const rounds = fc.array(fc.array(group, { maxLength: 4 }), { minLength: 1, maxLength: 3 });

export type Group = readonly JournaledCommit[];

/** A journal into which rounds of commits have been written. */
interface Written {
  /** The last commit that LMDB has. */
  readonly applied: number;
  /** What LMDB does not have. */
  readonly groups: readonly Group[];
  /** The number of the last of them. */
  readonly last: number;
  /** The file before each append and after the last, whose header confirms nothing of it. */
  readonly states: readonly Buffer[];
  /** The file once its header confirms everything. */
  readonly confirmed: Buffer;
}

/** Writes these into a journal in `directory`. */
export function write(directory: string, sequence: readonly (readonly Group[])[]): Written {
  const journal = Journal.create(directory, BEGIN);
  const read = (): Buffer => readFileSync(journalFile(directory)).subarray(0, SECTORS * SECTOR_BYTES);
  const states = [read()];
  let applied = BEGIN;
  for (const [round, groups] of sequence.entries()) {
    if (round > 0) {
      journal.restart(journal.sequence + 1);
      applied = journal.sequence;
    }
    for (const one of groups) {
      journal.append(one);
      states.push(read());
    }
  }
  const last = journal.sequence;
  journal.close();
  return { applied, groups: sequence.at(-1)!, last, states, confirmed: read() };
}

/** As text: jest compares large arrays slowly. */
export function told({ commits, last }: JournalScan): string {
  const frames = commits.map((one) => encodeCommits(Buffer.alloc(commitBytesMax(one)), [one]).toString('latin1'));
  return `${String(last)} ${frames.join('\n')}`;
}

export function scan(journal: Buffer, applied: number): string {
  return told(scanJournal(journal, applied, 'journal'));
}

/** What a scan finds; null where that is damage. */
export function found(journal: Buffer, applied: number): string | null {
  try {
    return scan(journal, applied);
  } catch (error) {
    expect(error).toMatchObject({ code: 'LEDGER_DAMAGED' });
    return null;
  }
}

/** A copy in which `count` sectors from `first` on are those of `other`, or zeros. */
export function replaced(journal: Buffer, first: number, count: number, other: Buffer | null): Buffer {
  const copy = Buffer.from(journal);
  const [start, end] = [first * SECTOR_BYTES, (first + count) * SECTOR_BYTES];
  if (other === null) copy.fill(0, start, end);
  else other.copy(copy, start, start, end);
  return copy;
}

export function sector(journal: Buffer, number: number): Buffer {
  return journal.subarray(number * SECTOR_BYTES, (number + 1) * SECTOR_BYTES);
}

/** Sectors of commits after `applied`. */
export function sectorsBeyond(journal: Buffer, applied: number): number[] {
  const numbers = Array.from({ length: SECTORS - HEADER_SECTORS }, (_, index) => HEADER_SECTORS + index);
  return numbers.filter((number) => sequenceIn(journal, number) > applied);
}

export type Sector = Exclude<ReturnType<typeof readSector>, 'damaged' | null>;

/** Of the commit that a sound sector is a part of; 0 where none has been written. */
export function sequenceIn(journal: Buffer, number: number): number {
  const read = readSector(journal, number);
  return read === null ? 0 : (read as Sector).sequence;
}
