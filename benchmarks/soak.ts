/**
 * Full load for long, on a state that does not grow: what grows all the same is a leak. A line for each replica every
 * `--everySeconds`; in the end the medians of the first and the last minute.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { benchmark, type Row } from './benchmark.js';
import { underLoad, windows, withGroup } from './group.js';
import type { Memory } from './replica.js';
import type { ReplicaProcess } from './replica-process.js';
import { median, table } from './rows.js';
import { summarise } from './window.js';

interface Sample extends Memory {
  readonly replica: string;
  readonly atSeconds: number;
  readonly opsPerSecond: number;
  readonly ledgerBytes: number;
}

const measures = ['opsPerSecond', 'rssBytes', 'heapUsedBytes', 'externalBytes', 'ledgerBytes'] as const;
const megabytes = ['rssMB', 'heapMB', 'externalMB', 'ledgerMB'] as const;

const defaults = { replicas: 3, callers: 1000, seconds: 600, everySeconds: 10 };

export const soak = benchmark(defaults, async (flags) =>
  withGroup(flags, async (replicas) => {
    const { callers, seconds, everySeconds } = flags;
    const samples = await underLoad(replicas, { kind: 'closed', callers }, () =>
      watch(replicas, seconds, everySeconds),
    );
    const about = { benchmark: 'soak', callers, bytes: flags.bytes, mode: flags.mode };
    const trends = replicas.flatMap(({ setup: { name } }) =>
      trendsOf(samples.filter(({ replica }) => replica === name)),
    );
    console.log(`\n${table(trends)}`);
    return [...samples, ...trends].map((row) => ({ ...about, ...row }));
  }),
);

async function watch(replicas: readonly ReplicaProcess[], seconds: number, everySeconds: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  const begin = performance.now();
  console.log(`seconds  replica       op/s  ${megabytes.map((name) => name.padStart(10)).join('  ')}`);
  await windows(replicas);
  for (let at = everySeconds; at <= seconds; at += everySeconds) {
    await sleep(begin + 1000 * at - performance.now());
    const now = await Promise.all(replicas.map((replica) => sample(replica, at)));
    for (const one of now) console.log(line(one));
    samples.push(...now);
  }
  return samples;
}

async function sample(replica: ReplicaProcess, atSeconds: number): Promise<Sample> {
  const [[window], memory, ledgerBytes] = await Promise.all([
    windows([replica]),
    replica.ask('memory', null),
    replica.ledgerBytes(),
  ]);
  const { opsPerSecond } = summarise(window === undefined ? [] : [window]);
  return { replica: replica.setup.name, atSeconds, opsPerSecond, ...memory, ledgerBytes };
}

function line({ atSeconds, replica, opsPerSecond, ...bytes }: Sample): string {
  const sizes = [bytes.rssBytes, bytes.heapUsedBytes, bytes.externalBytes, bytes.ledgerBytes];
  const cells = sizes.map((size) => (size / 1e6).toFixed(1).padStart(10)).join('  ');
  return `${String(atSeconds).padStart(7)}  ${replica.padStart(7)}  ${opsPerSecond.toFixed(0).padStart(9)}  ${cells}`;
}

/** How the medians of the last minute compare with those of the first; of the halves, in a run of less than two. */
function trendsOf(samples: readonly Sample[]): (Row & { readonly ratio: number })[] {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return [];
  const span = Math.min(60, last.atSeconds / 2);
  const early = samples.filter(({ atSeconds }) => atSeconds <= span);
  const late = samples.filter(({ atSeconds }) => atSeconds > last.atSeconds - span);
  return measures.map((measure) => {
    const firstMinute = median(early.map((one) => one[measure]));
    const lastMinute = median(late.map((one) => one[measure]));
    return { replica: first.replica, measure, firstMinute, lastMinute, ratio: lastMinute / firstMinute };
  });
}
