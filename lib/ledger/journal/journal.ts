/**
 * The journal of a ledger directory: commits that are durable and not yet in LMDB. LMDB makes a commit durable with two
 * syncs and half a dozen pages. A small commit is appended here instead, with one sync of one page that is already part of
 * the file; later, many of them go to LMDB together (write-ahead logging; Mohan et al., ARIES, 1992, section 1.1).
 *
 * Commits are numbered. LMDB notes the last one that it has, in the transaction that brings it there; what the journal
 * holds up to that one is superfluous, and the journal begins from its start again.
 */
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  futimesSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

import { assert } from '../../model/assert.js';
import { constants } from '../../model/constants.js';
import { damaged } from '../ledger-errors.js';
import { syncDirectory } from '../lmdb/directory.js';
import { HEADER_SECTORS, readHeader, writeHeader } from './header.js';
import { journalFile } from './journal-file.js';
import { commitBytesMax, encodeCommits, type JournaledCommit } from './journaled-commit.js';
import { type JournalScan, scanJournal } from './scan.js';
import { SECTOR_BYTES, sectorsOf, writeSectors } from './sector.js';

const SECTORS = constants.journalBytes / SECTOR_BYTES;

/**
 * From the last commit that was found in a journal to the number that the next journal begins with: between them lies the
 * one that an owner that is alive after all may be writing.
 */
export const JOURNAL_GAP = 2;

const NOTHING: JournalScan = { commits: [], last: 0 };

/**
 * The commits in the journal in `directory` that LMDB does not have. `appliedOf` tells the number of the last commit
 * that LMDB has; 0 where LMDB has never had one, and then there need not be a journal. It is asked when the journal has
 * been read: a commit that is brought to LMDB meanwhile is then in LMDB, and superfluous in the bytes that have been
 * read.
 * @throws TreplicaError LEDGER_DAMAGED or LEDGER_VERSION
 */
export function readJournal(directory: string, appliedOf: () => number): JournalScan {
  const path = journalFile(directory);
  const name = `journal ${path}`;
  const journal = existsSync(path) ? readFileSync(path) : null;
  const applied = appliedOf();
  if (journal === null) {
    if (applied === 0) return NOTHING;
    throw damaged(name, 'it is missing');
  }
  if (journal.length !== constants.journalBytes) {
    throw damaged(name, `it has ${journal.length} bytes, and ${constants.journalBytes} were written`);
  }
  if (applied > 0) return scanJournal(journal, applied, name);
  const { confirmed } = readHeader(journal, name);
  if (confirmed <= JOURNAL_GAP) return NOTHING;
  throw damaged(
    `ledger in directory ${directory}`,
    `it had commit ${confirmed}, and its data file is missing or empty`,
  );
}

/** Writes a journal. After any error it must not be used again. */
export class Journal {
  readonly #fd: number;
  /** Where the next frame begins. */
  #sector = HEADER_SECTORS;
  #sequence: number;
  #confirmed: number;
  #confirming: NodeJS.Timeout | null = null;
  /** The error of a write for which no caller waited. */
  #failure: Error | null = null;
  readonly #frame = Buffer.allocUnsafe(constants.journalCommitBytesMax);
  readonly #sectors = Buffer.allocUnsafe(sectorsOf(constants.journalCommitBytesMax) * SECTOR_BYTES);
  readonly #header = Buffer.alloc(SECTOR_BYTES);

  /**
   * An empty journal in `directory`, in place of the one that is there: all of that must be in LMDB, and `sequence` beyond
   * all commits in it. It is another file, so that a process that still writes the old one cannot spoil it.
   */
  static create(directory: string, sequence: number): Journal {
    const path = journalFile(directory);
    const bytes = Buffer.alloc(constants.journalBytes);
    writeHeader(bytes, { confirmed: sequence });
    const next = `${path}.new`;
    const fd = openSync(next, 'w');
    try {
      // Written, not only reserved: a sync then has nothing to do but the page of the commit.
      writeAll(fd, bytes, 0);
      fsyncSync(fd);
      renameSync(next, path);
      syncDirectory(dirname(path));
    } catch (error) {
      closeSync(fd);
      rmSync(next, { force: true });
      throw error;
    }
    return new Journal(fd, sequence);
  }

  private constructor(fd: number, sequence: number) {
    this.#fd = fd;
    this.#sequence = sequence;
    this.#confirmed = sequence;
  }

  /** The number of the last commit. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Whether they are small enough for one frame and there is room; if not, LMDB is to have them and all before them. */
  hasRoomFor(commits: readonly JournaledCommit[]): boolean {
    let bytes = 0;
    for (const commit of commits) bytes += commitBytesMax(commit);
    return bytes <= constants.journalCommitBytesMax && this.#sector + sectorsOf(bytes) <= SECTORS;
  }

  /**
   * Returns when the commits, for which there is room, are durable: in one frame, of which a crash leaves all or nothing.
   * @throws Error of the system; all of them may be durable, or none
   */
  append(commits: readonly JournaledCommit[]): void {
    if (this.#failure !== null) throw this.#failure;
    assert(this.hasRoomFor(commits), 'a commit is journaled where there is room', { sector: this.#sector });
    const frame = encodeCommits(this.#frame, commits);
    const bytes = writeSectors(this.#sectors, frame, this.#sequence + 1);
    writeAll(this.#fd, this.#sectors.subarray(0, bytes), this.#sector * SECTOR_BYTES);
    fdatasyncSync(this.#fd);
    this.#sequence += 1;
    this.#sector += bytes / SECTOR_BYTES;
    this.#confirmSoon();
  }

  /** For when LMDB has everything up to `sequence`; the last commit may never have been here. */
  restart(sequence: number): void {
    assert(sequence >= this.#sequence, 'LMDB has all that was journaled', { sequence, journaled: this.#sequence });
    this.#sequence = sequence;
    this.#sector = HEADER_SECTORS;
    this.#confirmSoon();
  }

  /** Lets other processes see that the journal is in use. */
  touch(): void {
    const now = Date.now() / 1000;
    futimesSync(this.#fd, now, now);
  }

  /** Idempotent. */
  close(): void {
    if (this.#confirming) clearTimeout(this.#confirming);
    this.#confirm();
    closeSync(this.#fd);
  }

  /**
   * A journal that is damaged at its very end looks as if a crash had cut it short, and LMDB's file as it was one
   * transaction ago is as sound as the last, so the header, in a page of its own, soon tells how far it went. Not at
   * once: every commit would have to sync two pages.
   */
  #confirmSoon(): void {
    this.#confirming ??= setTimeout(() => {
      this.#confirming = null;
      this.#confirm();
    }, constants.journalConfirmMs).unref();
  }

  #confirm(): void {
    if (this.#confirmed === this.#sequence) return;
    this.#confirmed = this.#sequence;
    try {
      writeAll(this.#fd, writeHeader(this.#header, { confirmed: this.#confirmed }), 0);
    } catch (error) {
      this.#failure = error as Error;
    }
  }
}

function writeAll(fd: number, bytes: Buffer, position: number): void {
  for (let written = 0; written < bytes.length;) {
    written += writeSync(fd, bytes, written, bytes.length - written, position + written);
  }
}
