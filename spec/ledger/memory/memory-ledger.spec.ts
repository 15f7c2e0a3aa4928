import { describe, expect, it } from '@jest/globals';

import type { DiskWrite } from '../../../lib/ledger/memory/disk-write.js';
import { MemoryDisk } from '../../../lib/ledger/memory/memory-ledger.js';
import type { RecordKey } from '../../../lib/ledger/records/inventory.js';
import { constants } from '../../../lib/model/constants.js';
import type { Position } from '../../../lib/model/ids.js';
import { describeLedger } from '../compliance.js';
import { describeLifecycle } from '../compliance-lifecycle.js';
import { committed, type LedgerPlace, QUEUE } from '../ledger-place.js';
import { at, entryAt, voteAt } from '../records.js';

function memoryPlace(segmentInstances: number): LedgerPlace {
  const disk = new MemoryDisk(undefined, { segmentInstances });
  const file = disk.file(QUEUE);
  const { complete, received } = file.checkpoints;
  const mapOf = (key: RecordKey) => (typeof key === 'string' ? file.meta : file.entries) as Map<RecordKey, Buffer>;
  const changeIn =
    (map: ReadonlyMap<string, { readonly chunks: Buffer[] }>): LedgerPlace['changeChunk'] =>
    ({ next, position }, index, change) => {
      const { chunks } = map.get(`${String(next)}-${String(position)}`)!;
      chunks[index] = change(chunks[index]!);
    };
  return {
    segmentInstances,
    open: (queueId) => disk.open(queueId),
    values: async () => new Map<RecordKey, Buffer>([...file.meta, ...file.entries]),
    put: async (key, value) => {
      if (value) mapOf(key).set(key, value);
      else mapOf(key).delete(key);
    },
    changeChunk: changeIn(complete),
    changeReceived: changeIn(received),
    checkpointCount: () => complete.size + received.size,
    dispose: () => {},
  };
}

describeLedger('the memory ledger', () => memoryPlace(constants.segmentInstances));
describeLifecycle('the memory ledger with small segments', () => memoryPlace(16));

/** A disk that holds every commit back until it is told what to do with it. */
function slowDisk() {
  const writes: DiskWrite[] = [];
  const disk = new MemoryDisk((write) => writes.push(write));
  return { disk, writes };
}

/** Commits `instance` and tells what became of it. */
function begin(ledger: ReturnType<MemoryDisk['open']>, instance: number) {
  const outcomes: (Error | null)[] = [];
  ledger.commit([voteAt(instance)], (error) => outcomes.push(error));
  return outcomes;
}

describe('the memory ledger', () => {
  it('makes a commit durable before it returns, unless it is told otherwise', () => {
    const disk = new MemoryDisk();
    expect(begin(disk.open('a'), 0)).toEqual([null]);
    disk.crash();
    expect(disk.open('a').load().entries).toEqual([entryAt(0)]);
  });

  it('neither shows nor confirms a commit that the disk holds back', () => {
    const { disk, writes } = slowDisk();
    const ledger = disk.open('a');
    const outcomes = begin(ledger, 0);
    expect(outcomes).toEqual([]);
    expect(ledger.read(at(0), at(9), 0)).toEqual([]);
    expect(writes[0]!.bytes).toBeGreaterThan(20);
    writes[0]!.complete();
    expect(outcomes).toEqual([null]);
    expect(ledger.read(at(0), at(9), 0)).toEqual([entryAt(0)]);
  });

  it('takes the next commit from within the answer to the last', () => {
    const { disk, writes } = slowDisk();
    const ledger = disk.open('a');
    ledger.commit([voteAt(0)], () => begin(ledger, 1));
    writes[0]!.complete();
    writes[1]!.complete();
    expect(ledger.load().entries).toEqual([entryAt(0), entryAt(1)]);
  });

  it('loses at a crash what the disk held back, and never confirms it', () => {
    const { disk, writes } = slowDisk();
    const outcomes = begin(disk.open('a'), 0);
    disk.crash();
    writes[0]!.complete();
    writes[0]!.fail(new Error('too late'));
    expect(outcomes).toEqual([]);
    expect(disk.open('a').load().entries).toEqual([]);
  });

  it('may have kept at a crash what it never confirmed', () => {
    const { disk } = slowDisk();
    const outcomes = begin(disk.open('a'), 0);
    disk.crash(true);
    expect(outcomes).toEqual([]);
    expect(disk.open('a').load().entries).toEqual([entryAt(0)]);
  });

  it('hears nothing from a process that has crashed', () => {
    const disk = new MemoryDisk();
    const dead = disk.open('a');
    disk.crash();
    expect(begin(dead, 0)).toEqual([]);
    expect(disk.open('a').load().entries).toEqual([]);
  });

  it('is not freed for others by the closing of a ledger that a crash has ended', async () => {
    const disk = new MemoryDisk();
    const dead = disk.open('a');
    disk.crash();
    disk.open('a');
    await dead.close();
    expect(() => disk.open('a')).toThrow(expect.objectContaining({ code: 'DIRECTORY_IN_USE' }));
  });

  it('takes nothing more once the disk has failed', async () => {
    const { disk, writes } = slowDisk();
    const ledger = disk.open('a');
    const outcomes = begin(ledger, 0);
    const cause = new Error('no space left');
    writes[0]!.fail(cause);
    expect(outcomes).toEqual([expect.objectContaining({ code: 'LEDGER_FAILED', cause })]);
    await expect(committed(ledger, voteAt(1))).rejects.toBe(outcomes[0]);
    await ledger.close();
    expect(disk.open('a').load().entries).toEqual([]);
  });

  it('waits for the commit under way when it is closed', async () => {
    const { disk, writes } = slowDisk();
    const ledger = disk.open('a');
    const outcomes: unknown[] = begin(ledger, 0);
    const closed = ledger.close().then(() => outcomes.push('closed'));
    writes[0]!.complete();
    await closed;
    expect(outcomes).toEqual([null, 'closed']);
    expect(disk.open('a').load().entries).toEqual([entryAt(0)]);
  });

  it('takes one commit at a time', () => {
    const { disk } = slowDisk();
    const ledger = disk.open('a');
    begin(ledger, 0);
    expect(() => begin(ledger, 1)).toThrow('one commit is under way at a time');
  });

  describe('with a checkpoint', () => {
    const place = { next: at(3), position: 9 as Position };
    const announced = { ...place, chunks: 2, bytes: 6, digest: '' };

    /** A disk that holds every chunk of a checkpoint back until it is told what to do with it. */
    function slowCheckpoints() {
      const writes: DiskWrite[] = [];
      const disk = new MemoryDisk(undefined, { onCheckpointWrite: (write) => writes.push(write) });
      return { disk, writes };
    }

    it('writes when the disk does, and takes commits meanwhile', async () => {
      const { disk, writes } = slowCheckpoints();
      const ledger = disk.open('a');
      const writer = ledger.checkpoints.create(place);
      const appended = writer.append(Buffer.from('one'));
      expect(begin(ledger, 0)).toEqual([null]);
      writes[0]!.complete();
      await appended;
      const finished = writer.finish();
      expect(disk.file('a').checkpoints.complete.size).toBe(0);
      writes[1]!.complete();
      expect(await finished).toMatchObject({ ...place, chunks: 1, bytes: 3 });
      expect(disk.file('a').checkpoints.complete.size).toBe(1);
    });

    it('goes on when the disk has failed to write it', async () => {
      const { disk, writes } = slowCheckpoints();
      const ledger = disk.open('a');
      const writer = ledger.checkpoints.create(place);
      const appended = writer.append(Buffer.from('one'));
      const cause = new Error('no space left');
      writes[0]!.fail(cause);
      const failure = expect.objectContaining({ code: 'LEDGER_FAILED', cause });
      await expect(appended).rejects.toEqual(failure);
      await expect(writer.append(Buffer.from('two'))).rejects.toEqual(failure);
      await expect(writer.finish()).rejects.toEqual(failure);
      expect(begin(ledger, 0)).toEqual([null]);
    });

    it.each([
      [false, 0],
      [true, 1],
    ])('loses at a crash what is not finished, unless it lands (%s)', async (lands, left) => {
      const { disk, writes } = slowCheckpoints();
      const writer = disk.open('a').checkpoints.create(place);
      const outcomes: unknown[] = [];
      void writer.finish().then((checkpoint) => outcomes.push(checkpoint));
      disk.crash(lands);
      writes[0]!.complete();
      await Promise.resolve();
      expect(outcomes).toEqual([]);
      expect(disk.file('a').checkpoints.complete.size).toBe(left);
    });

    it.each([
      [false, 1],
      [true, 2],
    ])(
      'has at a crash of what it receives all until the last pause, and more if that lands (%s)',
      async (lands, left) => {
        const disk = new MemoryDisk();
        const receiver = await disk.open('a').checkpoints.receive(announced);
        await receiver.append(Buffer.from('one'));
        await receiver.pause();
        await receiver.append(Buffer.from('two'));
        disk.crash(lands);
        expect((await disk.open('a').checkpoints.receive(announced)).received).toBe(left);
      },
    );
  });
});
