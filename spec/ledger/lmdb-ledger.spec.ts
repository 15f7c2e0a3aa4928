import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { openLmdbLedger } from '../../lib/ledger/lmdb-ledger.js';
import { describeLedger } from './compliance.js';
import { committed, QUEUE } from './ledger-place.js';
import { putStored, remove, storedValues, tamper, temporaryDirectory } from './lmdb-files.js';
import { at, voteAt } from './records.js';

const WRITER = join(import.meta.dirname, '../../dist/spec/programs/ledger-writer.js');

describeLedger('the LMDB ledger', () => {
  const directory = temporaryDirectory();
  return {
    open: (queueId) => openLmdbLedger(directory, queueId),
    values: () => storedValues(directory),
    put: (key, value) => putStored(directory, key, value),
    dispose: () => remove(directory),
  };
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
    where = directory,
  ): Promise<{ child: ChildProcess; lines: string[]; saying: (count: number) => Promise<void> }> {
    const child = spawn(process.execPath, [WRITER, where, QUEUE, String(bodyBytes)], {
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

  it('refuses a directory that the system does not let it make, and names it', () => {
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
    for (const bodyBytes of [0, 200, 60_000]) {
      const where = join(directory, String(bodyBytes));
      const { child, lines, saying } = await startWriter(bodyBytes, where);
      await saying(40);
      await kill(child);
      const ledger = openLmdbLedger(where, QUEUE);
      const { watermark } = ledger.load();
      const confirmed = Number(lines.at(-1)) + 1;
      // The last commit may have become durable without having been confirmed.
      expect([confirmed, confirmed + 1]).toContain(watermark);
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

  it('is not free while its owner is merely stopped, be it in the midst of a commit', async () => {
    const { child, lines, saying } = await startWriter();
    for (let round = 0; round < 10; round += 1) {
      await saying(lines.length + 3);
      child.kill('SIGSTOP');
      expect(() => open()).toThrow(expect.objectContaining({ code: 'DIRECTORY_IN_USE' }));
      child.kill('SIGCONT');
    }
  });

  it('fails in a process that it has been taken from', async () => {
    const ledger = open();
    await committed(ledger, voteAt(0));
    await tamper(directory, 'owner', Buffer.from('owner'), () => Buffer.from('somebody else'));
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
    const limited = ['-c', 'ulimit -f 4000 && exec "$@"', 'sh', process.execPath, WRITER, directory, QUEUE, '60000'];
    const { stdout } = spawnSync('sh', limited, { encoding: 'utf8' });
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
});
