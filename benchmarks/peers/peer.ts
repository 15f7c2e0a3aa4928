import { setTimeout as sleep } from 'node:timers/promises';

import { withProgress } from '../progress.js';
import { type Contender, type Duration, type Measured, NODES, type Point } from './contender.js';
import { Driver } from './driver.js';
import { type Processes, TooLate, withProcesses } from './processes.js';
import type { DriverProgram } from './programs.js';

/** The servers of a system that is not ours. */
export interface Cluster {
  readonly version: string;
  /** Of each node, as its driver needs it; the leader's first, where a single caller has it best. */
  readonly endpoints: readonly string[];
  readonly driver: DriverProgram;
}

export interface Peer extends Pick<Contender, 'name' | 'durable' | 'guarantee'> {
  /**
   * How many warm-ups of a point it has, under load, before the first: more than none where bytecode is compiled as it runs,
   * and not at its fastest for long.
   */
  readonly settling?: number;
  /**
   * Starts the servers, with their data in the processes' directory; resolves when all of them take part.
   * @throws NotInstalled
   */
  start(processes: Processes): Promise<Cluster>;
}

/** Servers of NATS that have found each other at an unlucky moment never become a group of three: once in fifty times. */
const STARTS = 3;

/** At each node. */
const SETTLING_CALLERS = 256;

/** A peer with a driver for each of its nodes. */
export function contender({ settling = 0, ...peer }: Peer): Contender {
  return {
    ...peer,
    with: ({ bytes, warmUpSeconds }, work) =>
      startedAgain(STARTS, () =>
        withProcesses(async (processes) => {
          const { version, endpoints, driver } = await peer.start(processes);
          const drivers = await Promise.all(
            endpoints.map((endpoint, i) => Driver.start(processes, driver, endpoint, `driver-${i + 1}`, bytes)),
          );
          if (settling > 0) {
            const settle = () => sleep(1000 * warmUpSeconds * settling, undefined, { signal: processes.signal });
            await withProgress(`${peer.name} warms up`, () => underLoad(drivers, SETTLING_CALLERS, settle));
          }
          return work({
            system: `${peer.name} ${version}`,
            client: driver.client,
            mode: null,
            measure: (point, duration) => measure(drivers.slice(0, point.proposers), point, duration, processes.signal),
          });
        }),
      ),
  };
}

async function startedAgain<T>(starts: number, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof TooLate) || starts === 1) throw error;
    console.log(`${error.message} It is started again.`);
    return startedAgain(starts - 1, run);
  }
}

async function measure(
  drivers: readonly Driver[],
  { callers }: Point,
  { warmUpSeconds, seconds }: Duration,
  signal: AbortSignal,
): Promise<Measured[]> {
  return underLoad(drivers, callers, async () => {
    await sleep(1000 * warmUpSeconds, undefined, { signal });
    await windows(drivers);
    await sleep(1000 * seconds, undefined, { signal });
    return windows(drivers);
  });
}

/** Does `work` while so many callers are at each; afterwards they rest. */
async function underLoad<T>(drivers: readonly Driver[], callers: number, work: () => Promise<T>): Promise<T> {
  await Promise.all(drivers.map((driver) => driver.run(callers)));
  const result = await work();
  await Promise.all(drivers.map((driver) => driver.rest()));
  return result;
}

async function windows(drivers: readonly Driver[]): Promise<Measured[]> {
  return Promise.all(drivers.map((driver) => driver.window()));
}

/** Names of the nodes, as servers and directories have them. */
export const nodeNames = Array.from({ length: NODES }, (_, i) => `node-${i + 1}`);

export function leaderFirst(endpoints: readonly string[], leader: number): string[] {
  return [...endpoints.slice(leader), ...endpoints.slice(0, leader)];
}
