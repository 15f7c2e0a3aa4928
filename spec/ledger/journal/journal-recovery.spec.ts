import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { Journal, JOURNAL_GAP } from '../../../lib/ledger/journal/journal.js';
import { journalFile } from '../../../lib/ledger/journal/journal-file.js';
import { dataFile } from '../../../lib/ledger/lmdb/data-file.js';
import { openLmdbLedger } from '../../../lib/ledger/lmdb/lmdb-ledger.js';
import { constants } from '../../../lib/model/constants.js';
import { repetitions } from '../../support/repetitions.js';
import { committed, QUEUE } from '../ledger-place.js';
import { anyStep } from '../life-steps.js';
import { remove, temporaryDirectory } from '../lmdb/lmdb-files.js';
import { WRITER } from '../lmdb/writer-process.js';
import { LedgerModel } from '../model.js';
import { at, END, entryAt, voteAt } from '../records.js';
import { anySteps, filesOf, statesOf, type Step, text, toldAfterCrash } from './crash-states.js';

let directory: string;

beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => {
  remove(directory);
});

describe('a ledger whose owner was killed', () => {
  it('has everything after any commits, whatever of it LMDB had got', async () => {
    const run = async (sequence: Step[]): Promise<void> => {
      for (const state of await statesOf(directory, sequence))
        expect(await toldAfterCrash(directory, state)).toBe(state.told);
    };
    await fc.assert(fc.asyncProperty(anySteps, run), { numRuns: repetitions(4, 40) });
  });

  it('has everything after its log has been cut or has begun anew', async () => {
    const run = async (sequence: Step[], pick: number): Promise<void> => {
      const states = await statesOf(directory, sequence);
      const state = states[pick % states.length]!;
      expect(await toldAfterCrash(directory, state)).toBe(state.told);
    };
    const steps = fc.array(anyStep(constants.segmentInstances), { minLength: 2, maxLength: 12 });
    await fc.assert(fc.asyncProperty(steps, fc.nat(), run), { numRuns: repetitions(8, 80) });
  });

  it('has everything, or is damaged, where the data file has gone back to any earlier time', async () => {
    const run = async (sequence: Step[], pick: number): Promise<void> => {
      const states = await statesOf(directory, sequence);
      const { journal, told } = states.at(-1)!;
      const { data } = states[pick % states.length]!;
      expect([null, told]).toContain(await toldAfterCrash(directory, { data, journal }));
    };
    await fc.assert(fc.asyncProperty(anySteps, fc.nat(), run), { numRuns: repetitions(15, 150) });
  });

  it('has what it had at some earlier time, or is damaged, where the journal has gone back as a whole', async () => {
    const run = async (sequence: Step[], pick: number): Promise<void> => {
      const states = await statesOf(directory, sequence);
      const { data } = states.at(-1)!;
      const { journal } = states[pick % states.length]!;
      expect([null, ...states.map(({ told }) => told)]).toContain(await toldAfterCrash(directory, { data, journal }));
    };
    await fc.assert(fc.asyncProperty(anySteps, fc.nat(), run), { numRuns: repetitions(8, 80) });
  });

  it('is damaged where the data file is gone', async () => {
    const ledger = openLmdbLedger(directory, QUEUE);
    await committed(ledger, voteAt(0));
    await ledger.close();
    rmSync(dataFile(directory));
    const refusal = expect.objectContaining({
      code: 'LEDGER_DAMAGED',
      message: expect.stringContaining('its data file is missing or empty'),
    });
    expect(() => openLmdbLedger(directory, QUEUE)).toThrow(refusal);
    rmSync(journalFile(directory));
    await openLmdbLedger(directory, QUEUE).close();
  });
});

describe('a ledger whose opening was ended', () => {
  it('has everything, where LMDB has got it and there is no other journal yet', async () => {
    const ledger = openLmdbLedger(directory, QUEUE);
    await committed(ledger, voteAt(0));
    const { journal } = filesOf(directory);
    await ledger.close();
    const next = openLmdbLedger(directory, QUEUE);
    const told = text(next.load(), [entryAt(0)]);
    const { data } = filesOf(directory);
    expect(await toldAfterCrash(directory, { data, journal })).toBe(told);
    await next.close();
  });

  it('is new, where that was the first and there is nothing but a journal', async () => {
    Journal.create(directory, JOURNAL_GAP).close();
    writeFileSync(`${journalFile(directory)}.new`, 'half of one');
    const ledger = openLmdbLedger(directory, QUEUE);
    expect(ledger.load().entries).toEqual([]);
    await committed(ledger, voteAt(0));
    await ledger.close();
  });
});

describe('a ledger that was closed', () => {
  it('has everything where the journal is as it was at any earlier time since it was opened', async () => {
    const ledger = openLmdbLedger(directory, QUEUE);
    const journals: Buffer[] = [];
    for (const bytes of [10, 20, constants.journalCommitBytesMax, 30, 40]) {
      journals.push(filesOf(directory).journal);
      await committed(ledger, voteAt(0, bytes));
    }
    await ledger.close();
    const { data } = filesOf(directory);
    const told = text({ ...new LedgerModel().snapshot(), entries: [entryAt(0, 40)] }, [entryAt(0, 40)]);
    for (const journal of journals) expect(await toldAfterCrash(directory, { data, journal })).toBe(told);
  });
});

describe('a journal that cannot be written', () => {
  /** Makes the journal's descriptor lead elsewhere. */
  function redirect(fd: number, path: string): void {
    closeSync(fd);
    expect(openSync(path, 'r+')).toBe(fd);
  }

  function journalDescriptor(): number {
    const isJournal = (fd: string): boolean => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) === journalFile(directory);
      } catch {
        // The descriptor that the list itself was read with.
        return false;
      }
    };
    return Number(readdirSync('/proc/self/fd').find(isJournal));
  }

  it.each([
    ['takes no more', '/dev/full', 'DISK_FULL', 'ENOSPC'],
    ['cannot be synced', '/dev/null', 'LEDGER_FAILED', 'EINVAL'],
  ])('since the disk %s ends the ledger for good, with the cause', async (_why, device, code, errno) => {
    const ledger = openLmdbLedger(directory, QUEUE);
    const other = openLmdbLedger(directory, 'another queue');
    await committed(ledger, voteAt(0));
    redirect(journalDescriptor(), device);
    const failure = expect.objectContaining({ code, cause: expect.objectContaining({ code: errno }) });
    await expect(committed(ledger, voteAt(1))).rejects.toEqual(failure);
    await expect(committed(ledger, voteAt(1))).rejects.toEqual(failure);
    await expect(committed(other, voteAt(1, constants.journalCommitBytesMax))).rejects.toEqual(failure);
    expect(() => ledger.read(at(0), END, 0)).toThrow(failure);
    await Promise.all([ledger.close(), other.close()]);
    const again = openLmdbLedger(directory, QUEUE);
    expect(again.read(at(0), END, 0)).toEqual([entryAt(0)]);
    await committed(again, voteAt(1));
    await again.close();
  });

  it('in its first page ends the ledger too, with the next commit', async () => {
    const ledger = openLmdbLedger(directory, QUEUE);
    await committed(ledger, voteAt(0));
    const fd = journalDescriptor();
    redirect(fd, '/dev/full');
    await sleep(constants.journalConfirmMs);
    redirect(fd, journalFile(directory));
    const failure = expect.objectContaining({
      code: 'DISK_FULL',
      cause: expect.objectContaining({ code: 'ENOSPC' }),
    });
    await expect(committed(ledger, voteAt(1))).rejects.toEqual(failure);
    await ledger.close();
  });

  it('at all keeps the ledger from being opened, and is there as soon as it can be', async () => {
    const limited = ['-c', 'ulimit -f 100 && exec "$@"', 'sh', process.execPath, WRITER, directory, QUEUE, '0'];
    expect(spawnSync('sh', limited, { encoding: 'utf8' }).stderr).toMatch(/EFBIG|Input\/output error/);
    const ledger = openLmdbLedger(directory, QUEUE);
    await committed(ledger, voteAt(0));
    await ledger.close();
  });
});
