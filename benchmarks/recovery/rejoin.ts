import { setTimeout as sleep } from 'node:timers/promises';

import type { Row } from '../benchmark.js';
import { executeAll, type GroupSetup, positionOf, underLoad, windows, withGroup } from '../group.js';
import type { Load } from '../load.js';
import type { ReplicaProcess } from '../replica-process.js';
import { joined, summarise, type Window } from '../window.js';
import { LevelWatch } from './level.js';

export interface RejoinOptions extends GroupSetup {
  readonly runs: number;
  /** At each of the two others. */
  readonly callers: number;
  /** The operations that the third replica misses, at least. */
  readonly operations: number;
  /** How much of what the two others can do is asked of them under the steady load. */
  readonly steadyShare: number;
  /** How long the others are measured before the third is started. */
  readonly seconds: number;
  /** And how long they are under load before that. */
  readonly warmUpSeconds: number;
  /** How long the third has to stay level before it counts as level. */
  readonly settleSeconds: number;
  /** After so long it is not waited for any more. */
  readonly patienceSeconds: number;
}

/** The two others under a fixed rate, or with all the callers that they can serve. */
export type RejoinLoad = 'steady' | 'full';

/** A row a run of how the third came back, and a row a run and phase of what the others did meanwhile. */
export interface Rejoined {
  readonly returns: Row[];
  readonly costs: Row[];
}

const LOOK_EVERY_MS = 20;

/** One replica is killed, the others go on, it is started again: how long until it is level, and what the others pay. */
export async function rejoin(options: RejoinOptions, load: RejoinLoad): Promise<Rejoined> {
  const rejoined: Rejoined = { returns: [], costs: [] };
  for (let run = 1; run <= options.runs; run += 1) {
    const { comeback, costs } = await withGroup(options, (replicas) => rejoinOnce(replicas, options, load));
    rejoined.returns.push({ measure: 'rejoin', load, run, ...comeback });
    for (const cost of costs) rejoined.costs.push({ measure: 'rejoin-cost', load, run, ...cost });
  }
  return rejoined;
}

interface Once {
  readonly comeback: Row;
  readonly costs: readonly Row[];
}

async function rejoinOnce(
  replicas: readonly ReplicaProcess[],
  options: RejoinOptions,
  load: RejoinLoad,
): Promise<Once> {
  const others = replicas.slice(0, -1);
  const third = replicas.at(-1);
  if (third === undefined) throw new Error('There is nobody to come back.');
  await executeAll(replicas, Math.ceil(options.operations / 100), options.callers);
  const positionAtDeath = await positionOf([third]);
  await third.kill();
  // Until these are answered, the others may be busy with the loss of a coordinator.
  await executeAll(others, others.length, 1);
  const capacity = options.operations / (await executeAll(others, options.operations, options.callers));
  const asked: Load =
    load === 'steady'
      ? { kind: 'open', opsPerSecond: (options.steadyShare * capacity) / others.length }
      : { kind: 'closed', callers: options.callers };
  return underLoad(others, asked, async () => {
    await sleep(1000 * options.warmUpSeconds);
    await windows(others);
    await sleep(1000 * options.seconds);
    const before = await windows(others);
    const missed = (await positionOf(others)) - positionAtDeath;
    const { comeback, during, after } = await comeBack(third, others, options);
    const phases = { before, during, ...(after === null ? {} : { after }) };
    return { comeback: { missed, capacity, ...comeback }, costs: costsOf(phases) };
  });
}

interface Comeback {
  readonly comeback: Row;
  /** The measurements of the others until the third was level. */
  readonly during: readonly Window[];
  /** And then, until that was certain; null where it has not become level. */
  readonly after: readonly Window[] | null;
}

async function comeBack(
  third: ReplicaProcess,
  others: readonly ReplicaProcess[],
  { settleSeconds, patienceSeconds }: RejoinOptions,
): Promise<Comeback> {
  const spawnedMs = performance.now();
  const secondsSince = (ms: number): number => (ms - spawnedMs) / 1000;
  await third.start();
  const readySeconds = secondsSince(performance.now());
  const watch = new LevelWatch(1000 * settleSeconds);
  const during: Window[][] = [];
  let executed = await third.ask('executed', null);
  while (!watch.isSettled && secondsSince(performance.now()) < patienceSeconds) {
    const levelAtMs = watch.levelAtMs;
    const askedAtMs = performance.now();
    const group = await positionOf(others);
    const answer = await third.ask('executed', null);
    watch.look({ askedAtMs, group, own: answer.position, answeredAtMs: performance.now() });
    // The time in which it seemed to be level and was not belongs to the time before, too.
    if (watch.levelAtMs !== levelAtMs) {
      during.push(await windows(others));
      executed = answer;
    }
    await sleep(LOOK_EVERY_MS);
  }
  const last = await windows(others);
  const isLevel = watch.isSettled;
  if (!isLevel) during.push(last);
  return {
    comeback: {
      readySeconds,
      levelSeconds: isLevel && watch.levelAtMs !== null ? secondsSince(watch.levelAtMs) : null,
      executed: executed.operations,
      // The operations that it holds and has not executed have come with a checkpoint.
      restored: executed.position - executed.operations,
    },
    during: others.map((_, i) => joined(during.flatMap((taken) => taken[i] ?? []))),
    after: isLevel ? last : null,
  };
}

/** The costs of each phase for the others: its measurements, and by how much less they did than in the first. */
function costsOf(phases: Readonly<Record<string, readonly Window[]>>): Row[] {
  const summaries = Object.entries(phases).map(([phase, measured]) => ({ phase, ...summarise(measured) }));
  const before = summaries[0]?.opsPerSecond ?? Number.NaN;
  return summaries.map((summary) => ({ ...summary, fallPercent: 100 * (1 - summary.opsPerSecond / before) }));
}
