/**
 * The method of Vieira and Buzato: what one client finds, and the highest rate of operations that all replicas together
 * keep up with. The operation puts up an auction.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { benchmark, type Row } from '../benchmark.js';
import { type GroupSetup, noCheckpoints, underLoad, windows, withGroup } from '../group.js';
import { plotLatency } from '../plot.js';
import { withProgress } from '../progress.js';
import { standardRow, table } from '../rows.js';
import { summarise, type Summary } from '../window.js';
import { climb } from './climb.js';
import { type Step, step } from './step.js';

/** Operations a second in Table 1 of the paper: what one client has, and the most that many have together. */
const PAPER = { single: 90.7, highest: 1685 } as const;

/** With one caller Node takes so long to compile what a replica does. */
const WARM_UP_MS = 4000;
/** At each replica, and for how long, to find out roughly what the group can do. */
const CAPACITY_CALLERS = 1000;
const CAPACITY_SECONDS = 2;
/** Of the capacity: the rate to begin with. */
const START_SHARE = 0.25;

const defaults = {
  // A checkpoint would fall into some steps and not into others, and decide whether they hold.
  ...noCheckpoints,
  replicas: 3,
  seconds: 5,
  offered: 0,
  plot: '',
};

export const paper = benchmark(defaults, async (flags) => {
  const { replicas, bytes, mode, seconds, offered, plot } = flags;
  const setup: GroupSetup = { ...flags, workload: 'auction' };
  const rows: Row[] = [];
  const add = (row: Row): void => {
    rows.push(standardRow({ benchmark: 'paper', system: 'treplica', replicas, bytes, mode, durable: true, ...row }));
    console.log(line(row));
  };
  const once = async (offeredPerSecond: number): Promise<Step> => {
    const what = `${offeredPerSecond.toFixed(0)} operations a second`;
    const seen = await withProgress(what, () => step(setup, offeredPerSecond, seconds));
    add({ phase: 'multi', ...seen });
    return seen;
  };
  // Other work that the machine does for a moment must not end the climb.
  const twice = async (offeredPerSecond: number): Promise<Step> => {
    const seen = await once(offeredPerSecond);
    return seen.held ? seen : once(offeredPerSecond);
  };

  console.log(`auctions put up: ${replicas} replicas, ${mode}, ${bytes} bytes of padding, durable`);
  console.log(COLUMNS.map((name) => name.padStart(WIDTH)).join(' '));
  const single = await closedLoop(setup, 1, 1, seconds);
  add({ phase: 'single', callers: 1, ...single, ...besidePaper(single, PAPER.single) });
  if (offered > 0) {
    await once(offered);
  } else {
    const capacity = await closedLoop(setup, replicas, CAPACITY_CALLERS, CAPACITY_SECONDS);
    add({ phase: 'capacity', callers: CAPACITY_CALLERS, ...capacity });
    const highest = await climb(START_SHARE * capacity.opsPerSecond, twice);
    add({ phase: 'highest', ...highest, ...besidePaper(highest, PAPER.highest) });
  }
  console.log(`\n${comparison(rows)}`);
  // The highest rate is one of the steps.
  const plotted = rows.filter((row) => row['phase'] !== 'highest');
  if (plot !== '') await plotLatency(plotted, plot, `Auctions put up, ${replicas} replicas`);
  return rows;
});

/** The measurements of `callers` at each of the first `proposers` replicas of a new group. */
async function closedLoop(setup: GroupSetup, proposers: number, callers: number, seconds: number): Promise<Summary> {
  return withGroup(setup, (replicas) => {
    const chosen = replicas.slice(0, proposers);
    return underLoad(chosen, { kind: 'closed', callers }, async () => {
      await sleep(WARM_UP_MS);
      await windows(chosen);
      await sleep(1000 * seconds);
      return summarise(await windows(chosen));
    });
  });
}

/** Nothing is beside it where no rate has held. */
function besidePaper(found: Summary | null, paperOpsPerSecond: number): Row {
  return { paperOpsPerSecond, ratio: found === null ? null : found.opsPerSecond / paperOpsPerSecond };
}

/** The rows that have something of the paper beside them. */
function comparison(rows: readonly Row[]): string {
  return table(
    rows
      .filter((row) => row['ratio'] !== undefined)
      .map(({ phase, opsPerSecond, p85Ms, paperOpsPerSecond, ratio }) => ({
        clients: phase === 'single' ? 'one' : 'many',
        'paper op/s': paperOpsPerSecond ?? null,
        'op/s': opsPerSecond ?? null,
        'p85 ms': p85Ms ?? null,
        ratio: ratio ?? null,
      })),
  );
}

const COLUMNS = ['phase', 'callers', 'offeredPerSecond', 'opsPerSecond', 'p50Ms', 'p85Ms', 'p99Ms', 'held'] as const;
const WIDTH = 16;

function line(row: Row): string {
  return COLUMNS.map((name) => cell(row[name]).padStart(WIDTH)).join(' ');
}

function cell(value: Row[string] | undefined): string {
  if (typeof value !== 'number') return String(value ?? '-');
  return value >= 1000 ? value.toFixed(0) : String(Number(value.toFixed(3)));
}
