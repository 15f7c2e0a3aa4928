import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as lmdb from 'lmdb';

import { journalFile } from '../../../lib/ledger/journal/journal-file.js';
import type { Ledger } from '../../../lib/ledger/ledger.js';
import { dataFile, fillUpDataFile, lockFile, readStored } from '../../../lib/ledger/lmdb/data-file.js';
import { openLmdbLedger } from '../../../lib/ledger/lmdb/lmdb-ledger.js';
import { openLmdbLedgerForReading } from '../../../lib/ledger/lmdb/lmdb-reader.js';
import { OWNER_KEY, ownerOf } from '../../../lib/ledger/lmdb/owner.js';
import { lackOfRoom } from '../../../lib/ledger/lmdb/room.js';
import { OWNER } from '../../../lib/ledger/lmdb/table-names.js';
import { constants } from '../../../lib/model/constants.js';
import type { Position } from '../../../lib/model/ids.js';
import { soon } from '../../support/soon.js';
import { committed, QUEUE } from '../ledger-place.js';
import { at, entryAt, voteAt } from '../records.js';
import { QUEUE_NAME, remove, temporaryDirectory } from './lmdb-files.js';
import { WRITER, WriterProcess } from './writer-process.js';

const WORKER = join(import.meta.dirname, '../../../dist/spec/programs/ledger-worker.js');

let directory: string;
let ledger: Ledger | null;

beforeEach(() => {
  directory = temporaryDirectory();
  ledger = null;
});

afterEach(async () => {
  await ledger?.close();
  remove(directory);
});

function open(queueId = QUEUE): Ledger {
  ledger = openLmdbLedger(directory, queueId);
  return ledger;
}

describe('a checkpoint that cannot be completed', () => {
  const place = { next: at(3), position: 9 as Position };
  const checkpoints = () => join(directory, 'checkpoints', QUEUE_NAME);

  it('leaves no file and no descriptor', async () => {
    const { checkpoints: store } = open();
    // Nothing can be given that name.
    mkdirSync(join(checkpoints(), '3-9.checkpoint', 'in the way'), { recursive: true });
    const descriptors = () => readdirSync('/proc/self/fd').length;
    const before = descriptors();
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const writer = store.create(place);
      await writer.append(Buffer.alloc(100_000));
      await expect(writer.finish()).rejects.toMatchObject({ code: 'LEDGER_FAILED' });
      await writer.abandon();
    }
    expect(readdirSync(checkpoints())).toEqual(['3-9.checkpoint']);
    expect(descriptors()).toBeLessThanOrEqual(before);
  });

  it('because its process has ended is gone before the ledger takes up any room', async () => {
    await open().close();
    for (const queue of [QUEUE_NAME, 'another%20queue']) {
      mkdirSync(join(directory, 'checkpoints', queue), { recursive: true });
      writeFileSync(join(directory, 'checkpoints', queue, '3-9.part'), Buffer.alloc(1_000_000));
    }
    // Nothing else can be written there.
    const limited = ['-c', 'ulimit -f 100 && exec "$@"', 'sh', process.execPath, WRITER, directory, QUEUE, '0'];
    expect(spawnSync('sh', limited, { encoding: 'utf8' }).stderr).toContain('DISK_FULL');
    expect(readdirSync(join(directory, 'checkpoints'), { recursive: true }).map(String).filter(isPart)).toEqual([]);
  });

  it('by a process of its own leaves nothing once that has ended', async () => {
    const { checkpoints: store } = open();
    mkdirSync(checkpoints(), { recursive: true });
    for (const name of ['3-9.part', '4-9.received']) writeFileSync(join(checkpoints(), name), '');
    await store.removeUnfinished();
    expect(readdirSync(checkpoints())).toEqual(['4-9.received']);
  });
});

describe('a lack of room', () => {
  const errno = (code: string, number: number) => Object.assign(new Error(code), { code, errno: -number });

  it('is told by what there is too little of', () => {
    expect(lackOfRoom(directory, errno('ENOSPC', 28))).toMatch(/^the disk .*: \d+ of its \d+ bytes are free$/);
    expect(lackOfRoom(directory, errno('EDQUOT', 122))).toContain('quota');
    expect(lackOfRoom(directory, errno('EFBIG', 27))).toContain('ulimit -f');
    // As LMDB says it.
    expect(lackOfRoom(directory, Object.assign(new Error('No space left on device'), { code: 28 }))).toContain('disk');
  });

  it('is not what other errors are called', () => {
    for (const error of [errno('EIO', 5), errno('EINVAL', 22), new Error('some bug'), null, 'text'])
      expect(lackOfRoom(directory, error)).toBeNull();
  });
});

describe('a directory with as many queues as it takes', () => {
  it('refuses one more, and the others go on', async () => {
    const shared = existsSync('/dev/shm') ? mkdtempSync('/dev/shm/treplica-queues-') : directory;
    const ledgers: Ledger[] = [];
    try {
      for (let i = 0; i < constants.queuesADirectoryMax; i += 1) ledgers.push(openLmdbLedger(shared, `queue ${i}`));
      const refusal = expect.objectContaining({
        code: 'INVALID_OPTION',
        message: expect.stringContaining(`has ${constants.queuesADirectoryMax} queues open with directory ${shared}`),
      });
      expect(() => openLmdbLedger(shared, 'one too many')).toThrow(refusal);
      for (const one of ledgers) await committed(one, voteAt(0), voteAt(constants.segmentInstances));
      await ledgers.pop()!.close();
      ledgers.push(openLmdbLedger(shared, 'in its place'));
      await committed(ledgers.at(-1)!, voteAt(0, constants.journalCommitBytesMax));
    } finally {
      await Promise.all(ledgers.map((one) => one.close()));
      remove(shared);
    }
  }, 180_000);
});

describe('a ledger whose thread was terminated', () => {
  it('is taken over by the next thread, and by no other before', async () => {
    const workers: Worker[] = [];
    const start = async (): Promise<unknown> => {
      const worker = new Worker(WORKER, { workerData: { directory, queueId: QUEUE } });
      workers.push(worker);
      return new Promise((resolve) => worker.once('message', resolve));
    };
    for (let round = 0; round < 3; round += 1) {
      expect(await start()).toBe(`open with watermark ${round}`);
      expect(await start()).toMatch(/^DIRECTORY_IN_USE: .*already open in this process/);
      expect(() => open()).toThrow('already open in this process');
      await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
    }
    expect(open().load().watermark).toBe(3);
  }, 120_000);
});

describe('a process with little address space', () => {
  const limited = (kilobytes: number, ...command: string[]) =>
    spawnSync('sh', ['-c', `ulimit -v ${kilobytes} && exec "$@"`, 'sh', ...command], { encoding: 'utf8' });
  const hasLimits = spawnSync('sh', ['-c', 'ulimit -v 40000000']).status === 0;
  const noLimits = 'the shell cannot limit the address space of a process';

  it('keeps a ledger in a smaller map', () => {
    if (!hasLimits) {
      console.warn(`${noLimits}: that a ledger is kept in a smaller map has not been shown`);
      return;
    }
    const program = `
      const { openLmdbLedger } = await import(${JSON.stringify(new URL('../../../dist/lib/ledger/lmdb/lmdb-ledger.js', import.meta.url).href)});
      const ledger = openLmdbLedger(${JSON.stringify(directory)}, 'queue');
      ledger.commit([{ kind: 'watermark', watermark: 0 }], (error) => console.log(error?.message ?? 'committed'));
      await ledger.close();`;
    const { stdout, status } = limited(24_000_000, process.execPath, '--input-type=module', '-e', program);
    expect([stdout.trim(), status]).toEqual(['committed', 0]);
  });

  it('is told what it has too little of, and does not end by a signal', async () => {
    if (!hasLimits) {
      console.warn(`${noLimits}: what a process is told whose ledger does not fit has not been shown`);
      return;
    }
    await committed(open(), voteAt(0));
    await ledger!.close();
    // Of no bytes on the disk.
    truncateSync(dataFile(directory), 20 * 2 ** 30);
    const command = join(process.cwd(), 'dist/lib/command/treplica.js');
    const { stderr, status } = limited(30_000_000, process.execPath, command, 'ledger', 'show', directory);
    expect(status).toBe(1);
    expect(stderr).toContain('LEDGER_FAILED: The ledger in directory');
    expect(stderr).toContain('does not fit the address space that this process may use, 30720000000 bytes');
    truncateSync(dataFile(directory), 16 * 4096);
  });
});

describe('a data file that is shorter than LMDB takes it to be', () => {
  it('is as long again, with all that is in it, before anything is read from it', async () => {
    await committed(open(), voteAt(0, 100_000));
    await ledger!.close();
    const whole = readFileSync(dataFile(directory));
    truncateSync(dataFile(directory), whole.length - 8_192);
    fillUpDataFile(directory);
    const filled = readFileSync(dataFile(directory));
    expect(filled.length).toBe(whole.length);
    expect(filled.subarray(0, -8_192).equals(whole.subarray(0, -8_192))).toBe(true);
    truncateSync(dataFile(directory), whole.length - 8_192);
    expect(open().read(at(0), at(1), Infinity)).toEqual([entryAt(0, 100_000)]);
    await ledger!.close();
    writeFileSync(dataFile(directory), whole);
    fillUpDataFile(directory);
    expect(readFileSync(dataFile(directory)).equals(whole)).toBe(true);
  });
});

describe('the memory of this process of ledgers', () => {
  it('does not grow with directories that were opened and closed, to be written or read', async () => {
    const { allDbs } = lmdb as unknown as { readonly allDbs: Map<string, unknown> };
    const before = allDbs.size;
    for (let i = 0; i < 4; i += 1) {
      const where = join(directory, `directory ${i}`);
      const writing = openLmdbLedger(where, QUEUE);
      await committed(writing, voteAt(0), { kind: 'watermark', watermark: at(1) });
      await writing.close();
      const reading = openLmdbLedgerForReading(where);
      reading.load();
      expect(reading.read(at(0), at(1), 0)).toHaveLength(1);
      await reading.close();
    }
    expect(allDbs.size).toBe(before);
  });
});

describe('a ledger whose files vanish', () => {
  it.each<[string, () => void, string]>([
    ['with the directory', () => rmSync(directory, { recursive: true }), 'has been removed'],
    ['one by one: the journal', () => rmSync(journalFile(directory)), 'journal has been removed'],
    ['one by one: the data file', () => rmSync(dataFile(directory)), 'data.mdb has been removed'],
    ['one by one: the lock', () => rmSync(lockFile(directory)), 'lock.mdb has been removed'],
    [
      'and are replaced by others',
      () => void execFileSync('sh', ['-c', 'cp "$1" "$1.2" && mv "$1.2" "$1"', 'sh', dataFile(directory)]),
      'data.mdb has been replaced by another',
    ],
  ])('%s fails soon, for good, and says which', async (_how, vanish, why) => {
    const using = open();
    await committed(using, voteAt(0));
    vanish();
    const outcomeOf = (instance: number): Promise<unknown> =>
      committed(using, voteAt(instance)).then(
        () => null,
        (error: unknown) => error,
      );
    let outcome: unknown = null;
    for (let instance = 1; outcome === null && instance < 1_000; instance += 1) {
      outcome = await outcomeOf(instance);
      await sleep(20);
    }
    expect(outcome).toMatchObject({ code: 'LEDGER_FAILED', message: expect.stringContaining(why) });
    expect(await outcomeOf(1_000)).toBe(outcome);
  });

  it('fails without a commit, too, and says so to its owner', async () => {
    const idle = open();
    await committed(idle, voteAt(0));
    expect(idle.failure).toBeNull();
    rmSync(directory, { recursive: true });
    await soon(() => expect(idle.failure).toMatchObject({ code: 'LEDGER_FAILED' }));
  });
});

describe('a directory that two containers share', () => {
  it('is refused to the second while the first is at work, and free soon after its end', async () => {
    const under = ['unshare', '-rpf', '--mount-proc', '--kill-child'];
    if (spawnSync(under[0]!, [...under.slice(1), 'true']).status !== 0) {
      console.warn('a namespace of its own is not permitted: what two containers do has not been shown');
      return;
    }
    const writer = new WriterProcess(directory, ['100'], under);
    try {
      await writer.says(3);
      const refusal = expect.objectContaining({
        code: 'DIRECTORY_IN_USE',
        message: expect.stringContaining('in another container or on another machine'),
      });
      expect(() => open()).toThrow(refusal);
      await writer.says(writer.lines.length + 3);
      const owner = readStored(directory, { table: OWNER, key: OWNER_KEY });
      expect(ownerOf(owner, directory)).toMatchObject({ isAlive: true });
    } finally {
      await writer.kill();
    }
    expect(open().load().watermark).toBeGreaterThan(writer.last);
  }, 120_000);
});

function isPart(name: string): boolean {
  return name.endsWith('.part');
}
