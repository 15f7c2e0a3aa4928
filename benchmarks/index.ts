/**
 * `npm run bench -- [--replicas N] [--callers N] [--bytes N] [--seconds N] [--mode M] [--proposers N] [--json FILE]`:
 * durable operations a second and their latency, three real processes on this machine. Without `--callers`, one caller
 * at one replica and 1,000 callers at each.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Mode } from '../lib/index.js';
import { BenchmarkGroup } from './group.js';
import type { Measured } from './replica.js';

interface Row {
  readonly benchmark: string;
  readonly system: string;
  readonly replicas: number;
  readonly callers: number;
  readonly bytes: number;
  readonly mode: string;
  readonly durable: boolean;
  readonly opsPerSecond: number;
  readonly p50Ms: number;
  readonly p85Ms: number;
  readonly p99Ms: number;
}

interface Point {
  readonly callers: number;
  readonly proposers: number;
}

const { values } = parseArgs({
  options: {
    replicas: { type: 'string', default: '3' },
    callers: { type: 'string' },
    proposers: { type: 'string' },
    bytes: { type: 'string', default: '64' },
    seconds: { type: 'string', default: '5' },
    mode: { type: 'string', default: 'adaptive' },
    port: { type: 'string', default: '7409' },
    json: { type: 'string' },
  },
});

const replicas = Number(values.replicas);
const bytes = Number(values.bytes);
const mode = values.mode as Mode;
const points: Point[] =
  values.callers === undefined
    ? [
        { callers: 1, proposers: 1 },
        { callers: 1000, proposers: replicas },
      ]
    : [{ callers: Number(values.callers), proposers: Number(values.proposers ?? replicas) }];

const rows: Row[] = [];
const group = await BenchmarkGroup.start(replicas, mode, Number(values.port));
console.log(`${String(replicas)} replicas, ${mode}, ${String(bytes)} bytes of padding, durable`);
console.log('callers        op/s   p50 ms   p85 ms   p99 ms   CPU ms a replica a second');
for (const { callers, proposers } of points) {
  const measured = await group.run(
    { callers, bytes, warmUpMs: 2000, measureMs: 1000 * Number(values.seconds) },
    proposers,
  );
  const row = summarise(measured, callers * proposers);
  rows.push(row);
  const cpu = measured.map(({ cpuMs, elapsedMs }) => Math.round((1000 * cpuMs) / elapsedMs)).join(' ');
  console.log(
    [
      String(callers).padStart(5),
      `× ${String(proposers)}`,
      row.opsPerSecond.toFixed(0).padStart(9),
      ...[row.p50Ms, row.p85Ms, row.p99Ms].map((ms) => ms.toFixed(3).padStart(8)),
      `  ${cpu}`,
    ].join(' '),
  );
}
await group.stop();
if (values.json !== undefined) await writeFile(values.json, JSON.stringify(rows, null, 2));

function summarise(measured: readonly Measured[], callers: number): Row {
  const all = new Float64Array(measured.reduce((sum, { latenciesMs }) => sum + latenciesMs.length, 0));
  let at = 0;
  for (const { latenciesMs } of measured) {
    all.set(latenciesMs, at);
    at += latenciesMs.length;
  }
  all.sort();
  const percentile = (p: number) => all[Math.min(all.length - 1, Math.floor((p / 100) * all.length))] ?? Number.NaN;
  const seconds = (measured[0]?.elapsedMs ?? 0) / 1000;
  return {
    benchmark: 'throughput',
    system: 'treplica',
    replicas,
    callers,
    bytes,
    mode,
    durable: true,
    opsPerSecond: all.length / seconds,
    p50Ms: percentile(50),
    p85Ms: percentile(85),
    p99Ms: percentile(99),
  };
}
