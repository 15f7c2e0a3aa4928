import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { readHeader } from '../../../lib/ledger/journal/header.js';
import { Journal, JOURNAL_GAP, readJournal } from '../../../lib/ledger/journal/journal.js';
import { journalFile } from '../../../lib/ledger/journal/journal-file.js';
import {
  commitBytesMax,
  decodeCommits,
  encodeCommits,
  type JournaledCommit,
} from '../../../lib/ledger/journal/journaled-commit.js';
import { readSector, SECTOR_BYTES, sectorsOf, writeSectors } from '../../../lib/ledger/journal/sector.js';
import { constants } from '../../../lib/model/constants.js';
import { repetitions } from '../../support/repetitions.js';
import { soon } from '../../support/soon.js';
import { remove, temporaryDirectory } from '../lmdb/lmdb-files.js';
import { at } from '../records.js';
import {
  BEGIN,
  commit,
  found,
  type Group,
  group,
  replaced,
  rounds,
  scan,
  type Sector,
  sector,
  SECTORS,
  sectorsBeyond,
  sequenceIn,
  told,
  value,
  write,
} from './written-journal.js';

const PAGE_SECTORS = 8;
const seed = fc.nat();

let directory: string;

beforeAll(() => {
  directory = temporaryDirectory();
});
afterAll(() => remove(directory));

describe('commits in one frame of the journal', () => {
  it('take no more bytes than are counted for them, and are read as they were written', () => {
    const run = (commits: JournaledCommit[]): void => {
      const max = commits.reduce((sum, one) => sum + commitBytesMax(one), 0);
      const frame = Buffer.from(encodeCommits(Buffer.alloc(max), commits));
      expect(decodeCommits(frame)).toEqual(commits);
      expect(() => decodeCommits(frame.subarray(0, -1))).toThrow(RangeError);
      expect(() => decodeCommits(Buffer.concat([frame, Buffer.alloc(1)]))).toThrow(RangeError);
    };
    fc.assert(fc.property(fc.array(commit, { minLength: 1, maxLength: 4 }), run));
  });

  it('is cut into sectors that tell which they are', () => {
    const run = (content: Buffer, sequence: number): void => {
      const count = sectorsOf(content.length);
      const target = Buffer.alloc(count * SECTOR_BYTES, 0xff);
      expect(writeSectors(target, content, sequence)).toBe(target.length);
      const sectors = Array.from({ length: count }, (_, index) => readSector(target, index) as Sector);
      for (const [index, one] of sectors.entries()) expect(one).toMatchObject({ sequence, index, count });
      expect(Buffer.concat(sectors.map((one) => one.content))).toEqual(content);
    };
    fc.assert(fc.property(value, fc.nat({ max: 2 ** 48 - 1 }), run));
  });
});

describe('a journal', () => {
  it('holds what was appended since LMDB got everything, and nothing of what was there before', () => {
    const run = (sequence: Group[][]): void => {
      const { states, confirmed, applied, groups, last } = write(directory, sequence);
      for (const state of [states.at(-1)!, confirmed])
        expect(scan(state, applied)).toBe(told({ commits: groups.flat(), last }));
    };
    fc.assert(fc.property(rounds, run), { numRuns: repetitions(20, 200) });
  });

  it('has all but the last commit where a crash has left any part of that unwritten', () => {
    const run = (sequence: Group[][], one: Group, kept: number): void => {
      const { states, applied, groups, last } = write(directory, [
        ...sequence.slice(0, -1),
        [...sequence.at(-1)!, one],
      ]);
      const [before, after] = [states.at(-2)!, states.at(-1)!];
      const earlier = told({ commits: groups.slice(0, -1).flat(), last: last - 1 });
      const changed = sectorsBeyond(after, last - 1);
      // Any of its sectors may have got to the disk before the others.
      const prefixes = changed.map((_, count) => changed.slice(0, count));
      const subset = changed.filter((_, index) => (kept >> (index % 31)) % 2 === 1);
      for (const written of [...prefixes, subset.length < changed.length ? subset : []]) {
        const torn = written.reduce((image, number) => replaced(image, number, 1, after), before);
        expect(scan(torn, applied)).toBe(earlier);
      }
    };
    fc.assert(fc.property(rounds, group, seed, run), { numRuns: repetitions(20, 200) });
  });

  it('finds any bit changed of what was written', () => {
    const run = (sequence: Group[][], bit: number): void => {
      const { states, applied } = write(directory, sequence);
      const journal = states.at(-1)!;
      const used = [0, ...sectorsBeyond(journal, applied)];
      for (const number of used) {
        const flipped = Buffer.from(journal);
        sector(flipped, number)[(bit >> 3) % SECTOR_BYTES]! ^= 1 << (bit & 7);
        expect(found(flipped, applied)).toBeNull();
      }
      const elsewhere = Buffer.from(journal);
      const number = bit % SECTORS;
      if (used.includes(number)) return;
      sector(elsewhere, number)[(bit >> 3) % SECTOR_BYTES]! ^= 1 << (bit & 7);
      expect([null, scan(journal, applied)]).toContain(found(elsewhere, applied));
    };
    fc.assert(fc.property(rounds, fc.nat(), run), { numRuns: repetitions(20, 200) });
  });

  it.each([
    ['sector', 1],
    ['page', PAGE_SECTORS],
  ])('finds a %s that is gone or went back, or has lost nothing by it, once that is confirmed', (_what, count) => {
    const run = (sequence: Group[][], pick: number): void => {
      const { states, confirmed, applied } = write(directory, sequence);
      const good = scan(confirmed, applied);
      for (let first = 0; first < sectorsBeyond(confirmed, 0).at(-1)!; first += count) {
        for (const other of [null, states[pick % states.length]!]) {
          const scanned = found(replaced(confirmed, first, count, other), applied);
          expect([null, good]).toContain(scanned);
          const isLost =
            other === null && sectorsBeyond(confirmed, applied).some((n) => first <= n && n < first + count);
          if (isLost) expect(scanned).toBeNull();
        }
      }
    };
    const some = rounds.filter((sequence) => sequence.some((commits) => commits.length > 0));
    fc.assert(fc.property(some, seed, run), { numRuns: repetitions(8, 100) });
  });

  it('takes what is gone of its last commit for a crash until that is confirmed, and never more', () => {
    const run = (sequence: Group[][], one: Group): void => {
      const { states, applied, groups, last } = write(directory, [
        ...sequence.slice(0, -1),
        [...sequence.at(-1)!, one],
      ]);
      const journal = states.at(-1)!;
      const earlier = told({ commits: groups.slice(0, -1).flat(), last: last - 1 });
      for (const number of sectorsBeyond(journal, applied)) {
        const scanned = found(replaced(journal, number, 1, null), applied);
        const isLast = sequenceIn(journal, number) === last;
        expect(scanned).toBe(isLast ? earlier : null);
      }
    };
    fc.assert(fc.property(rounds, group, run), { numRuns: repetitions(8, 100) });
  });

  it('finds that LMDB has gone back to any earlier time', () => {
    const run = (sequence: Group[][]): void => {
      const { confirmed, applied } = write(directory, sequence);
      for (let earlier = BEGIN; earlier < applied; earlier += 1) expect(found(confirmed, earlier)).toBeNull();
    };
    fc.assert(fc.property(rounds, run), { numRuns: repetitions(20, 200) });
  });

  it('confirms by itself that its last commit was there, and that LMDB has got it', async () => {
    const journal = Journal.create(directory, BEGIN);
    const confirmed = (): number => readHeader(readFileSync(journalFile(directory)), 'journal').confirmed;
    journal.append([{ queueName: 'queue', values: new Map(), inventory: Buffer.alloc(9), start: at(0) }]);
    expect(confirmed()).toBe(BEGIN);
    await soon(() => expect(confirmed()).toBe(BEGIN + 1));
    journal.restart(BEGIN + 2);
    await soon(() => expect(confirmed()).toBe(BEGIN + 2));
    journal.close();
  });

  it('has room for commits that are small, until it is full', () => {
    const journal = Journal.create(directory, BEGIN);
    const sized = (size: number): JournaledCommit => ({
      queueName: 'queue',
      values: new Map([[at(0), Buffer.alloc(size)]]),
      inventory: Buffer.alloc(0),
      start: at(0),
    });
    expect(journal.hasRoomFor([sized(constants.journalCommitBytesMax)])).toBe(false);
    const commits: JournaledCommit[] = [];
    while (journal.hasRoomFor([sized(20_000)])) {
      commits.push(sized(20_000));
      journal.append([sized(20_000)]);
    }
    expect(() => journal.append([sized(20_000)])).toThrow('where there is room');
    expect(scan(readFileSync(journalFile(directory)), BEGIN)).toBe(told({ commits, last: BEGIN + commits.length }));
    journal.restart(journal.sequence + 1);
    expect(journal.hasRoomFor([sized(20_000)])).toBe(true);
    journal.close();
  });

  it.each<[string, string, (path: string) => void]>([
    ['missing', 'it is missing', (path) => rmSync(path)],
    ['emptied', 'it has 0 bytes', (path) => truncateSync(path, 0)],
    ['cut short', 'it has 5000 bytes', (path) => truncateSync(path, 5_000)],
    ['longer', 'it has 600000 bytes', (path) => truncateSync(path, 600_000)],
    ['zeroed', 'its first sector', (path) => writeFileSync(path, Buffer.alloc(constants.journalBytes))],
  ])('that is %s is refused, unless LMDB has never had a commit', (_how, why, damage) => {
    Journal.create(directory, JOURNAL_GAP).close();
    expect(readJournal(directory, () => 0)).toEqual({ commits: [], last: 0 });
    damage(journalFile(directory));
    const refusal = expect.objectContaining({ code: 'LEDGER_DAMAGED', message: expect.stringContaining(why) });
    expect(() => readJournal(directory, () => JOURNAL_GAP)).toThrow(refusal);
  });

  it('of another version is told from a damaged one', () => {
    const journal = Buffer.alloc(constants.journalBytes);
    writeSectors(journal, Buffer.from([200]), BEGIN);
    expect(() => scan(journal, BEGIN)).toThrow(expect.objectContaining({ code: 'LEDGER_VERSION' }));
  });
});
