import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { crc32 } from 'node:zlib';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { open as openLmdb, type Key } from 'lmdb';

import { openLmdbLedger } from '../../lib/ledger/lmdb-ledger.js';
import { limits } from '../../lib/model/limits.js';
import { committed, describeLedger } from './compliance.js';
import { at, BALLOT, entryAt, PROCESS, voteAt } from './records.js';

const QUEUE = '239.255.0.1:7400';
const QUEUE_NAME = '239.255.0.1%3A7400';
const WRITER = join(import.meta.dirname, '../../dist/spec/programs/ledger-writer.js');

function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'treplica-ledger-'));
}

function remove(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}

describeLedger('the LMDB ledger', () => {
  const directory = temporaryDirectory();
  return { open: (queueId) => openLmdbLedger(directory, queueId), dispose: () => remove(directory) };
});

describe('the LMDB ledger', () => {
  let directory: string;
  const children: ChildProcess[] = [];

  beforeEach(() => {
    directory = temporaryDirectory();
  });
  afterEach(async () => {
    for (const child of children.splice(0)) await kill(child);
    remove(directory);
  });

  function open(queueId = QUEUE) {
    return openLmdbLedger(directory, queueId);
  }

  /** A process that commits one entry after the other and says which are durable; the first line is "open". */
  async function startWriter(
    bodyBytes = 200,
  ): Promise<{ child: ChildProcess; lines: string[]; saying: (count: number) => Promise<void> }> {
    const child = spawn(process.execPath, [WRITER, directory, QUEUE, String(bodyBytes)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const lines: string[] = [];
    const reader = createInterface(child.stdout);
    reader.on('line', (line) => lines.push(line));
    const saying = async (count: number) => {
      while (lines.length < count) await once(reader, 'line');
    };
    await saying(1);
    return { child, lines, saying };
  }

  async function kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'close');
    child.kill('SIGKILL');
    await gone;
  }

  /** Replaces one stored value behind the ledger's back, or removes it. */
  async function tamper(database: string, key: Key, change: (value: Buffer) => Buffer): Promise<void> {
    const root = openLmdb<Buffer>(directory, { noSubdir: false, overlappingSync: false, encoding: 'binary' });
    const keyEncoding = typeof key === 'number' ? 'uint32' : 'binary';
    const table = root.openDB<Buffer>(database, { keyEncoding, encoding: 'binary' });
    table.putSync(key, change(table.get(key)!));
    await root.close();
  }

  function flipLastBit(value: Buffer): Buffer {
    const changed = Buffer.from(value);
    changed[changed.length - 1]! ^= 1;
    return changed;
  }

  it('makes the directory, and those above it', async () => {
    const ledger = openLmdbLedger(join(directory, 'a', 'b.c'), QUEUE);
    await committed(ledger, voteAt(0));
    await ledger.close();
    expect(existsSync(join(directory, 'a', 'b.c', 'data.mdb'))).toBe(true);
  });

  it('refuses a directory below a file, or that is a file, and names it', () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    for (const path of [file, join(file, 'below')]) {
      const refusal = expect.objectContaining({
        code: 'DIRECTORY_NOT_WRITABLE',
        message: expect.stringContaining(path),
      });
      expect(() => openLmdbLedger(path, QUEUE)).toThrow(refusal);
    }
  });

  it('refuses a directory on a file system that is read-only', () => {
    const refusal = expect.objectContaining({
      code: 'DIRECTORY_NOT_WRITABLE',
      message: expect.stringContaining('/proc/treplica'),
    });
    expect(() => openLmdbLedger('/proc/treplica', QUEUE)).toThrow(refusal);
  });

  it('knows its directory by whatever path it is reached', async () => {
    mkdirSync(join(directory, 'real'));
    symlinkSync(join(directory, 'real'), join(directory, 'link'));
    const ledger = openLmdbLedger(join(directory, 'real'), QUEUE);
    expect(() => openLmdbLedger(join(directory, 'link'), QUEUE)).toThrow('is already open in this process');
    const other = openLmdbLedger(join(directory, 'link'), 'another queue');
    await committed(other, voteAt(0));
    await Promise.all([ledger.close(), other.close()]);
  });

  it('may be opened and closed again and again', async () => {
    for (let round = 0; round < 50; round += 1) {
      const ledger = open();
      expect(ledger.load().entries).toHaveLength(round);
      await committed(ledger, voteAt(round, 10_000));
      const closing = ledger.close();
      if (round % 2 === 0) await closing;
    }
  });

  it('has after kill -9 everything that it confirmed', async () => {
    let next = 0;
    for (const bodyBytes of [0, 200, 60_000]) {
      const { child, lines, saying } = await startWriter(bodyBytes);
      await saying(40);
      await kill(child);
      const ledger = open();
      const { watermark } = ledger.load();
      const confirmed = Number(lines.at(-1)) + 1;
      // The last commit may have become durable without having been confirmed.
      expect([confirmed, confirmed + 1]).toContain(watermark);
      next = Math.max(next, watermark);
      const entries = ledger.read(at(0), at(watermark), Infinity);
      expect(entries.map((entry) => entry.instance)).toEqual(Array.from({ length: watermark }, (_, i) => i));
      expect(entries.every((entry) => entry.vote?.batch.body.length === bodyBytes)).toBe(true);
      await ledger.close();
    }
  });

  it('belongs to one process at a time, and is free at once when that is killed', async () => {
    const { child } = await startWriter();
    const refusal = expect.objectContaining({
      code: 'DIRECTORY_IN_USE',
      message: expect.stringMatching(
        `Directory ${directory} is in use by process ${String(child.pid)}\\. Stop that process`,
      ),
    });
    expect(() => open()).toThrow(refusal);
    expect(() => open('another queue')).toThrow(refusal);
    await kill(child);
    await open().close();
  });

  it('is not free while its owner is merely stopped', async () => {
    const { child } = await startWriter();
    child.kill('SIGSTOP');
    expect(() => open()).toThrow(expect.objectContaining({ code: 'DIRECTORY_IN_USE' }));
  });

  it('fails in a process that it has been taken from', async () => {
    const ledger = open();
    await committed(ledger, voteAt(0));
    await tamper('owner', Buffer.from('owner'), () => Buffer.from('somebody else'));
    const failure = expect.objectContaining({
      code: 'LEDGER_FAILED',
      message: expect.stringContaining('Another process has taken'),
    });
    await expect(committed(ledger, voteAt(1))).rejects.toEqual(failure);
    await ledger.close();
  });

  it('can be opened again by the process in which it has failed', async () => {
    const ledger = open();
    const other = open('another queue');
    const nonsense = { kind: 'watermark', watermark: at(-1) } as const;
    await expect(committed(ledger, nonsense)).rejects.toThrow('could not be written');
    await expect(committed(other, voteAt(0))).rejects.toThrow('could not be written');
    await ledger.close();
    await other.close();
    const again = open();
    await committed(again, voteAt(0));
    await again.close();
  });

  it('has, when the disk takes no more, all that it confirmed and nothing else', async () => {
    const run = ['--fsize=2000000', process.execPath, WRITER, directory, QUEUE, '60000'];
    const { stdout } = spawnSync('prlimit', run, { encoding: 'utf8' });
    const lines = stdout.trim().split('\n');
    const confirmed = lines.filter((line) => /^\d+$/.test(line)).length;
    expect(confirmed).toBeGreaterThan(10);
    expect(lines.slice(-3)).toEqual([
      expect.stringMatching(/^failed: .*Input\/output error/),
      'failed again',
      'closed',
    ]);
    const ledger = open();
    expect(ledger.load().watermark).toBe(confirmed);
    expect(ledger.read(at(0), at(confirmed + 5), Infinity)).toHaveLength(confirmed);
    await committed(ledger, voteAt(confirmed));
    await ledger.close();
  });

  describe('when something stored is damaged', () => {
    const entryNumber = limits.segmentInstances + 34;

    beforeEach(async () => {
      const ledger = open();
      await committed(
        ledger,
        voteAt(entryNumber),
        voteAt(entryNumber + 1),
        { kind: 'promise', ballot: BALLOT },
        { kind: 'identity', process: PROCESS, incarnation: 1 },
      );
      await ledger.close();
    });

    /** Opens the ledger and loads it. */
    async function load(): Promise<unknown> {
      const ledger = open();
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
      await tamper(`${QUEUE_NAME}/log/0000000001`, 34, change);
      await expect(load()).rejects.toEqual(damagedRecord(`log entry ${String(entryNumber)}`));
    });

    it('names the log entry that is another', async () => {
      let other = Buffer.alloc(0);
      await tamper(`${QUEUE_NAME}/log/0000000001`, 34, (value) => (other = value));
      await tamper(`${QUEUE_NAME}/log/0000000001`, 35, () => other);
      await expect(load()).rejects.toEqual(damagedRecord(`log entry ${String(entryNumber + 1)}`));
    });

    it('names the log entry that is of another queue', async () => {
      const other = open('another queue');
      await committed(other, voteAt(0));
      await other.close();
      let foreign = Buffer.alloc(0);
      await tamper('another%20queue/log/0000000000', 0, (value) => (foreign = value));
      const ledger = open();
      await committed(ledger, voteAt(0));
      await ledger.close();
      await tamper(`${QUEUE_NAME}/log/0000000000`, 0, () => foreign);
      await expect(load()).rejects.toEqual(damagedRecord('log entry 0'));
    });

    it('names the promise, and does not go on without it', async () => {
      await tamper(`${QUEUE_NAME}/meta`, Buffer.from('promise'), flipLastBit);
      await expect(load()).rejects.toEqual(damagedRecord('promise record'));
    });

    it('finds a damaged entry when it is read', async () => {
      await tamper(`${QUEUE_NAME}/log/0000000001`, 35, flipLastBit);
      const ledger = open();
      expect(ledger.read(at(entryNumber), at(entryNumber + 1), 0)).toEqual([entryAt(entryNumber)]);
      expect(() => ledger.read(at(entryNumber), at(entryNumber + 2), 9)).toThrow(
        damagedRecord(`log entry ${String(entryNumber + 1)}`) as Error,
      );
      await ledger.close();
    });

    it('tells a record of another version from a damaged one', async () => {
      await tamper(`${QUEUE_NAME}/meta`, Buffer.from('promise'), (value) => {
        const changed = Buffer.from(value);
        changed[4] = 2;
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

    it('refuses a data file that has been zeroed or cut short', async () => {
      const file = join(directory, 'data.mdb');
      cpSync(file, `${file}.copy`);
      const refusal = expect.objectContaining({ code: 'LEDGER_DAMAGED', message: expect.stringContaining(file) });
      for (const bytes of [100, 4096, 8192, 12_000]) {
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
});
