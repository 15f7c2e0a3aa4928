import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { openLmdbLedger } from '../../../lib/ledger/lmdb/lmdb-ledger.js';
import { openLmdbLedgerForReading } from '../../../lib/ledger/lmdb/lmdb-reader.js';
import type { LogEntry } from '../../../lib/model/records.js';
import { Random } from '../../../lib/simulation/random.js';
import { QUEUE } from '../ledger-place.js';
import { remove, storedValues, temporaryDirectory } from '../lmdb/lmdb-files.js';
import { WriterProcess } from '../lmdb/writer-process.js';
import { at, END } from '../records.js';

/** Bodies of one entry after the other: most commits are for the journal, some are too large for it. */
const SIZES = [0, 200, 3_000, 60_000, 200, 70_000, 20];
const KILLS = 12;

let directory: string;
let writer: WriterProcess;

beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(async () => {
  await writer.kill();
  remove(directory);
});

function startWriter(): void {
  writer = new WriterProcess(directory, [SIZES.join(',')]);
}

/** Each entry is there, and what it was. */
function expectLog(entries: readonly LogEntry[], from: number, end: number): void {
  expect(entries.map(({ instance }) => instance)).toEqual(Array.from({ length: end - from }, (_, i) => from + i));
  for (const { instance, vote } of entries) {
    const body = Buffer.alloc(SIZES[instance % SIZES.length]!, instance);
    expect(Buffer.compare(vote!.batch.body, body)).toBe(0);
  }
}

/** What a process reads that does not own the ledger. Returns the watermark. */
async function readAlongside(confirmed: number): Promise<number> {
  const reader = openLmdbLedgerForReading(directory);
  const { start, watermark } = reader.load();
  expect([start, watermark]).toEqual([0, expect.any(Number)]);
  expect(watermark).toBeGreaterThanOrEqual(confirmed);
  const from = at(Math.max(0, watermark - 50));
  expectLog(reader.read(from, END, Infinity)!, from, watermark);
  await reader.close();
  return watermark;
}

describe('a ledger whose owner is killed again and again, at any moment', () => {
  it('has everything that was confirmed, whoever opens or reads it', async () => {
    const random = new Random(31);
    let next = 0;
    let unsettled = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      startWriter();
      await writer.says(2 + random.below(80));
      await writer.kill();
      const confirmed = writer.last + 1;
      const inLmdb = [...(await storedValues(directory)).keys()].filter((key) => typeof key === 'number').length;
      const watermark = await readAlongside(confirmed);
      // The last commit may have become durable without having been confirmed.
      expect([confirmed, confirmed + 1]).toContain(watermark);
      if (inLmdb < watermark) unsettled += 1;
      if (kill % 3 === 0) {
        const ledger = openLmdbLedger(directory, QUEUE);
        expect(ledger.load().watermark).toBe(watermark);
        expectLog(ledger.read(at(next), at(watermark), Infinity), next, watermark);
        next = watermark;
        await ledger.close();
      }
    }
    expect(unsettled).toBeGreaterThan(KILLS / 2);
  });

  it('is read with everything that was confirmed before, while its journal fills and begins again', async () => {
    startWriter();
    await writer.says(2);
    let reads = 0;
    while (writer.last < 200) {
      await readAlongside(writer.last + 1);
      reads += 1;
      await turn();
    }
    expect(reads).toBeGreaterThan(1);
  });
});
