import { closeSync, cpSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { journalFile } from '../../../lib/ledger/journal/journal-file.js';
import { listDamages } from '../../../lib/ledger/lmdb/data-file.js';
import { openLmdbLedger } from '../../../lib/ledger/lmdb/lmdb-ledger.js';
import { constants } from '../../../lib/model/constants.js';
import { committed, QUEUE } from '../ledger-place.js';
import { at, BALLOT, entryAt, PROCESS, voteAt } from '../records.js';
import { flipLastBit, QUEUE_NAME, remove, tamper, temporaryDirectory } from './lmdb-files.js';

const PAGE_BYTES = 4096;

describe('a stored record that is not what was written', () => {
  const entryNumber = constants.segmentInstances + 34;

  let directory: string;

  beforeEach(async () => {
    directory = temporaryDirectory();
    const ledger = open();
    await committed(
      ledger,
      voteAt(entryNumber),
      voteAt(entryNumber + 1),
      { kind: 'promise', ballot: BALLOT },
      { kind: 'identity', process: PROCESS, incarnation: 1, founds: true },
    );
    await ledger.close();
  });

  afterEach(() => remove(directory));

  function open(queueId = QUEUE) {
    return openLmdbLedger(directory, queueId);
  }

  /** Opens the ledger and loads it. */
  async function load(place = directory): Promise<unknown> {
    const ledger = openLmdbLedger(place, QUEUE);
    try {
      return ledger.load();
    } finally {
      await ledger.close();
    }
  }

  function damagedRecord(name: string): unknown {
    return expect.objectContaining({
      code: 'LEDGER_DAMAGED',
      message: expect.stringContaining(`${name} of queue ${QUEUE} in directory ${directory} is damaged`),
    });
  }

  it.each<[string, (value: Buffer) => Buffer]>([
    ['changed', flipLastBit],
    ['cut short', (value) => value.subarray(0, -1)],
    ['emptied', () => Buffer.alloc(0)],
    ['garbage', () => Buffer.from('garbage, quite a lot of it')],
  ])('names the log entry that is %s', async (_how, change) => {
    await tamper(directory, `${QUEUE_NAME}/log/0000000001`, 34, change);
    await expect(load()).rejects.toEqual(damagedRecord(`log entry ${String(entryNumber)}`));
  });

  it('names the log entry that is another', async () => {
    let other: Buffer = Buffer.alloc(0);
    await tamper(directory, `${QUEUE_NAME}/log/0000000001`, 34, (value) => (other = value));
    await tamper(directory, `${QUEUE_NAME}/log/0000000001`, 35, () => other);
    await expect(load()).rejects.toEqual(damagedRecord(`log entry ${String(entryNumber + 1)}`));
  });

  it('names the log entry that is of another queue', async () => {
    const other = open('another queue');
    await committed(other, voteAt(0));
    await other.close();
    let foreign: Buffer = Buffer.alloc(0);
    await tamper(directory, 'another%20queue/log/0000000000', 0, (value) => (foreign = value));
    const ledger = open();
    await committed(ledger, voteAt(0));
    await ledger.close();
    await tamper(directory, `${QUEUE_NAME}/log/0000000000`, 0, () => foreign);
    await expect(load()).rejects.toEqual(damagedRecord('log entry 0'));
  });

  it('names the promise, and does not go on without it', async () => {
    await tamper(directory, `${QUEUE_NAME}/meta`, Buffer.from('promise'), flipLastBit);
    await expect(load()).rejects.toEqual(damagedRecord('promise record'));
  });

  it('names the inventory', async () => {
    await tamper(directory, 'inventory', Buffer.from(`queue/${QUEUE_NAME}`), flipLastBit);
    await expect(load()).rejects.toEqual(damagedRecord('inventory'));
  });

  it('finds a damaged entry when it is read', async () => {
    const ledger = open();
    await committed(ledger, ...[0, 1, 2].map((instance) => voteAt(instance)), { kind: 'watermark', watermark: at(2) });
    await ledger.close();
    await tamper(directory, `${QUEUE_NAME}/log/0000000000`, 1, flipLastBit);
    const again = open();
    expect(again.read(at(0), at(1), 0)).toEqual([entryAt(0)]);
    expect(() => again.read(at(1), at(2), 9)).toThrow(damagedRecord('log entry 1'));
    await again.close();
  });

  it('tells a record of another version from a damaged one', async () => {
    await tamper(directory, `${QUEUE_NAME}/meta`, Buffer.from('promise'), (value) => {
      const changed = Buffer.from(value);
      changed[4] = 255;
      changed.writeUInt32LE(crc32(changed.subarray(4), crc32('promise', crc32(QUEUE))));
      return changed;
    });
    await expect(load()).rejects.toEqual(
      expect.objectContaining({
        code: 'LEDGER_VERSION',
        message: expect.stringContaining(`promise record of queue ${QUEUE}`),
      }),
    );
  });

  it('finds any page that was not written, or loses nothing by it', async () => {
    const file = join(directory, 'data.mdb');
    const live = async (round: number) => {
      const ledger = open();
      for (let commit = 0; commit <= round % 3; commit += 1) {
        await committed(ledger, voteAt(entryNumber + (round % 3), round), {
          kind: 'promise',
          ballot: { ...BALLOT, reign: round },
        });
        // Lets LMDB have it, which takes other pages in each life then.
        ledger.read(at(0), at(entryNumber), 0);
      }
      await ledger.close();
      return readFileSync(file);
    };
    const lives: Buffer[] = [];
    for (let round = 0; round < 10; round += 1) lives.push(await live(round));
    const journal = readFileSync(journalFile(directory));
    const good = await load();
    const last = lives.at(-1)!;
    const found: string[] = [];
    for (const earlier of lives.slice(0, -1)) {
      for (const page of pagesThatDiffer(last, earlier)) {
        const place = temporaryDirectory();
        const changed = Buffer.from(last);
        earlier.copy(changed, page * PAGE_BYTES, page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
        writeFileSync(join(place, 'data.mdb'), changed);
        writeFileSync(journalFile(place), journal);
        try {
          expect(await load(place)).toEqual(good);
        } catch (error) {
          expect(error).toMatchObject({ code: 'LEDGER_DAMAGED' });
          found.push((error as Error).message);
        }
        remove(place);
      }
    }
    const kinds = ['what it holds is from', 'records are out of date', 'wrote it, and its meta page is of transaction'];
    for (const kind of kinds) expect(found).toContainEqual(expect.stringContaining(kind));
  });

  it('lists everything that is damaged in its data file, with table and page, and nothing in a sound one', () => {
    const file = join(directory, 'data.mdb');
    expect(listDamages(directory)).toEqual([]);
    const bytes = readFileSync(file);
    const pages = Array.from({ length: bytes.length / PAGE_BYTES }, (_, page) => page).slice(2);
    for (const page of pages) bytes.writeUInt16LE(0x55, page * PAGE_BYTES + 18);
    writeFileSync(file, bytes);
    const [root] = listDamages(directory);
    expect(root).toMatchObject({ table: null, why: expect.stringContaining('no page of a tree') });
    bytes.writeUInt16LE(2, root!.page! * PAGE_BYTES + 18);
    writeFileSync(file, bytes);
    const tables = new Set(listDamages(directory).map(({ table, page }) => page !== null && table));
    expect(tables).toEqual(new Set(['inventory', `${QUEUE_NAME}/meta`, `${QUEUE_NAME}/log/0000000001`, null]));
  });

  it('refuses a data file that has been emptied, zeroed or cut short', async () => {
    const file = join(directory, 'data.mdb');
    cpSync(file, `${file}.copy`);
    const refusal = expect.objectContaining({ code: 'LEDGER_DAMAGED', message: expect.stringContaining(file) });
    for (const bytes of [0, 100, 4096, 8192, 12_000]) {
      truncateSync(file, bytes);
      await expect(load()).rejects.toEqual(refusal);
      cpSync(`${file}.copy`, file);
    }
    for (const page of [0, 1]) {
      const fd = openSync(file, 'r+');
      writeSync(fd, Buffer.alloc(4096), 0, 4096, page * 4096);
      closeSync(fd);
      await expect(load()).rejects.toEqual(refusal);
      cpSync(`${file}.copy`, file);
    }
    await load();
  });
});

/** But for the two meta pages, of which one is what makes a transaction valid. */
function pagesThatDiffer(last: Buffer, earlier: Buffer): number[] {
  const pageAt = (bytes: Buffer, page: number) => bytes.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
  const count = Math.min(last.length, earlier.length) / PAGE_BYTES;
  const pages = Array.from({ length: count }, (_, page) => page).slice(2);
  return pages.filter((page) => !pageAt(last, page).equals(pageAt(earlier, page)));
}
