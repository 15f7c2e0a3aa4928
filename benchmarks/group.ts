import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Mode } from '../lib/index.js';
import type { Load } from './load.js';
import type { ReplicaSetup } from './replica.js';
import type { Replica } from './replica-handle.js';
import { ReplicaProcess } from './replica-process.js';
import type { Window } from './window.js';
import type { WorkloadName } from './workloads.js';

/** How long is measured. */
export interface Duration {
  readonly seconds: number;
  /** Under load before anything is measured. */
  readonly warmUpSeconds: number;
}

export interface GroupSetup {
  readonly replicas: number;
  readonly mode: string;
  readonly port: number;
  readonly bytes: number;
  /** The replicated state. Default: counters. */
  readonly workload?: WorkloadName;
  /** When checkpoints are made: see `CheckpointOptions`. */
  readonly everyBytes: number;
  readonly everyPositions: number;
  readonly logMarginBytes: number;
  /** Of the largest datagram; 0 for what suits the interface. */
  readonly datagramBytes?: number;
  /** Where replicas listen without multicast, by their order; with multicast where it is left out. */
  readonly places?: readonly string[];
  /** Whether the group has a key. */
  readonly isKeyed?: boolean;
  /** Whether windows have the longest block of the event loop. */
  readonly watchesLoop?: boolean;
  /** Whether checkpoints are made by a process of its own. */
  readonly namesModule?: boolean;
}

/** In a group's setup: checkpoints are made when they are asked for. */
export const noCheckpoints = { everyBytes: Number.MAX_SAFE_INTEGER, everyPositions: Number.MAX_SAFE_INTEGER } as const;

/** How replica `name` of a group is started, with a ledger of its own in `directory`. */
export function replicaSetup(
  setup: GroupSetup,
  name: string,
  where: Pick<ReplicaSetup['options'], 'directory' | 'networkInterface' | 'insecure'>,
  multicastAddress: string,
): ReplicaSetup {
  const { everyBytes, everyPositions, logMarginBytes, datagramBytes = 0, places } = setup;
  const listen = places?.[Number(name) - 1];
  return {
    name,
    queueId: `${multicastAddress}:${setup.port}`,
    options: {
      ...where,
      ...(datagramBytes === 0 ? {} : { maxDatagramBytes: datagramBytes }),
      ...(setup.isKeyed === true ? { keys: [{ id: 1, key: 'ab'.repeat(32) }] } : {}),
      ...(places === undefined || listen === undefined ? {} : { listen, peers: places }),
      replicas: setup.replicas,
      mode: setup.mode as Mode,
      checkpoint: { everyBytes, everyPositions, logMarginBytes },
    },
    workload: setup.workload ?? 'counters',
    bytes: setup.bytes,
    watchesLoop: setup.watchesLoop ?? false,
    namesModule: setup.namesModule ?? false,
  };
}

/**
 * Runs `work` on replicas, each a process of its own with a ledger in a temporary directory, on loopback multicast. They
 * are started before and gone afterwards, however it ends.
 */
export async function withGroup<T>(
  setup: GroupSetup,
  work: (replicas: readonly ReplicaProcess[]) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'treplica-bench-'));
  // Of this process alone: two benchmarks at a time would found one group out of the replicas of both.
  const address = `239.255.${(process.pid >> 8) & 255}.${process.pid & 255}`;
  const replicas = Array.from({ length: setup.replicas }, (_, i) => {
    const name = String(i + 1);
    return new ReplicaProcess(replicaSetup(setup, name, { directory: join(directory, name) }, address));
  });
  // A caller that asks them for something then learns that they are gone, and the directory is not left behind.
  const interrupt = (): void => {
    for (const replica of replicas) void replica.kill();
  };
  process.once('SIGINT', interrupt);
  try {
    await Promise.all(replicas.map((replica) => replica.start()));
    const result = await work(replicas);
    await Promise.all(replicas.map((replica) => replica.close()));
    return result;
  } finally {
    process.off('SIGINT', interrupt);
    await Promise.all(replicas.map((replica) => replica.kill()));
    await rm(directory, { recursive: true });
  }
}

/** Runs a load at each until it is done. */
async function run(replicas: readonly Replica[], load: Load): Promise<void> {
  await Promise.all(replicas.map((replica) => replica.ask('run', load)));
}

/** Does `work` while a load runs at each of `replicas`; afterwards they rest. */
export async function underLoad<T>(replicas: readonly Replica[], load: Load, work: () => Promise<T>): Promise<T> {
  const workAndRest = async (): Promise<T> => {
    const result = await work();
    await Promise.all(replicas.map((replica) => replica.ask('rest', null)));
    return result;
  };
  // Together, so that a replica that ends is heard of at once.
  const [result] = await Promise.all([workAndRest(), run(replicas, load)]);
  return result;
}

/** The measurements of each since it was looked at last. */
export async function windows(replicas: readonly Replica[]): Promise<Window[]> {
  return Promise.all(replicas.map((replica) => replica.ask('window', null)));
}

/** The measurements of each over `seconds`, after `warmUpSeconds` that do not count; both under load. */
export async function windowsAfterWarmUp(
  replicas: readonly Replica[],
  { warmUpSeconds, seconds }: Duration,
): Promise<Window[]> {
  await sleep(1000 * warmUpSeconds);
  await windows(replicas);
  await sleep(1000 * seconds);
  return windows(replicas);
}

/** Executes `operations` as fast as `callers` at each can, and returns the seconds that it takes. */
export async function executeAll(replicas: readonly Replica[], operations: number, callers: number): Promise<number> {
  const begin = performance.now();
  const share = Math.ceil(operations / replicas.length);
  await run(replicas, { kind: 'closed', callers: Math.min(callers, share), operations: share });
  return (performance.now() - begin) / 1000;
}

/** How many operations the group has executed, as far as these know. */
export async function positionOf(replicas: readonly Replica[]): Promise<number> {
  const all = await Promise.all(replicas.map((replica) => replica.ask('executed', null)));
  return Math.max(...all.map(({ position }) => position));
}

/** Resolves when all have executed what any of them has. */
export async function allEqual(replicas: readonly Replica[]): Promise<void> {
  const positions = await Promise.all(replicas.map((replica) => positionOf([replica])));
  if (new Set(positions).size === 1) return;
  await sleep(10);
  await allEqual(replicas);
}

/** The one that says that it coordinates, once exactly one of them does. */
export async function coordinatorOf<R extends Replica>(replicas: readonly R[]): Promise<R> {
  const answers = await Promise.all(replicas.map((replica) => replica.ask('coordinates', null)));
  const [coordinator, ...others] = replicas.filter((_, i) => answers[i]);
  if (coordinator !== undefined && others.length === 0) return coordinator;
  await sleep(10);
  return coordinatorOf(replicas);
}
