/**
 * How a replica of three comes back, and what that costs the two others. `--parts` chooses what is measured; every part
 * is run `--runs` times, and its last rows have the medians.
 */
import { benchmark, type Row } from '../benchmark.js';
import { medianRow, table } from '../rows.js';
import { rejoin, type RejoinLoad, type RejoinOptions } from './rejoin.js';
import { replay } from './replay.js';
import { restart } from './restart.js';
import { serving } from './serving.js';

const defaults = {
  parts: 'replay,rejoin,restart,serving',
  runs: 5,
  callers: 1000,
  replayOperations: 300_000,
  operations: 1_000_000,
  steadyShare: 0.5,
  seconds: 5,
  warmUpSeconds: 1,
  settleSeconds: 5,
  patienceSeconds: 300,
  stateMegabytes: 200,
};

interface RecoveryOptions extends RejoinOptions {
  readonly replayOperations: number;
  readonly stateMegabytes: number;
}

/** Measures, prints, and returns rows. */
type Part = (options: RecoveryOptions) => Promise<Row[]>;

const parts = new Map<string, Part>([
  ['replay', async (options) => withMedians(await replay({ ...options, operations: options.replayOperations }))],
  ['rejoin', async (options) => [...(await rejoinRows(options, 'steady')), ...(await rejoinRows(options, 'full'))]],
  ['restart', async (options) => withMedians(await restart(options))],
  ['serving', servingRows],
]);

export const recovery = benchmark(defaults, async (flags) => {
  const chosen = flags.parts.split(',').map((name) => {
    const part = parts.get(name);
    if (part !== undefined) return part;
    throw new Error(`There is no part ${name} of recovery: use ${[...parts.keys()].join(', ')}.`);
  });
  const about = { benchmark: 'recovery', callers: flags.callers, bytes: flags.bytes, mode: flags.mode };
  const rows: Row[] = [];
  for (const part of chosen) rows.push(...(await part({ ...flags, replicas: 3 })));
  return rows.map((row) => ({ ...about, ...row }));
});

async function rejoinRows(options: RejoinOptions, load: RejoinLoad): Promise<Row[]> {
  const { returns, costs } = await rejoin(options, load);
  const costsIn = (phase: string): Row[] => withMedians(costs.filter((row) => row['phase'] === phase));
  return [...withMedians(returns), ...costsIn('before'), ...costsIn('during'), ...costsIn('after')];
}

async function servingRows(options: RecoveryOptions): Promise<Row[]> {
  const rows = await serving(options);
  const names = new Set(rows.map((row) => row['replica']));
  return [...names].flatMap((name) => withMedians(rows.filter((row) => row['replica'] === name)));
}

/** Prints the rows, which may be none, with the row of their medians below them, and returns all. */
function withMedians(rows: readonly Row[]): Row[] {
  if (rows.length === 0) return [];
  const all = [...rows, medianRow(rows)];
  console.log(`${table(all)}\n`);
  return all;
}
