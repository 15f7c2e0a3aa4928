/**
 * Reads a second at every replica and their latency: of each consistency, with one caller at each replica and with many, and, at the
 * same callers, writes alone and four reads to a write, as in Treplica's paper (section 6).
 */
import type { Consistency } from '../lib/index.js';
import { benchmark, type Row } from './benchmark.js';
import { type Duration, underLoad, windowsAfterWarmUp, withGroup } from './group.js';
import type { ReadMix } from './load.js';
import { withProgress } from './progress.js';
import type { Replica } from './replica-handle.js';
import { columns, medianRow, standardRow, table } from './rows.js';
import { summarise, type Summary } from './window.js';

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
  async (flags) => {
    const { replicas, runs, mode } = flags;
    const about = { benchmark: 'reads', system: 'treplica', replicas, mode, durable: true };
    const rows: Row[] = [];
    const points = pointsOf(flags.callers);
    await withGroup(flags, async (group) => {
      for (let run = 1; run <= runs; run += 1)
        for (const point of points) {
          const { load, callers } = point;
          const measured = await withProgress(`run ${run}: ${load}, ${callers} callers at each replica`, () =>
            measure(group, point, flags),
          );
          rows.push(standardRow({ ...about, load, callers, run, ...measured }));
        }
    });
    const medians = points.map(({ load, callers: each }) =>
      medianRow(rows.filter((row) => row['load'] === load && row['callers'] === each)),
    );
    console.log(table(medians.map((row) => columns(row, SHOWN))));
    return [...rows, ...medians];
  },
);

async function measure(
  group: readonly Replica[],
  { callers, reads: mix }: Point,
  duration: Duration,
): Promise<Pick<Summary, 'opsPerSecond' | 'p50Ms' | 'p99Ms'>> {
  const load = { kind: 'closed', callers, ...(mix === null ? {} : { reads: mix }) } as const;
  const { opsPerSecond, p50Ms, p99Ms } = summarise(
    await underLoad(group, load, () => windowsAfterWarmUp(group, duration)),
  );
  return { opsPerSecond, p50Ms, p99Ms };
}

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
