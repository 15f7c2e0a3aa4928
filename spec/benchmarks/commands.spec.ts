import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { newQueueId } from '../support/udp-testbed.js';

const PROGRAM = join(import.meta.dirname, '../../dist/benchmarks/index.js');

/** Everything takes both processors for as long as it is measured. */
const SHORT = ['--seconds', '0.3', '--warmUpSeconds', '0.5'];

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'treplica-bench-spec-'));
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

type Row = Readonly<Record<string, unknown>>;

interface Ended {
  readonly code: number | null;
  readonly errors: string;
}

/** `npm run bench` as a real process, to its end. */
async function command(args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'ignore', 'pipe'], timeout: 50_000 });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, errors };
}

async function bench(...args: readonly string[]): Promise<Row[]> {
  const file = join(directory, 'rows.json');
  const [, port = ''] = (await newQueueId()).split(':');
  expect(await command([...args, '--port', port, '--json', file])).toEqual({ code: 0, errors: expect.any(String) });
  return JSON.parse(await readFile(file, 'utf8')) as Row[];
}

const positive = (row: Row, ...fields: readonly string[]): void => {
  for (const field of fields) expect([field, row[field]]).toEqual([field, expect.any(Number)]);
  for (const field of fields) expect(row[field]).toBeGreaterThan(0);
};

describe('npm run bench', () => {
  it('measures throughput and latency, and where the time went, at each point as often as asked', async () => {
    const plot = join(directory, 'plot.svg');
    const rows = await bench('--callers', '20', ...SHORT, '--runs', '2', '--plot', plot);
    expect(rows.map(({ run }) => run)).toEqual([1, 2, 'median']);
    const point = { benchmark: 'throughput', replicas: 3, callers: 20, proposers: 3, bytes: 64, durable: true };
    for (const row of rows) {
      expect(row).toMatchObject(point);
      positive(row, 'opsPerSecond', 'p50Ms', 'p85Ms', 'p99Ms', 'payloadMBPerSecond', 'cpuMsPerSecond');
      positive(row, 'shareEncode', 'shareOrder', 'shareNetwork', 'shareLedger', 'shareExecute');
    }
    expect(await readFile(plot, 'utf8')).toContain('treplica adaptive');
  });

  it('measures how fast a replica executes its log', async () => {
    const sizes = ['--runs', '1', '--replayOperations', '2000', '--callers', '100'];
    const rows = await bench('recovery', '--parts', 'replay', ...sizes);
    expect(rows.map(({ measure, run }) => [measure, run])).toEqual([
      ['replay', 1],
      ['replay', 'median'],
    ]);
    positive(rows[0]!, 'operations', 'replaySeconds', 'opsPerSecond', 'spawnToReadySeconds', 'ledgerMB');
    // And the few with which the benchmark finds out that all have executed everything.
    expect(rows[0]?.['operations']).toBeLessThanOrEqual(2010);
  });

  it('measures how a replica becomes level again, and what the others pay, under both loads', async () => {
    const sizes = ['--runs', '1', '--operations', '2000', '--callers', '20', ...SHORT];
    const rows = await bench('recovery', '--parts', 'rejoin', ...sizes, '--settleSeconds', '0.3');
    for (const load of ['steady', 'full']) {
      const [comeback] = rows.filter((row) => row['measure'] === 'rejoin' && row['load'] === load);
      positive(comeback!, 'missed', 'capacity', 'readySeconds', 'levelSeconds', 'executed');
      const costs = rows.filter((row) => row['measure'] === 'rejoin-cost' && row['load'] === load && row['run'] === 1);
      expect(costs.map(({ phase }) => phase)).toEqual(['before', 'during', 'after']);
      for (const cost of costs) positive(cost, 'opsPerSecond', 'p50Ms', 'p85Ms', 'p99Ms', 'longestMs');
    }
  });

  it('measures how fast a replica starts from a checkpoint of a large state', async () => {
    const rows = await bench('recovery', '--parts', 'restart', '--runs', '1', '--stateMegabytes', '2');
    expect(rows.map(({ measure, run, operations }) => [measure, run, operations])).toEqual([
      ['restart', 1, 0],
      ['restart', 'median', 0],
    ]);
    positive(rows[0]!, 'checkpointMB', 'restoreSeconds', 'restoreMBPerSecond', 'spawnToReadySeconds', 'rawReadSeconds');
  });

  it('measures what callers feel of a checkpoint, at every replica, whoever makes it', async () => {
    const sizes = ['--runs', '1', '--stateMegabytes', '2', '--callers', '5', '--seconds', '0.5'];
    const rows = await bench('recovery', '--parts', 'serving', ...sizes);
    const measured = rows.filter(({ run }) => run === 1);
    expect(
      measured
        .map(({ variant, replica, makesIt }) => `${String(variant)} ${String(replica)} ${String(makesIt)}`)
        .sort(),
    ).toEqual(
      ['in process', 'of its own'].flatMap((variant) => [
        `${variant} 1 true`,
        `${variant} 2 false`,
        `${variant} 3 false`,
      ]),
    );
    for (const row of measured) {
      positive(row, 'checkpointMB', 'checkpointSeconds');
      positive(row, 'beforeOpsPerSecond', 'beforeLongestMs', 'beforeLongestBlockMs');
      positive(row, 'duringOpsPerSecond', 'duringLongestMs', 'duringLongestBlockMs');
    }
  });

  it('watches memory and disk under load', async () => {
    const rows = await bench('soak', '--callers', '5', '--seconds', '1', '--everySeconds', '0.5');
    const samples = rows.filter((row) => row['atSeconds'] !== undefined);
    expect(samples.map(({ atSeconds, replica }) => [atSeconds, replica])).toEqual(
      [0.5, 1].flatMap((at) => ['1', '2', '3'].map((replica) => [at, replica])),
    );
    for (const sample of samples) {
      positive(sample, 'opsPerSecond', 'rssBytes', 'heapUsedBytes', 'externalBytes', 'ledgerBytes');
    }
    expect(rows.filter((row) => row['ratio'] !== undefined)).toHaveLength(15);
  });

  it.each([
    [['sprint'], 'There is no benchmark sprint: use throughput, '],
    [
      ['throughput', '--sweep', 'size'],
      'There is no sweep size of throughput: use callers, bytes, replicas, modes, all.',
    ],
    [['soak', '--seconds', 'many'], '--seconds is many: give a number, at least 0.'],
    [['recovery', '--parts', 'rest'], 'There is no part rest of recovery: use replay, rejoin, restart, serving.'],
  ])('refuses %j', async (args, why) => {
    expect(await command(args)).toEqual({ code: 1, errors: expect.stringContaining(why) });
  });
});
