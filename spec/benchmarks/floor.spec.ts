import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { readHeader } from '../../benchmarks/floor/datagram.js';
import type { Course, StationSetup, Task } from '../../benchmarks/floor/station.js';
import { countOf } from '../../benchmarks/latencies.js';
import type { Window } from '../../benchmarks/window.js';
import { type Row, runBench } from '../support/bench.js';
import { newQueueId } from '../support/udp-testbed.js';

const PROGRAM = join(import.meta.dirname, '../../dist/benchmarks/floor/station.js');
const BYTES = 200;

let directory: string;
let stations: ChildProcess[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'treplica-floor-spec-'));
  const [address = '', port = ''] = (await newQueueId()).split(':');
  stations = [0, 1, 2].map((index) => {
    const setup: StationSetup = { index, address, port: Number(port), file: fileOf(index), bytes: BYTES };
    return fork(PROGRAM, [JSON.stringify(setup)], { serialization: 'advanced' });
  });
  await Promise.all(stations.map((station) => once(station, 'message')));
});

afterEach(async () => {
  await Promise.all(stations.map(end));
  await rm(directory, { recursive: true });
});

const fileOf = (index: number): string => join(directory, String(index));

async function end(station: ChildProcess): Promise<void> {
  if (station.exitCode !== null || station.signalCode !== null) return;
  const exit = once(station, 'exit');
  station.kill('SIGKILL');
  await exit;
}

/** How many operations the first station has counted. */
async function run(task: Task): Promise<number> {
  stations[0]!.send({ task, ms: 200 } satisfies Course);
  const [window] = (await once(stations[0]!, 'message')) as [Window];
  return countOf(window.latencies);
}

/** The operations in a station's file, in their order. */
async function written(index: number): Promise<number[]> {
  const bytes = await readFile(fileOf(index));
  const operations: number[] = [];
  for (let at = 0; ; at += BYTES) {
    const { kind, operation } = readHeader(bytes.subarray(at, at + BYTES));
    if (kind !== 'proposal') return operations;
    operations.push(operation);
  }
}

describe('a station of the floor', () => {
  it('counts an operation that is in every file, where it waits for all three', async () => {
    const count = await run({ kind: 'operations', quorum: 3, syncs: true });
    expect(count).toBeGreaterThan(0);
    const all = Array.from({ length: count }, (_, i) => i + 1);
    for (const index of [0, 1, 2]) expect(await written(index)).toEqual(all);
  });

  it('does without the third, where it waits for a majority', async () => {
    await end(stations[2]!);
    const count = await run({ kind: 'operations', quorum: 2, syncs: true });
    expect(count).toBeGreaterThan(0);
    for (const index of [0, 1]) expect(await written(index)).toHaveLength(count);
    expect(await written(2)).toEqual([]);
  });

  it('writes nothing where the network alone is measured', async () => {
    expect(await run({ kind: 'operations', quorum: 3, syncs: false })).toBeGreaterThan(0);
    for (const index of [0, 1, 2]) expect(await written(index)).toEqual([]);
  });

  it('sends nothing where the disk alone is measured', async () => {
    expect(await run({ kind: 'disk' })).toBeGreaterThan(0);
    for (const index of [1, 2]) expect(await written(index)).toEqual([]);
  });

  it('ends with its parent', async () => {
    const exit = once(stations[1]!, 'exit');
    stations[1]!.disconnect();
    expect(await exit).toEqual([0, null]);
  });
});

describe('npm run bench -- floor', () => {
  it('compares Treplica with the floor of the same round, and leaves nothing behind', async () => {
    const sizes = ['--runs', '1', '--seconds', '0.1', '--warmUpSeconds', '0.1'];
    const { code, rows, left } = await runBench('floor', ...sizes);
    expect([code, left]).toEqual([0, []]);
    const round = rows.filter((row) => row['run'] === 1);
    expect(round.map(({ system, mode, at, durable }) => [system, mode, at, durable])).toEqual([
      ['floor', 'classic', null, true],
      ['network', 'classic', null, false],
      ['floor', 'fast', null, true],
      ['network', 'fast', null, false],
      ['disk', null, null, true],
      ['treplica', 'fast', 'follower', true],
      ['treplica', 'classic', 'coordinator', true],
      ['treplica', 'adaptive', 'coordinator', true],
      ['treplica', 'adaptive', 'follower', true],
    ]);
    expect(rows).toHaveLength(18);
    const p50 = (row: Row): number => row['p50Ms'] as number;
    for (const row of round) {
      expect(p50(row)).toBeGreaterThan(0);
      expect(row['ratioToFloor']).toBeCloseTo(p50(row) / p50(round[0]!));
      expect(row['ratioToFastFloor']).toBeCloseTo(p50(row) / p50(round[2]!));
    }
  });

  it('refuses proposals without room for their head', async () => {
    const { code, errors, left } = await runBench('floor', '--bytes', '3');
    expect({ code, errors, left }).toEqual({
      code: 1,
      errors: '--bytes is 3: give at least 7, which the head of a proposal takes.\n',
      left: [],
    });
  });
});
