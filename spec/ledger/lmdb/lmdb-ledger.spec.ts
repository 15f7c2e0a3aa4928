import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { Ledger } from '../../../lib/ledger/ledger.js';
import { openLmdbLedger } from '../../../lib/ledger/lmdb/lmdb-ledger.js';
import { constants } from '../../../lib/model/constants.js';
import type { Position } from '../../../lib/model/ids.js';
import { changeStoredChunk } from '../checkpoint-files.js';
import { describeLedger } from '../compliance.js';
import { committed, type LedgerPlace, QUEUE } from '../ledger-place.js';
import { at, checkpointAt, voteAt } from '../records.js';
import { putStored, QUEUE_NAME, remove, storedValues, tamper, temporaryDirectory } from './lmdb-files.js';
import { WRITER, WriterProcess } from './writer-process.js';

describeLedger('the LMDB ledger', () => {
  const directory = temporaryDirectory();
  const checkpoints = join(directory, 'checkpoints', QUEUE_NAME);
  const changeIn =
    (extension: string): LedgerPlace['changeChunk'] =>
    ({ next, position }, index, change) => {
      changeStoredChunk(join(checkpoints, `${String(next)}-${String(position)}.${extension}`), index, change);
    };
  return {
    segmentInstances: constants.segmentInstances,
    open: (queueId) => openLmdbLedger(directory, queueId),
    values: () => storedValues(directory),
    put: (key, value) => putStored(directory, key, value),
    changeChunk: changeIn('checkpoint'),
    changeReceived: changeIn('received'),
    checkpointCount: () => (existsSync(checkpoints) ? readdirSync(checkpoints).length : 0),
    dispose: () => remove(directory),
  };
});

describe('the LMDB ledger', () => {
  let directory: string;
  const writers: WriterProcess[] = [];

  beforeEach(() => {
    directory = temporaryDirectory();
  });
  afterEach(async () => {
    for (const writer of writers.splice(0)) await writer.kill();
    remove(directory);
  });

  function open(queueId = QUEUE) {
    return openLmdbLedger(directory, queueId);
  }

  /** A process that has the ledger open, and commits. */
  async function startWriter(bodyBytes = 200, where = directory): Promise<WriterProcess> {
    const writer = new WriterProcess(where, [String(bodyBytes)]);
    writers.push(writer);
    await writer.says(1);
    return writer;
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
      const writer = await startWriter(bodyBytes, where);
      await writer.says(40);
      await writer.kill();
      const ledger = openLmdbLedger(where, QUEUE);
      const { watermark } = ledger.load();
      const confirmed = writer.last + 1;
      // The last commit may have become durable without having been confirmed.
      expect([confirmed, confirmed + 1]).toContain(watermark);
      const entries = ledger.read(at(0), at(watermark), Infinity);
      expect(entries.map((entry) => entry.instance)).toEqual(Array.from({ length: watermark }, (_, i) => i));
      expect(entries.every((entry) => entry.vote?.batch.body.length === bodyBytes)).toBe(true);
      await ledger.close();
    }
  });

  it('belongs to one process at a time, and is free at once when that is killed', async () => {
    const writer = await startWriter();
    const refusal = expect.objectContaining({
      code: 'DIRECTORY_IN_USE',
      message: expect.stringMatching(
        `Directory ${directory} is in use by process ${String(writer.child.pid)} on ${hostname()}\\. Stop that process`,
      ),
    });
    expect(() => open()).toThrow(refusal);
    expect(() => open('another queue')).toThrow(refusal);
    await writer.kill();
    await open().close();
  });

  it('is not free while its owner is merely stopped, be it in the midst of a commit', async () => {
    const writer = await startWriter();
    const { child, lines } = writer;
    for (let round = 0; round < 10; round += 1) {
      await writer.says(lines.length + 3);
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
      code: 'DIRECTORY_IN_USE',
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
      expect.stringMatching(/^failed: .*has reached the 2048000 bytes .*Input\/output error/),
      'failed again',
      'closed',
    ]);
    const ledger = open();
    expect(ledger.load().watermark).toBe(confirmed);
    expect(ledger.read(at(0), at(confirmed + 5), Infinity)).toHaveLength(confirmed);
    await committed(ledger, voteAt(confirmed));
    await ledger.close();
  });

  it.each([
    // So many that LMDB gets them from the journal often enough to come to rest.
    ['small', 200, 56],
    ['large', 20_000, 8],
  ])('uses the pages again of what has been cut off a log of %s batches', async (_size, bytes, rounds) => {
    const n = constants.segmentInstances;
    const ledger = open();
    const sizes: number[] = [];
    for (let next = 0; next < rounds * n; next += n) {
      for (let first = next; first < next + n; first += 256) {
        const votes = Array.from({ length: 256 }, (_, i) => voteAt(first + i, bytes - ((first + i) % 190)));
        await committed(ledger, ...votes, { kind: 'watermark', watermark: at(first + 256) });
      }
      await committed(
        ledger,
        { kind: 'checkpoint', checkpoint: checkpointAt(next + n) },
        { kind: 'truncation', keepBytes: n * bytes },
      );
      sizes.push(statSync(join(directory, 'data.mdb')).size);
    }
    expect(ledger.start).toBeGreaterThan((rounds - 4) * n);
    expect(sizes.at(-1)).toBeLessThanOrEqual(1.1 * sizes.at(-rounds / 2)!);
    await ledger.close();
  });

  describe('with a checkpoint', () => {
    const place = { next: at(3), position: 9 as Position };
    const file = () => join(directory, 'checkpoints', QUEUE_NAME, '3-9.checkpoint');

    async function write(ledger: Ledger) {
      const writer = ledger.checkpoints.create(place);
      await writer.append(Buffer.alloc(5000, 1));
      await writer.append(Buffer.alloc(7000, 2));
      return writer.finish();
    }

    it('goes on where it could not be written', async () => {
      writeFileSync(join(directory, 'checkpoints'), '');
      const ledger = open();
      const writer = ledger.checkpoints.create(place);
      const failure = expect.objectContaining({ code: 'LEDGER_FAILED', cause: expect.anything() });
      await writer.append(Buffer.alloc(10));
      await expect(writer.finish()).rejects.toEqual(failure);
      await writer.abandon();
      await expect(ledger.checkpoints.receive({ ...place, chunks: 0, bytes: 0, digest: '' })).rejects.toEqual(failure);
      await committed(ledger, voteAt(0));
      await ledger.close();
    });

    it('finds any byte of its file changed, and the file cut short anywhere', async () => {
      const ledger = open();
      const checkpoint = await write(ledger);
      const good = readFileSync(file());
      const readAll = async () => {
        const reader = await ledger.checkpoints.open(checkpoint);
        try {
          for (let index = 0; index < checkpoint.chunks; index += 1) await reader.chunk(index);
        } finally {
          await reader.close();
        }
      };
      await readAll();
      const damage = expect.objectContaining({ code: expect.stringMatching('LEDGER_DAMAGED|LEDGER_VERSION') });
      const places = [...good.keys()].filter((i) => i < 50 || i > good.length - 90 || i % 501 === 0);
      for (const i of places) {
        const changed = Buffer.from(good);
        changed[i]! ^= 1 << (i % 8);
        writeFileSync(file(), changed);
        await expect(readAll()).rejects.toEqual(damage);
        writeFileSync(file(), good.subarray(0, i));
        await expect(readAll()).rejects.toEqual(damage);
      }
      await ledger.close();
    });

    it('tells one of another version from a damaged one', async () => {
      const ledger = open();
      const checkpoint = await write(ledger);
      const bytes = readFileSync(file());
      bytes[8]! += 1;
      writeFileSync(file(), bytes);
      const version = expect.objectContaining({
        code: 'LEDGER_VERSION',
        message: expect.stringContaining('instance 3'),
      });
      await expect(ledger.checkpoints.open(checkpoint)).rejects.toEqual(version);
      await ledger.close();
    });

    it('keeps those of a queue whose name looks like a path beside the others', async () => {
      const ledger = open('..');
      await write(ledger);
      await ledger.close();
      expect(readdirSync(join(directory, 'checkpoints'))).toEqual(['%2E%2E']);
    });
  });
});
