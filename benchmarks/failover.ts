/**
 * Measures what callers feel when a replica is killed with `kill -9` under load, and when it comes back: in every round
 * the coordinator, and then one of the others.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { benchmark, type Row } from './benchmark.js';
import { coordinatorOf, positionOf, windows, withGroup } from './group.js';
import { addLatency, noLatencies, percentile } from './latencies.js';
import type { Replica } from './replica-handle.js';
import { standardRow, table } from './rows.js';
import { summarise, type Window } from './window.js';

const victims = ['coordinator', 'follower'] as const;
type Victim = (typeof victims)[number];

/**
 * The phases of a round: for as long as the survivors are watched after a kill, but before it; from the kill on; and
 * from when the victim's process is spawned until it is level with them.
 */
const phases = ['before', 'kill', 'restart'] as const;
type Phase = (typeof phases)[number];

/** The measurements of each survivor in each phase of a round. */
type Round = Readonly<Record<Phase, readonly Window[]>>;

interface Killed {
  readonly victim: Victim;
  readonly round: number;
  readonly seen: Round;
}

const WARM_UP_MS = 1000;
/** Far longer than any outage that is expected; a longer one is waited for. */
const WATCHED_MS = 1500;
const LOOK_EVERY_MS = 50;
const PATIENCE_MS = 60_000;

export const failover = benchmark({ replicas: 3, callers: 20, rounds: 20 }, async (flags) => {
  if (flags.replicas < 3) throw new Error(`--replicas is ${flags.replicas}: it takes 3 to survive the death of one.`);
  const killed: Killed[] = [];
  await withGroup({ ...flags, watchesLoop: true }, async (group) => {
    console.log(`${flags.replicas} replicas, ${flags.mode}, ${flags.callers} callers at each, killed with kill -9`);
    console.log('round       victim    longest gap in ms: before      kill   restart');
    for (let round = 1; round <= flags.rounds; round += 1) {
      for (const victim of victims) {
        const seen = await killOne(group, victim, round, flags.callers);
        const gaps = phases.map((phase) => gapMs(seen[phase]).toFixed(1).padStart(8));
        console.log(`${String(round).padStart(5)}  ${victim.padStart(11)}  ${' '.repeat(19)}${gaps.join('  ')}`);
        killed.push({ victim, round, seen });
      }
    }
  });
  const { replicas, callers, bytes, mode } = flags;
  const about = { benchmark: 'failover', system: 'treplica', replicas, callers, bytes, mode, durable: true };
  const each = killed.flatMap(({ victim, round, seen }) =>
    phases.map((phase) => ({ victim, phase, round, ...outagesOf([seen[phase]]) })),
  );
  const all = victims.flatMap((victim) => {
    const rounds = killed.filter((one) => one.victim === victim).map(({ seen }) => seen);
    return phases.map((phase) => ({ victim, phase, round: 'all', ...outagesOf(rounds.map((seen) => seen[phase])) }));
  });
  console.log(`\n${table(all)}`);
  return [...each, ...all].map((row) => standardRow({ ...about, ...row }));
});

/** One round: it chooses the replica to kill just before, because the group may have elected another coordinator meanwhile. */
async function killOne(group: readonly Replica[], victimIs: Victim, round: number, callers: number): Promise<Round> {
  // That of the victim will reject. Of a survivor's death everything else that it is asked tells.
  const runs = Promise.allSettled(group.map((replica) => replica.ask('run', { kind: 'closed', callers })));
  await sleep(WARM_UP_MS);
  await windows(group);
  await sleep(WATCHED_MS);
  const coordinator = await coordinatorOf(group);
  const followers = group.filter((replica) => replica !== coordinator);
  const victim = victimIs === 'coordinator' ? coordinator : (followers[round % followers.length] ?? coordinator);
  const survivors = group.filter((replica) => replica !== victim);
  const before = await windows(survivors);
  await victim.kill();
  await sleep(WATCHED_MS);
  await serving(survivors);
  const kill = await windows(survivors);
  await victim.start();
  await level(victim, survivors);
  const restart = await windows(survivors);
  await Promise.all(survivors.map((replica) => replica.ask('rest', null)));
  await runs;
  return { before, kill, restart };
}

/** Resolves when each of the survivors of a kill executes operations. */
async function serving(survivors: readonly Replica[]): Promise<void> {
  const positions = (): Promise<number[]> => Promise.all(survivors.map((replica) => positionOf([replica])));
  const before = await positions();
  await until('a survivor executes operations', async () => {
    const now = await positions();
    return before.every((position, i) => position < (now[i] ?? 0));
  });
}

/** Resolves when the replica holds what the others had executed when they were asked just before it. */
async function level(replica: Replica, others: readonly Replica[]): Promise<void> {
  await until(`replica ${replica.name} is level with the others`, async () => {
    const group = await positionOf(others);
    return (await positionOf([replica])) >= group;
  });
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const begin = performance.now();
  while (!(await holds())) {
    if (performance.now() - begin > PATIENCE_MS) throw new Error(`For ${PATIENCE_MS} ms it is not so that ${what}.`);
    await sleep(LOOK_EVERY_MS);
  }
}

function gapMs(survivors: readonly Window[]): number {
  return Math.max(...survivors.map(({ longestGapMs }) => longestGapMs));
}

/** The outages, one at each survivor in each round, and what their callers have measured. */
function outagesOf(rounds: readonly (readonly Window[])[]): Row {
  const outages = noLatencies();
  for (const { longestGapMs } of rounds.flat()) addLatency(outages, longestGapMs);
  const { longestMs, ...load } = summarise(rounds.flat());
  return {
    outageP50Ms: percentile(outages, 50),
    outageP99Ms: percentile(outages, 99),
    outageMaxMs: outages.maxMs,
    latencyMaxMs: longestMs,
    blockMaxMs: Math.max(...rounds.flat().map(({ longestBlockMs }) => longestBlockMs)),
    ...load,
    // They have been measured one round after the other.
    opsPerSecond: load.opsPerSecond / rounds.length,
  };
}
