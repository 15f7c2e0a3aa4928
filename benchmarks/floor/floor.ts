/**
 * Measures the least that one durable operation costs on this machine, with nothing but datagrams and files, and how
 * far Treplica is from it. All is measured in turn, in each of `--runs` rounds; the last rows have the medians.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { classicQuorum, fastQuorum } from '../../lib/model/view.js';
import { benchmark, type Row } from '../benchmark.js';
import { coordinatorOf, type GroupSetup, underLoad, windows, withGroup } from '../group.js';
import { withProgress } from '../progress.js';
import { columns, medianRow, standardRow, table } from '../rows.js';
import { summarise, type Window } from '../window.js';
import { HEADER_BYTES } from './datagram.js';
import type { Task } from './station.js';
import { type Run, withStations } from './stations.js';

const replicas = 3;
const classic = { mode: 'classic', quorum: classicQuorum(replicas) } as const;
const fast = { mode: 'fast', quorum: fastQuorum(replicas) } as const;

interface FloorOptions extends Omit<GroupSetup, 'replicas' | 'mode'> {
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

/** One measurement of a round. */
interface Measured {
  readonly system: string;
  /** Whose quorum is waited for, or the mode; null where there is nobody to wait for. */
  readonly mode: string | null;
  readonly durable: boolean;
  /** Where Treplica's caller is: a classic reign costs a message delay more anywhere but at the coordinator. */
  readonly at: 'coordinator' | 'follower' | null;
  readonly windows: readonly Window[];
}

const printed = ['system', 'mode', 'at', 'opsPerSecond', 'p50Ms', 'p85Ms', 'p99Ms', 'ratioToFloor', 'ratioToFastFloor'];

/** One caller makes a replica's code hot slowly: its latency falls for some four seconds, and to less than a half. */
const defaults = { bytes: 200, runs: 5, seconds: 5, warmUpSeconds: 5 };

/** Of that, for the floor: there is next to nothing to compile. */
const FLOOR_WARM_UP_SHARE = 0.2;

export const floor = benchmark(defaults, async (flags) => {
  const { port, bytes, runs } = flags;
  if (bytes < HEADER_BYTES)
    throw new Error(`--bytes is ${bytes}: give at least ${HEADER_BYTES}, which the head of a proposal takes.`);
  const rounds = await withStations({ count: replicas, port, bytes }, async (run) => {
    const all: Row[][] = [];
    for (let round = 1; round <= runs; round += 1) {
      const measured = await withProgress(`round ${round} of ${runs}`, () => measureAll(run, flags));
      all.push(rowsOf(measured, bytes).map((row) => ({ ...row, run: round })));
    }
    return all;
  });
  const medians = (rounds[0] ?? []).map((_, i) => medianRow(rounds.map((rows) => rows[i] ?? {})));
  console.log(`${replicas} processes, one caller, ${bytes} bytes; medians of ${runs} rounds`);
  console.log(table(medians.map((row) => columns(row, printed))));
  return [...rounds.flat(), ...medians];
});

async function measureAll(run: Run, options: FloorOptions): Promise<Measured[]> {
  const take = async (task: Task): Promise<Window[]> => {
    await run(task, 1000 * options.warmUpSeconds * FLOOR_WARM_UP_SHARE);
    return [await run(task, 1000 * options.seconds)];
  };
  const measured: Measured[] = [];
  for (const { mode, quorum } of [classic, fast]) {
    for (const syncs of [true, false]) {
      const seen = await take({ kind: 'operations', quorum, syncs });
      measured.push({ system: syncs ? 'floor' : 'network', mode, durable: syncs, at: null, windows: seen });
    }
  }
  measured.push({ system: 'disk', mode: null, durable: true, at: null, windows: await take({ kind: 'disk' }) });
  measured.push(await treplica(options, 'fast', 'follower'));
  measured.push(await treplica(options, 'classic', 'coordinator'));
  measured.push(await treplica(options, 'adaptive', 'coordinator'));
  measured.push(await treplica(options, 'adaptive', 'follower'));
  return measured;
}

/** A group of its own for each, so that none has to share the processors with the beats of another's heart. */
async function treplica(options: FloorOptions, mode: string, at: 'coordinator' | 'follower'): Promise<Measured> {
  const seen = await withGroup({ ...options, replicas, mode }, async (group) => {
    const coordinator = await coordinatorOf(group);
    const callers = group.filter((replica) => (replica === coordinator) === (at === 'coordinator')).slice(0, 1);
    return underLoad(callers, { kind: 'closed', callers: 1 }, async () => {
      await sleep(1000 * options.warmUpSeconds);
      await windows(callers);
      await sleep(1000 * options.seconds);
      return windows(callers);
    });
  });
  return { system: 'treplica', mode, durable: true, at, windows: seen };
}

/** How many times the floor's median each one's is: the floor with a majority, and the one with a fast quorum. */
function rowsOf(measured: readonly Measured[], bytes: number): Row[] {
  const floorOf = (wanted: string): number => {
    const found = measured.find(({ system, mode }) => system === 'floor' && mode === wanted);
    return found === undefined ? Number.NaN : summarise(found.windows).p50Ms;
  };
  const [majority, all] = [floorOf('classic'), floorOf('fast')];
  return measured.map(({ system, mode, durable, at, windows }) => {
    const { opsPerSecond, p50Ms, p85Ms, p99Ms } = summarise(windows);
    const about = {
      benchmark: 'floor',
      system,
      replicas: mode === null ? 1 : replicas,
      callers: 1,
      bytes,
      mode,
      durable,
    };
    const ratios = { ratioToFloor: p50Ms / majority, ratioToFastFloor: p50Ms / all };
    return standardRow({ ...about, opsPerSecond, p50Ms, p85Ms, p99Ms, at, ...ratios });
  });
}
