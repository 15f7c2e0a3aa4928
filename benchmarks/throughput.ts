/**
 * Durable operations a second and their latency. Without `--callers`, one caller at one replica and 1,000 callers at
 * each; without `--proposers`, callers at every replica.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { benchmark, type Row } from './benchmark.js';
import { underLoad, windows, withGroup } from './group.js';
import type { ReplicaProcess } from './replica-process.js';
import { summarise } from './window.js';

const WARM_UP_MS = 2000;

export const throughput = benchmark({ replicas: 3, callers: 0, proposers: 0, seconds: 5 }, async (flags) => {
  const { replicas, callers, bytes, mode } = flags;
  const points =
    callers === 0
      ? [
          { callers: 1, proposers: 1 },
          { callers: 1000, proposers: replicas },
        ]
      : [{ callers, proposers: flags.proposers === 0 ? replicas : flags.proposers }];
  return withGroup(flags, async (group) => {
    console.log(`${replicas} replicas, ${mode}, ${bytes} bytes of padding, durable`);
    console.log('callers        op/s   p50 ms   p85 ms   p99 ms   CPU ms a replica a second');
    const rows: Row[] = [];
    for (const point of points) {
      const measured = await measure(group.slice(0, point.proposers), point.callers, 1000 * flags.seconds);
      const { opsPerSecond, p50Ms, p85Ms, p99Ms } = summarise(measured);
      const cpu = measured.map(({ cpuMs, elapsedMs }) => Math.round((1000 * cpuMs) / elapsedMs)).join(' ');
      console.log(
        [
          String(point.callers).padStart(5),
          `× ${point.proposers}`,
          opsPerSecond.toFixed(0).padStart(9),
          ...[p50Ms, p85Ms, p99Ms].map((ms) => ms.toFixed(3).padStart(8)),
          `  ${cpu}`,
        ].join(' '),
      );
      const all = point.callers * point.proposers;
      const row = { benchmark: 'throughput', system: 'treplica', replicas, callers: all, bytes, mode, durable: true };
      rows.push({ ...row, opsPerSecond, p50Ms, p85Ms, p99Ms });
    }
    return rows;
  });
});

async function measure(proposers: readonly ReplicaProcess[], callers: number, milliseconds: number) {
  return underLoad(proposers, { kind: 'closed', callers }, async () => {
    await sleep(WARM_UP_MS);
    await windows(proposers);
    await sleep(milliseconds);
    return windows(proposers);
  });
}
