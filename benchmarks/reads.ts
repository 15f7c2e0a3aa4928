/**
 * Reads a second at every replica and their latency: of each consistency, with one caller at each replica and with many, and, at the
 * same callers, writes alone and four reads to a write, as in Treplica's paper (section 6).
 */
import { setTimeout as sleep } from 'node:timers/promises';

import type { Consistency } from '../lib/index.js';
import { benchmark, type Row } from './benchmark.js';
import { underLoad, windows, withGroup } from './group.js';
import type { ReadMix } from './load.js';
import { withProgress } from './progress.js';
import { columns, medianRow, standardRow, table } from './rows.js';
import { summarise } from './window.js';

interface Point {
  readonly load: string;
  readonly callers: number;
  /** Null: every call is a write. */
  readonly reads: ReadMix | null;
}

const CONSISTENCIES: readonly Consistency[] = ['linearizable', 'sequential', 'local'];
const PAPER_SHARE = 0.8;
const SHOWN = ['load', 'callers', 'opsPerSecond', 'p50Ms', 'p99Ms'];

export const reads = benchmark(
  { replicas: 3, callers: 1_000, seconds: 3, warmUpSeconds: 2, runs: 1 },
  async ({ replicas, callers, seconds, warmUpSeconds, runs, ...flags }) => {
    const rows: Row[] = [];
    const points = pointsOf(callers);
    await withGroup({ ...flags, replicas }, async (group) => {
      for (let run = 1; run <= runs; run += 1) {
        for (const { load, callers: each, reads: mix } of points) {
          const closed = { kind: 'closed', callers: each, ...(mix === null ? {} : { reads: mix }) } as const;
          const measured = await withProgress(`run ${run}: ${load}, ${each} callers at each replica`, () =>
            underLoad(group, closed, async () => {
              await sleep(1_000 * warmUpSeconds);
              await windows(group);
              await sleep(1_000 * seconds);
              return windows(group);
            }),
          );
          const { opsPerSecond, p50Ms, p99Ms } = summarise(measured);
          const about = { benchmark: 'reads', system: 'treplica', replicas, mode: flags.mode, durable: true };
          rows.push(standardRow({ ...about, load, callers: each, run, opsPerSecond, p50Ms, p99Ms }));
        }
      }
    });
    const medians = points.map(({ load, callers: each }) =>
      medianRow(rows.filter((row) => row['load'] === load && row['callers'] === each)),
    );
    console.log(table(medians.map((row) => columns(row, SHOWN))));
    return [...rows, ...medians];
  },
);

function pointsOf(callers: number): Point[] {
  const alone = CONSISTENCIES.flatMap((consistency) =>
    [...new Set([1, callers])].map((each) => ({
      load: `${consistency} reads`,
      callers: each,
      reads: { consistency, share: 1 },
    })),
  );
  const mix = { consistency: 'linearizable', share: PAPER_SHARE } as const;
  return [
    ...alone,
    { load: 'writes', callers, reads: null },
    { load: 'four linearizable reads to a write', callers, reads: mix },
  ];
}
