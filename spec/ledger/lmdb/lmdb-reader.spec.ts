import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { type LedgerReader, openLmdbLedgerForReading } from '../../../lib/ledger/inspection.js';
import { openLmdbLedger } from '../../../lib/ledger/lmdb/lmdb-ledger.js';
import { constants } from '../../../lib/model/constants.js';
import { committed, QUEUE } from '../ledger-place.js';
import { at, BALLOT, checkpointAt, END, entryAt, PROCESS, voteAt } from '../records.js';
import { flipLastBit, QUEUE_NAME, remove, tamper, temporaryDirectory } from './lmdb-files.js';
import { WriterProcess } from './writer-process.js';

describe('a ledger that is read by another process than its owner', () => {
  let directory: string;
  let reader: LedgerReader | null;
  let owner: WriterProcess | null;

  beforeEach(() => {
    directory = temporaryDirectory();
    reader = null;
    owner = null;
  });
  afterEach(async () => {
    await reader?.close();
    await owner?.kill();
    remove(directory);
  });

  /** A process that appends to the log, and cuts it to `keepBytes` at every segment's end. */
  async function startOwner(bodyBytes: number, keepBytes: number): Promise<WriterProcess> {
    owner = new WriterProcess(directory, [String(bodyBytes), String(keepBytes)]);
    await owner.says(2);
    return owner;
  }

  async function write(...queues: string[]): Promise<void> {
    for (const queueId of queues) {
      const ledger = openLmdbLedger(directory, queueId);
      await committed(
        ledger,
        { kind: 'identity', process: PROCESS, incarnation: 1, founds: true },
        ...[0, 1, 2, 3, 4].map((instance) => voteAt(instance, 100)),
        { kind: 'watermark', watermark: at(4) },
      );
      await ledger.close();
    }
  }

  function open(queueId?: string): LedgerReader {
    reader = openLmdbLedgerForReading(directory, queueId);
    return reader;
  }

  it('is as of one moment, and without gaps, while the owner appends and cuts', async () => {
    const writer = await startOwner(100, 100 * constants.segmentInstances);
    const { load, read } = bound(open());
    let entries = 0;
    let cuts = 0;
    while (cuts < 2) {
      const confirmed = writer.last;
      const { start, watermark } = load();
      expect(watermark).toBeGreaterThanOrEqual(confirmed + 1);
      if (start > 2 * constants.segmentInstances && read(at(0), END, 0) === null) cuts += 1;
      let next = start;
      while (next < watermark) {
        const slice = read(next, END, 10_000);
        if (slice === null) break;
        expect(slice[0]!.instance).toBe(next);
        next = at(slice.at(-1)!.instance + 1);
        entries += slice.length;
        await turn();
      }
    }
    expect(entries).toBeGreaterThan(constants.segmentInstances);
  });

  it('does not keep the owner from using pages again, neither while it reads nor while it is open', async () => {
    const bodyBytes = 1000;
    const stretch = 12 * constants.segmentInstances;
    const writer = await startOwner(bodyBytes, 0);
    const { load, read } = bound(open());
    const growthWhile = async (act: () => void): Promise<number> => {
      const size = (): number => statSync(join(directory, 'data.mdb')).size;
      const before = size();
      const end = writer.last + stretch;
      while (writer.last < end) {
        act();
        await turn();
      }
      return size() - before;
    };
    // How large the file becomes depends on how much goes into LMDB at a time, which depends on the load of the machine. That
    // it then stays as large does not: pages that were kept would be as much as is written, in every stretch.
    const few = (stretch * bodyBytes) / 3;
    const whileRead: number[] = [];
    do {
      whileRead.push(
        await growthWhile(() => {
          const { start, watermark } = load();
          if (start < watermark) read(start, END, 0);
        }),
      );
    } while (whileRead.at(-1)! > few && whileRead.length < 4);
    expect(Math.min(...whileRead)).toBeLessThanOrEqual(few);
    expect(whileRead.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(2 * stretch * bodyBytes);
    expect(await growthWhile(() => undefined)).toBeLessThanOrEqual(few);
  });

  it('is read when nobody has it open, and can be opened afterwards', async () => {
    await write(QUEUE);
    const { load, read } = bound(open());
    expect(load()).toMatchObject({
      identity: { process: PROCESS },
      watermark: 4,
      start: 0,
      entries: [entryAt(4, 100)],
    });
    expect(read(at(1), END, Infinity)).toEqual([1, 2, 3].map((instance) => entryAt(instance, 100)));
    await reader!.close();
    reader = null;
    const ledger = openLmdbLedger(directory, QUEUE);
    await committed(ledger, { kind: 'promise', ballot: BALLOT });
    await ledger.close();
  });

  it('shows its checkpoint', async () => {
    const ledger = openLmdbLedger(directory, QUEUE);
    const writer = ledger.checkpoints.create(checkpointAt(2));
    await writer.append(Buffer.from('a chunk'));
    const checkpoint = await writer.finish();
    await committed(ledger, { kind: 'checkpoint', checkpoint }, { kind: 'watermark', watermark: at(2) });
    await ledger.close();
    expect(open().load()).toMatchObject({ checkpoint, start: 2, watermark: 2 });
    const chunks = await reader!.checkpoints.open(checkpoint);
    expect(String(await chunks.chunk(0))).toBe('a chunk');
    await chunks.close();
  });

  it('is the only one in its directory, or named', async () => {
    await write(QUEUE, 'another / queue');
    const refusal = (message: string): unknown =>
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(message) });
    expect(() => open()).toThrow(refusal('name a queue: there are those of 239.255.0.1:7400, another / queue'));
    expect(() => open('a third')).toThrow(refusal('There is no ledger of queue a third'));
    expect(open('another / queue').queues).toEqual([QUEUE, 'another / queue']);
    expect(() => openLmdbLedgerForReading(join(directory, 'nowhere'))).toThrow(
      refusal('There is no ledger in directory'),
    );
  });

  it('shows what is damaged, and the rest', async () => {
    await write(QUEUE);
    await tamper(directory, `${QUEUE_NAME}/log/0000000000`, 2, flipLastBit);
    const { load, read } = bound(open());
    load();
    expect(read(at(0), END, Infinity)).toHaveLength(2);
    const damage = expect.objectContaining({ code: 'LEDGER_DAMAGED', from: 2, end: 3 });
    expect(() => read(at(2), END, 0)).toThrow(damage);
    expect(read(at(3), END, 0)).toHaveLength(1);
  });

  it('is not read by the very process that has it open, nor opened by one that reads it', async () => {
    await write(QUEUE);
    const inUse = expect.objectContaining({ code: 'DIRECTORY_IN_USE' });
    const ledger = openLmdbLedger(directory, QUEUE);
    expect(() => open()).toThrow(inUse);
    await ledger.close();
    open();
    expect(() => openLmdbLedger(directory, QUEUE)).toThrow(inUse);
    expect(() => openLmdbLedgerForReading(directory)).toThrow(inUse);
  });
});

function bound(reader: LedgerReader): Pick<LedgerReader, 'load' | 'read'> {
  return { load: () => reader.load(), read: (from, to, maxBytes) => reader.read(from, to, maxBytes) };
}
