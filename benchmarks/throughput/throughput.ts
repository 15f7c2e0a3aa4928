/**
 * Durable operations a second, their latency, and where the time of the replicas goes. Without `--callers`, one caller at
 * one replica and many at each; without `--proposers`, callers at every replica; `--sweep` measures what one thing does to
 * all that.
 */
import { benchmark, type Row } from '../benchmark.js';
import { type Duration, type GroupSetup, withGroup } from '../group.js';
import { plotLatency } from '../plot.js';
import { withProgress } from '../progress.js';
import type { Replica } from '../replica-handle.js';
import { medianRow, table } from '../rows.js';
import { PLACES } from '../time-spent.js';
import { measurePoint, shareField } from './measure.js';
import { byGroup, type Point, pointsOf } from './points.js';

/** Gives `work` a group of that setup, wherever its replicas run, and ends it. */
export type GroupMaker = <T>(setup: GroupSetup, work: (replicas: readonly Replica[]) => Promise<T>) => Promise<T>;

export interface MeasuringFlags extends GroupSetup, Duration {
  readonly runs: number;
  readonly plot: string;
}

/** With one caller Node takes four seconds to compile what a replica does. */
export const defaults = {
  replicas: 3,
  callers: 0,
  proposers: 0,
  seconds: 5,
  warmUpSeconds: 4,
  runs: 1,
  sweep: '',
  plot: '',
};

export const throughput = benchmark({ ...defaults, datagramBytes: 0, unicast: 'no', keyed: 'no' }, (flags) => {
  const { replicas, port, unicast, keyed } = flags;
  const places = Array.from({ length: replicas }, (_, i) => `127.0.0.1:${port + 1 + i}`);
  const setup = { ...flags, isKeyed: keyed === 'yes', ...(unicast === 'yes' ? { places } : {}) };
  return measurePoints(pointsOf(flags), setup, withGroup);
});

/** Measures all points `runs` times, round after round; prints, plots and returns the rows, medians last. */
export async function measurePoints(
  points: readonly Point[],
  flags: MeasuringFlags,
  groupMaker: GroupMaker,
): Promise<Row[]> {
  console.log(HEADER);
  const rows: Row[] = [];
  for (let run = 1; run <= flags.runs; run += 1) {
    for (const group of byGroup(points)) rows.push(...(await measureGroup(group, run, flags, groupMaker)));
  }
  const medians = flags.runs > 1 ? points.map((_, i) => medianRow(rows.filter((_, j) => j % points.length === i))) : [];
  if (medians.length > 0) console.log(`\nMedians of ${flags.runs} runs\n${HEADER}\n${medians.map(line).join('\n')}`);
  const best = medians.length > 0 ? medians : rows;
  console.log(`\nWhere the time went: percent of the wall time, mean of the replicas\n${timeTable(best)}`);
  if (flags.plot !== '') await plotLatency(best, flags.plot, 'Durable operations a second and their latency');
  return [...rows, ...medians];
}

/** Points that one group can measure. */
async function measureGroup(
  points: readonly Point[],
  run: number,
  flags: MeasuringFlags,
  groupMaker: GroupMaker,
): Promise<Row[]> {
  const [first] = points;
  if (first === undefined) return [];
  const { replicas, mode, bytes } = first;
  return groupMaker({ ...flags, replicas, mode, bytes }, async (group) => {
    const rows: Row[] = [];
    for (const point of points) {
      const row = await withProgress(`run ${run}: ${nameOf(point)}`, () => measurePoint(group, point, flags));
      rows.push({ ...row, run });
      console.log(line(row));
    }
    return rows;
  });
}

function nameOf({ replicas, mode, bytes, callers, proposers }: Point): string {
  return `${replicas} replicas, ${mode}, ${bytes} bytes, ${callers} callers at ${proposers}`;
}

const HEADER = 'replicas      mode    bytes    callers       op/s    p50 ms    p85 ms    p99 ms     MB/s  CPU ms/s';

function line(row: Row): string {
  const number = (field: string, digits: number): string => {
    const value = row[field];
    return typeof value === 'number' ? value.toFixed(digits) : '-';
  };
  return [
    number('replicas', 0).padStart(8),
    String(row['mode']).padStart(10),
    number('bytes', 0).padStart(9),
    `${number('callers', 0)} × ${number('proposers', 0)}`.padStart(11),
    number('opsPerSecond', 0).padStart(11),
    ...['p50Ms', 'p85Ms', 'p99Ms'].map((field) => number(field, 3).padStart(10)),
    number('payloadMBPerSecond', 1).padStart(9),
    number('cpuMsPerSecond', 0).padStart(10),
  ].join('');
}

function timeTable(rows: readonly Row[]): string {
  return table(
    rows.map((row) => {
      const { replicas = null, mode = null, bytes = null, callers = null, proposers = null } = row;
      const percents = PLACES.map((place) => [place, Math.round(100 * Number(row[shareField(place)]))] as const);
      return { replicas, mode, bytes, callers, proposers, ...Object.fromEntries(percents) };
    }),
  );
}
