import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { HEADER_SECTORS } from '../../../lib/ledger/journal/header.js';
import { journalFile } from '../../../lib/ledger/journal/journal-file.js';
import { readSector, SECTOR_BYTES } from '../../../lib/ledger/journal/sector.js';
import type { Ledger } from '../../../lib/ledger/ledger.js';
import { openLmdbLedger } from '../../../lib/ledger/lmdb/lmdb-ledger.js';
import { constants } from '../../../lib/model/constants.js';
import { committed } from '../ledger-place.js';
import { at, END, entryAt, voteAt } from '../records.js';
import { remove, temporaryDirectory } from './lmdb-files.js';

const QUEUES = ['first', 'second', 'third'] as const;

describe('the ledgers of several queues in one directory', () => {
  let directory: string;
  let ledgers: Ledger[];

  beforeEach(() => {
    directory = temporaryDirectory();
    ledgers = QUEUES.map((queueId) => openLmdbLedger(directory, queueId));
  });
  afterEach(async () => {
    await Promise.all(ledgers.map((ledger) => ledger.close()));
    remove(directory);
  });

  /** The numbers of the frames that have been written to the journal and not over. */
  function frames(): Set<number> {
    const journal = readFileSync(journalFile(directory));
    const numbers = new Set<number>();
    for (let sector = HEADER_SECTORS; sector < journal.length / SECTOR_BYTES; sector += 1) {
      const read = readSector(journal, sector);
      if (read !== null && read !== 'damaged') numbers.add(read.sequence);
    }
    return numbers;
  }

  async function holds(body: number, written = ledgers): Promise<void> {
    const holders = ledgers.map((ledger) => written.includes(ledger));
    await Promise.all(ledgers.map((ledger) => ledger.close()));
    ledgers = QUEUES.map((queueId) => openLmdbLedger(directory, queueId));
    for (const [i, ledger] of ledgers.entries())
      expect(ledger.read(at(0), END, Infinity)).toEqual(holders[i] === true ? [entryAt(0, body)] : []);
  }

  it('make what is committed in one callback of the event loop durable in one frame of the journal', async () => {
    await Promise.all(ledgers.map((ledger) => committed(ledger, voteAt(0, 100))));
    expect(frames().size).toBe(1);
    await holds(100);
  });

  it('make each durable by itself where it comes by itself', async () => {
    for (const ledger of ledgers) await committed(ledger, voteAt(0, 100));
    expect(frames().size).toBe(ledgers.length);
    await holds(100);
  });

  it('work out each commit of one queue from what it has committed before, also in one callback', async () => {
    const [ledger] = ledgers as [Ledger];
    const watermark = { kind: 'watermark', watermark: at(1) } as const;
    await Promise.all([committed(ledger, voteAt(0, 100)), committed(ledger, watermark)]);
    await holds(100, [ledger]);
    expect(ledgers[0]?.load().watermark).toBe(1);
  });

  it('hand what is too large for one frame together to LMDB', async () => {
    const body = constants.journalCommitBytesMax / 2;
    await Promise.all(ledgers.map((ledger) => committed(ledger, voteAt(0, body))));
    expect(frames().size).toBe(0);
    await holds(body);
  });

  it('finish the commit of one that is closed meanwhile, and those of the others', async () => {
    const order: string[] = [];
    const commits = ledgers.map((ledger, i) => committed(ledger, voteAt(0, 100)).then(() => order.push(String(i))));
    await Promise.all([ledgers[0]?.close().then(() => order.push('closed')), ...commits]);
    expect(order.slice().sort()).toEqual(['0', '1', '2', 'closed']);
    expect(order.indexOf('0')).toBeLessThan(order.indexOf('closed'));
    await holds(100);
  });

  it('take no commit of one that is closed', async () => {
    await ledgers[0]?.close();
    await expect(committed(ledgers[0]!, voteAt(0))).rejects.toMatchObject({ code: 'LEDGER_FAILED' });
    await Promise.all(ledgers.slice(1).map((ledger) => committed(ledger, voteAt(0, 100))));
  });
});
