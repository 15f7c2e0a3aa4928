import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { Journal, JOURNAL_GAP } from '../../../lib/ledger/journal/journal.js';
import { journalFile } from '../../../lib/ledger/journal/journal-file.js';
import type { Ledger } from '../../../lib/ledger/ledger.js';
import { readStored } from '../../../lib/ledger/lmdb/data-file.js';
import { openLmdbLedger } from '../../../lib/ledger/lmdb/lmdb-ledger.js';
import { OWNER_KEY, ownerOf } from '../../../lib/ledger/lmdb/owner.js';
import { describeSelf, giveUp } from '../../../lib/ledger/lmdb/owner-process.js';
import { OWNER } from '../../../lib/ledger/lmdb/table-names.js';
import { seal, SEAL_BYTES } from '../../../lib/ledger/records/seal.js';
import type { LedgerRecord } from '../../../lib/model/records.js';
import { soon } from '../../support/soon.js';
import { committed, QUEUE } from '../ledger-place.js';
import { remove, tamper, temporaryDirectory } from '../lmdb/lmdb-files.js';
import { WriterProcess } from '../lmdb/writer-process.js';
import { at, BALLOT, END, entryAt, voteAt } from '../records.js';
import { filesOf, toldAfterCrash, toldBy } from './crash-states.js';

let directory: string;
let writer: WriterProcess | null;

beforeEach(() => {
  directory = temporaryDirectory();
  writer = null;
});
afterEach(async () => {
  await writer?.kill();
  remove(directory);
});

describe('an owner that was thought dead', () => {
  const taken = expect.objectContaining({ code: 'DIRECTORY_IN_USE', message: expect.stringContaining('has taken') });
  const mark = 'from an owner that was thought dead';
  const marked = (instance: number): LedgerRecord => {
    const batch = { ...entryAt(instance).vote!.batch, body: Buffer.from(mark) };
    return { kind: 'entry', entry: { ...entryAt(instance), vote: { ballot: BALLOT, batch } } };
  };

  it('leaves what it has journaled to the next, and writes nothing into the journal of that one', async () => {
    const ledger = openLmdbLedger(directory, QUEUE);
    await committed(ledger, voteAt(0), voteAt(1), { kind: 'watermark', watermark: at(2) });
    await tamper(directory, 'owner', OWNER_KEY, () => null);
    const next = (writer = new WriterProcess(directory, ['100']));
    await next.says(5);
    await expect(committed(ledger, marked(2))).rejects.toEqual(taken);
    await expect(committed(ledger, marked(3))).rejects.toEqual(taken);
    await ledger.close();
    expect(filesOf(directory).journal.includes(mark)).toBe(false);
    await next.says(next.lines.length + 5);
    await next.kill();
    const again = openLmdbLedger(directory, QUEUE);
    expect(again.load().watermark).toBeGreaterThan(next.last);
    const [first, second, ...others] = again.read(at(0), END, Infinity);
    expect([first, second]).toEqual([entryAt(0), entryAt(1)]);
    expect(others.length).toBeGreaterThan(8);
    expect(others.every(({ vote }) => vote?.batch.body.length === 100)).toBe(true);
    await again.close();
  });

  it('is told so of what it appends before the next has read the journal, which then has it', async () => {
    const ledger = openLmdbLedger(directory, QUEUE);
    await committed(ledger, voteAt(0));
    // The next owner does this first. Its process has ended since: the number is that of a later one.
    const record = { ...describeSelf(directory), pid: 1, startTime: 'earlier', token: 'next' };
    giveUp(record);
    const sealed = Buffer.concat([Buffer.alloc(SEAL_BYTES), Buffer.from(JSON.stringify(record))]);
    await tamper(directory, 'owner', OWNER_KEY, () => seal(sealed, crc32(OWNER_KEY)));
    await expect(committed(ledger, marked(1))).rejects.toEqual(taken);
    expect(filesOf(directory).journal.includes(mark)).toBe(true);
    await ledger.close();
    const next = openLmdbLedger(directory, QUEUE);
    const entries = next.read(at(0), END, Infinity);
    expect(entries.map(({ vote }) => String(vote?.batch.body))).toEqual([expect.anything(), mark]);
    await next.close();
  });
});

describe('an owner that was thought dead while it opened the ledger', () => {
  /** A command that runs another one and meddles with its `openat` of one file; null where it may not. */
  function meddling(path: string, how: string): readonly string[] | null {
    const output = ['-f', '-qq', '-o', join(directory, 'calls')];
    const options = [...output, '-P', path, '-e', 'openat', '-e', `inject=openat:${how}`];
    if (spawnSync('strace', [...options, 'true']).status === 0) return ['strace', ...options];
    console.warn('strace is not installed or not permitted: what a late owner does has not been shown');
    return null;
  }

  const ownerRecord = (): Buffer | undefined => readStored(directory, { table: OWNER, key: OWNER_KEY });

  /** The ledger of the next owner, which has committed something. */
  async function taking(): Promise<Ledger> {
    await tamper(directory, 'owner', OWNER_KEY, () => null);
    const next = openLmdbLedger(directory, QUEUE);
    // The late owner may have committed something too, where the computer is slow.
    await committed(next, voteAt(next.load().watermark));
    return next;
  }

  /** Its files hold everything that `next` keeps, whatever is lost with its process: also what its journal alone has. */
  async function expectSurvival(next: Ledger): Promise<void> {
    await committed(next, voteAt(next.load().watermark + 1));
    const files = filesOf(directory);
    // LMDB has now what was in the journal alone.
    next.read(next.start, END, 0);
    expect(await toldAfterCrash(directory, files)).toBe(toldBy(next));
  }

  /** The directory before the first of its owners, or after one that has closed its ledger. */
  const pasts: readonly (readonly [string, () => Promise<void>])[] = [
    // There is a journal alone, so that also the first owner reads one.
    [
      'new',
      () => {
        Journal.create(directory, JOURNAL_GAP).close();
        return Promise.resolve();
      },
    ],
    [
      'known',
      async () => {
        const ledger = openLmdbLedger(directory, QUEUE);
        await committed(ledger, voteAt(0), { kind: 'watermark', watermark: at(1) });
        await ledger.close();
      },
    ],
  ];

  it.each(pasts)('writes nothing into a %s directory where another has taken it meanwhile', async (_which, prepare) => {
    // It stops where it reads the journal, when it has taken the directory and has written nothing more.
    const stopping = meddling(journalFile(directory), 'signal=SIGSTOP:when=1');
    if (stopping === null) return;
    await prepare();
    const late = (writer = new WriterProcess(directory, ['100'], stopping));
    await soon(() => expect(readFileSync(join(directory, 'calls'), 'utf8')).toContain('stopped by SIGSTOP'));
    const { pid } = ownerOf(ownerRecord(), directory)!;
    const gone = once(late.child, 'close');
    const next = await taking().finally(() => process.kill(pid, 'SIGCONT'));
    await gone;
    expect(late.lines).toEqual([]);
    await expectSurvival(next);
    await next.close();
  });

  it.each(pasts)(
    "does not put its journal in the place of the next one's in a %s directory",
    async (_which, prepare) => {
      // It begins its journal a second later: before the next owner takes the directory, or else not at all.
      const delaying = meddling(`${journalFile(directory)}.new`, 'delay_enter=1000000');
      if (delaying === null) return;
      await prepare();
      const late = (writer = new WriterProcess(directory, ['100'], delaying));
      await soon(() => expect(ownerRecord()).toBeDefined());
      const gone = once(late.child, 'close');
      const next = await taking();
      await gone;
      await expectSurvival(next);
      await next.close();
    },
  );
});
