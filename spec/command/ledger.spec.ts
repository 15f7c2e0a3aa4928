import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { DirectoryReport, DirectoryVerification } from '../../lib/command/ledger-directory.js';
import { FileCheckpoints } from '../../lib/ledger/checkpoints/file-checkpoints.js';
import type { Ledger } from '../../lib/ledger/ledger.js';
import { openLmdbLedger } from '../../lib/ledger/lmdb/lmdb-ledger.js';
import type { Checkpoint } from '../../lib/model/checkpoint.js';
import { constants } from '../../lib/model/constants.js';
import type { Position } from '../../lib/model/ids.js';
import type { LedgerRecord } from '../../lib/model/records.js';
import { View } from '../../lib/model/view.js';
import { packBody } from '../../lib/sequence/batch-body.js';
import { encodeHead } from '../../lib/sequence/checkpoint-head.js';
import { BEGINNING_STATE } from '../../lib/sequence/cursor.js';
import { NOTHING_DELIVERED } from '../../lib/sequence/delivery-table.js';
import { changeStoredChunk } from '../ledger/checkpoint-files.js';
import { flipLastBit, putStored, QUEUE_NAME, storedValues } from '../ledger/lmdb/lmdb-files.js';
import { at, BALLOT, entryAt, GROUP, OTHER, PROCESS } from '../ledger/records.js';
import { answer, treplica } from './command-line.js';

const QUEUE = decodeURIComponent(QUEUE_NAME);
const VIEW = new View(0, [PROCESS, OTHER]);

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'treplica-ledger-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function committed(ledger: Ledger, ...records: LedgerRecord[]): Promise<void> {
  return new Promise((resolve, reject) => {
    ledger.commit(records, (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

/** An entry whose batch holds one message. */
function voteAt(instance: number): LedgerRecord {
  const entry = entryAt(instance);
  const body = packBody([Buffer.from('message')], 7, 0);
  return { kind: 'entry', entry: { ...entry, vote: { ...entry.vote!, batch: { ...entry.vote!.batch, body } } } };
}

/** Ten decided instances, the first four in a checkpoint of three chunks as well, and two votes beyond. */
async function fill(ledger: Ledger): Promise<Checkpoint> {
  ledger.load();
  const view = { view: VIEW, from: at(0) };
  await committed(
    ledger,
    { kind: 'identity', process: PROCESS, incarnation: 3, founds: true },
    { kind: 'view', group: GROUP, borderInstances: constants.borderInstances, record: view },
    { kind: 'promise', ballot: BALLOT },
    ...Array.from({ length: 12 }, (_, instance) => voteAt(instance)),
    { kind: 'watermark', watermark: at(10) },
  );
  const writer = ledger.checkpoints.create({ next: at(4), position: 4 as Position });
  const mark = { next: at(4), position: 4 as Position, bytes: 0 };
  const rows = [{ process: PROCESS, incarnation: 1, since: at(0), next: 4, last: at(3) }];
  const cursor = { ...BEGINNING_STATE, ...mark, boundary: mark, delivered: { ...NOTHING_DELIVERED, rows } };
  await writer.append(encodeHead({ group: GROUP, views: [view], keys: [], cursor }));
  await writer.append(Buffer.from('first'));
  await writer.append(Buffer.from('second'));
  const checkpoint = await writer.finish();
  await committed(ledger, { kind: 'checkpoint', checkpoint });
  return checkpoint;
}

async function fillAndClose(): Promise<Checkpoint> {
  const ledger = openLmdbLedger(directory, QUEUE);
  const checkpoint = await fill(ledger);
  await ledger.close();
  return checkpoint;
}

function checkpointFile(): string {
  const file = readdirSync(join(directory, 'checkpoints'), { recursive: true })
    .map(String)
    .find((name) => name.endsWith('.checkpoint'));
  return join(directory, 'checkpoints', file!);
}

async function damageEntry(instance: number): Promise<void> {
  const value = (await storedValues(directory)).get(at(instance))!;
  await putStored(directory, at(instance), flipLastBit(value));
}

describe('treplica ledger show', () => {
  it('says who the process is, where it stands and what it holds, as JSON that stays as it is', async () => {
    const checkpoint = await fillAndClose();
    const report = await answer<DirectoryReport>(0, 'ledger', 'show', directory);
    expect(report).toEqual({
      directory,
      owner: null,
      dataBytes: expect.any(Number),
      checkpointBytes: expect.any(Number),
      setAside: [],
      queues: [
        {
          queueId: QUEUE,
          identity: { process: PROCESS, incarnation: 3, founds: true },
          part: 'member',
          group: GROUP,
          base: null,
          views: [{ number: 0, from: 0, members: VIEW.members }],
          promise: '7.fedcba.classic',
          checkpoint,
          log: { start: 0, watermark: 10, votes: 2, bytes: 200, segments: 1 },
          position: 10,
          damages: [],
        },
      ],
      damages: [],
    });
    expect(report.dataBytes).toBeGreaterThan(4096);
  });

  it('says it in aligned lines too', async () => {
    await fillAndClose();
    const { stdout, stderr, code } = await treplica('ledger', 'show', directory);
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toContain('process    no process runs on it');
    expect(lines).toContain(`identity    ${PROCESS}, started 3 times`);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(150);
  });

  it('looks at a ledger that a process has open, and says which', async () => {
    const ledger = openLmdbLedger(directory, QUEUE);
    await fill(ledger);
    const report = await answer<DirectoryReport>(0, 'ledger', 'show', directory);
    expect(report.owner).toEqual({ pid: process.pid, isAlive: true });
    expect(report.queues).toMatchObject([{ position: 10 }]);
    await ledger.close();
  });

  it('shows all queues of a directory, or the one that is named', async () => {
    await fillAndClose();
    const other = openLmdbLedger(directory, '239.255.0.9:9');
    other.load();
    await committed(other, { kind: 'promise', ballot: BALLOT });
    await other.close();
    const all = await answer<DirectoryReport>(0, 'ledger', 'show', directory);
    expect(all.queues.map(({ queueId, part }) => [queueId, part])).toEqual([
      [QUEUE, 'member'],
      ['239.255.0.9:9', 'none'],
    ]);
    const one = await answer<DirectoryReport>(0, 'ledger', 'show', directory, '--queue', QUEUE);
    expect(one.queues.map(({ queueId }) => queueId)).toEqual([QUEUE]);
    expect((await treplica('ledger', 'show', directory, '--queue', 'none')).code).toBe(2);
  });

  it('says what is damaged, and of the rest what it can', async () => {
    await fillAndClose();
    await damageEntry(7);
    const [queue] = (await answer<DirectoryReport>(1, 'ledger', 'show', directory)).queues;
    expect(queue).toMatchObject({ position: null, log: { watermark: 10 } });
    expect(queue!.damages).toEqual([expect.stringContaining('log entry 7')]);
    rmSync(checkpointFile());
    const [again] = (await answer<DirectoryReport>(1, 'ledger', 'show', directory)).queues;
    expect(again!.damages).toHaveLength(2);
  });
});

describe('treplica ledger verify', () => {
  it('reads everything in a sound ledger', async () => {
    await fillAndClose();
    expect(await answer<DirectoryVerification>(0, 'ledger', 'verify', directory)).toEqual({
      directory,
      pages: 'sound',
      queues: [{ queueId: QUEUE, entries: 10, votes: 2, chunks: 3, findings: [] }],
      findings: [],
    });
    expect((await treplica('ledger', 'verify', directory)).stdout).toMatch(/^found {6}no damage$/m);
  });

  it('leaves the pages of a file alone that a process writes, and says so', async () => {
    const ledger = openLmdbLedger(directory, QUEUE);
    await fill(ledger);
    expect(await answer<DirectoryVerification>(0, 'ledger', 'verify', directory)).toMatchObject({
      pages: 'not read',
      findings: [],
    });
    await ledger.close();
  });

  it('lists every decided entry and every chunk that is damaged: peers have them', async () => {
    const checkpoint = await fillAndClose();
    for (const instance of [2, 5, 8]) await damageEntry(instance);
    for (const chunk of [1, 2]) changeStoredChunk(checkpointFile(), chunk, flipLastBit);
    const { findings, queues } = await answer<DirectoryVerification>(1, 'ledger', 'verify', directory);
    const [queue] = queues;
    expect(queue).toMatchObject({ entries: 7, chunks: 1 });
    expect(findings.map(({ remedy }) => remedy)).toEqual(Array(5).fill('peers'));
    const whats = ['log entry 2', 'log entry 5', 'log entry 8', 'chunk 1 of', 'chunk 2 of'];
    expect(findings.map(({ what }) => what)).toEqual(whats.map((what) => expect.stringContaining(what)));
    const { stdout } = await treplica('ledger', 'verify', directory);
    expect(stdout.match(/^mended by peers/gm)).toHaveLength(5);
    await new FileCheckpoints(directory, QUEUE).keepOnly([]);
    const without = await answer<DirectoryVerification>(1, 'ledger', 'verify', directory);
    expect(without.findings.at(-1)).toMatchObject({
      remedy: 'peers',
      what: expect.stringContaining(`instance ${checkpoint.next}`),
    });
  });

  it('says that a damaged vote means a new id', async () => {
    await fillAndClose();
    await damageEntry(11);
    const { findings } = await answer<DirectoryVerification>(1, 'ledger', 'verify', directory);
    expect(findings).toMatchObject([
      { queueId: QUEUE, remedy: 'new id', what: expect.stringContaining('log entry 11') },
    ]);
  });

  it('lists the pages that are damaged, and then reads nothing in the file', async () => {
    await fillAndClose();
    const path = join(directory, 'data.mdb');
    const bytes = readFileSync(path);
    for (let page = 2; page * 4096 < bytes.length; page += 1) bytes.fill(0xff, page * 4096 + 8, page * 4096 + 64);
    writeFileSync(path, bytes);
    const { pages, findings, queues } = await answer<DirectoryVerification>(1, 'ledger', 'verify', directory);
    expect([pages, queues]).toEqual(['damaged', []]);
    expect(findings[0]).toMatchObject({ queueId: null, remedy: 'new id' });
    const shown = await answer<DirectoryReport>(1, 'ledger', 'show', directory);
    expect(shown.damages.length).toBeGreaterThan(0);
  });

  it('of an emptied file does not take it for a new one', async () => {
    await fillAndClose();
    writeFileSync(join(directory, 'data.mdb'), '');
    const { findings } = await answer<DirectoryVerification>(1, 'ledger', 'verify', directory);
    expect(findings).toMatchObject([{ remedy: 'new id', what: expect.stringContaining('it is empty') }]);
  });
});

describe('a command line', () => {
  it.each([
    [[], 'No command is given'],
    [['make'], 'There is no command make'],
    [['ledger', 'mend', 'x'], 'There is no command ledger mend'],
    [['ledger', 'show'], 'ledger takes show or verify and DIR'],
    [['backup', 'x'], 'backup takes DIR and FILE'],
    [['restore', 'x', 'y', 'z'], 'restore takes FILE and DIR'],
    [['ledger', 'show', 'x', '--depth', '3'], '--depth'],
  ])('%j is none', async (args, why) => {
    const { code, stdout, stderr } = await treplica(...args);
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(why)]);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('with --help prints what there is', async () => {
    for (const args of [['--help'], ['backup', '--help']]) {
      expect(await treplica(...args)).toMatchObject({ code: 0, stdout: expect.stringContaining('restore FILE DIR') });
    }
  });
});
