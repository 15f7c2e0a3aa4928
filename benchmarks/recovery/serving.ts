import { setTimeout as sleep } from 'node:timers/promises';

import type { Row } from '../benchmark.js';
import { allEqual, noCheckpoints, underLoad, windows, withGroup } from '../group.js';
import type { ReplicaProcess } from '../replica-process.js';
import { summarise, type Window } from '../window.js';
import { accountsOf, type LargeStateOptions } from './restart.js';

export interface ServingOptions extends LargeStateOptions {
  /** At each replica. */
  readonly callers: number;
  /** How long the replicas are measured before. */
  readonly seconds: number;
}

/** An operation that was put during a checkpoint, and had to wait for its end, is answered within this. */
const SETTLE_MS = 1000;

/** Measures what callers feel, at every replica, of a checkpoint that the first one makes of a large state under load. */
export async function serving(options: ServingOptions): Promise<Row[]> {
  return [...(await servingBy('in process', options)), ...(await servingBy('of its own', options))];
}

async function servingBy(variant: 'in process' | 'of its own', options: ServingOptions): Promise<Row[]> {
  const setup = { ...options, ...noCheckpoints, watchesLoop: true, namesModule: variant === 'of its own' };
  return withGroup(setup, async (replicas) => {
    const [maker] = replicas;
    if (maker === undefined) return [];
    await maker.ask('fill', accountsOf(options.stateMegabytes));
    await allEqual(replicas);
    return underLoad(replicas, { kind: 'closed', callers: options.callers }, async () => {
      await sleep(SETTLE_MS);
      const rows: Row[] = [];
      for (let run = 1; run <= options.runs; run += 1) {
        for (const row of await servingOnce(maker, replicas, options.seconds)) {
          rows.push({ measure: 'serving', variant, run, ...row });
        }
      }
      return rows;
    });
  });
}

/** A row a replica. */
async function servingOnce(
  maker: ReplicaProcess,
  replicas: readonly ReplicaProcess[],
  seconds: number,
): Promise<Row[]> {
  await windows(replicas);
  await sleep(1000 * seconds);
  const before = await windows(replicas);
  const saved = await maker.ask('checkpoint', null);
  await sleep(SETTLE_MS);
  const during = await windows(replicas);
  return replicas.map((replica, i) => ({
    replica: replica.setup.name,
    makesIt: replica === maker,
    checkpointMB: saved.bytes / 1e6,
    checkpointSeconds: saved.elapsedMs / 1000,
    ...felt('before', before[i]),
    ...felt('during', during[i]),
  }));
}

function felt(phase: string, window: Window | undefined): Row {
  if (window === undefined) return {};
  const { opsPerSecond, longestMs } = summarise([window]);
  return {
    [`${phase}OpsPerSecond`]: opsPerSecond,
    [`${phase}LongestMs`]: longestMs,
    [`${phase}LongestBlockMs`]: window.longestBlockMs,
  };
}
