import { describe, expect, it } from '@jest/globals';

import type { RecordKey } from '../../lib/ledger/inventory.js';
import { MemoryDisk, type DiskWrite } from '../../lib/ledger/memory-ledger.js';
import { describeLedger } from './compliance.js';
import { committed, QUEUE } from './ledger-place.js';
import { at, entryAt, voteAt } from './records.js';

describeLedger('the memory ledger', () => {
  const disk = new MemoryDisk();
  const file = disk.file(QUEUE);
  const mapOf = (key: RecordKey) => (typeof key === 'string' ? file.meta : file.entries) as Map<RecordKey, Buffer>;
  return {
    open: (queueId) => disk.open(queueId),
    values: async () => new Map<RecordKey, Buffer>([...file.meta, ...file.entries]),
    put: async (key, value) => {
      if (value) mapOf(key).set(key, value);
      else mapOf(key).delete(key);
    },
    dispose: () => {},
  };
});

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
});
