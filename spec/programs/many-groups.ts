/**
 * `many-groups [--groups 100] [--seconds 10] [--unicast]`: so many groups in three processes. Founds them, puts messages into each from
 * every process, measures what they cost while nothing is put, ends one process with `kill -9`, puts more, and starts it again.
 * Prints what was measured; fails where a process ends by itself, or does not come to have every message of every group.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

import { freePort, newQueueId } from '../support/udp-testbed.js';
import type { GroupsReport, GroupsRequest, GroupsSetup, Sample } from './groups-process.js';

export interface GroupsOptions {
  readonly groups: number;
  /** How long the idle groups are measured; 0: not at all. */
  readonly seconds: number;
  /** Whether the processes reach each other without multicast. */
  readonly unicast: boolean;
}

export interface GroupsSummary {
  readonly groups: number;
  /** That every process has of every group in the end. */
  readonly messages: number;
  /** From the start of the processes until all groups are founded. */
  readonly foundedMs: number;
  /** From the start of the process that was killed until it has every message. */
  readonly caughtUpMs: number;
  readonly idle: IdleCost | null;
}

/** Of one process on average, but for the datagrams. */
interface IdleCost {
  readonly cpuPercent: number;
  /** Ticks of 10 ms that there was a processor for: 100 on a machine that does nothing else. */
  readonly ticksPerSecond: number;
  readonly rssMB: number;
  readonly descriptors: number;
  readonly threads: number;
  readonly wakeUpsPerSecond: number;
  readonly writtenBytesPerSecond: number;
  /** Of all processes in this network namespace together: null where the system does not tell. */
  readonly datagramsSentPerSecond: number | null;
  readonly datagramsReceivedPerSecond: number | null;
}

const PROGRAM = join(process.cwd(), 'dist/spec/programs/groups-process.js');
const REPLICAS = 3;
/** That each process puts into each group at one go. */
export const MESSAGES = 3;
/** What was put is decided, and known to be so on every disk, well before. */
const QUIET_MS = 2_000;
/** Of one step, for a machine that is busy with other things. */
const STEP_MS_MAX = 120_000;

/** One process, which may be started again. */
class Member {
  #child: ChildProcess | null = null;
  #asked = 0;
  #failure: string | null = null;
  #isReady = false;
  readonly #answers = new Map<number, (value: unknown) => void>();

  constructor(readonly setup: GroupsSetup) {}

  start(): void {
    this.#isReady = false;
    this.#child = fork(PROGRAM, [JSON.stringify(this.setup)]);
    this.#child.on('message', (report: GroupsReport) => {
      this.#hear(report);
    });
  }

  get isReady(): boolean {
    if (this.#failure !== null) throw new Error(this.#failure);
    return this.#isReady;
  }

  ask(request: GroupsRequest): Promise<unknown> {
    const id = (this.#asked += 1);
    return new Promise((resolve) => {
      this.#answers.set(id, resolve);
      this.#child?.send({ ...request, id });
    });
  }

  /** Whether it has read so many messages of every queue. */
  async hasRead(messages: number): Promise<boolean> {
    if (!this.isReady) return false;
    const counts = (await this.ask({ kind: 'counts' })) as readonly number[];
    return counts.every((count) => count === messages);
  }

  async kill(): Promise<void> {
    if (this.#child === null || this.#child.exitCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
    this.#child = null;
  }

  #hear(report: GroupsReport): void {
    if (report.kind === 'failed') this.#failure = report.message;
    else if (report.kind === 'ready') this.#isReady = true;
    else {
      this.#answers.get(report.id)?.(report.value);
      this.#answers.delete(report.id);
    }
  }
}

/** @throws Error which says what has not happened in time, or why a process has ended. */
export async function manyGroups({ groups, seconds, unicast }: GroupsOptions): Promise<GroupsSummary> {
  const directory = await mkdtemp(join(tmpdir(), 'treplica-groups-'));
  const queueIds = unicast
    ? Array.from({ length: groups }, (_, i) => `group-${i + 1}`)
    : await different(groups, newQueueId);
  const peers = await different(REPLICAS, async () => `127.0.0.1:${await freePort()}`);
  const members = peers.map((listen, i) => {
    const setup = { directory: join(directory, String(i)), replicas: REPLICAS, queueIds };
    return new Member(unicast ? { ...setup, unicast: { listen, peers } } : setup);
  });
  try {
    return await run(members, seconds);
  } finally {
    await Promise.all(members.map((member) => member.kill()));
    await rm(directory, { recursive: true, force: true });
  }
}

/** A port that is free may be found again. */
async function different(count: number, draw: () => Promise<string>): Promise<string[]> {
  const drawn = new Set<string>();
  while (drawn.size < count) drawn.add(await draw());
  return [...drawn];
}

async function run(members: readonly Member[], seconds: number): Promise<GroupsSummary> {
  const groups = members[0]?.setup.queueIds.length ?? 0;
  const begun = performance.now();
  for (const member of members) member.start();
  await until(`all of ${groups} groups are founded`, () => members.every(({ isReady }) => isReady));
  const foundedMs = performance.now() - begun;

  let messages = await putAtAll(members, 0);
  const idle = seconds === 0 ? null : await measureIdle(members, seconds);

  const [victim, ...others] = members;
  if (victim === undefined) throw new Error('there is no process');
  await victim.kill();
  messages = await putAtAll(others, messages);
  const restarted = performance.now();
  victim.start();
  await until(`the process that was killed has all messages of all groups`, () => victim.hasRead(messages));
  const caughtUpMs = performance.now() - restarted;
  messages = await putAtAll(members, messages);
  return { groups, messages, foundedMs: Math.round(foundedMs), caughtUpMs: Math.round(caughtUpMs), idle };
}

/** Returns how many messages every group then has. */
async function putAtAll(members: readonly Member[], before: number): Promise<number> {
  const messages = before + members.length * MESSAGES;
  let isPut = false;
  void Promise.all(members.map((member) => member.ask({ kind: 'put', messages: MESSAGES }))).then(() => (isPut = true));
  await until('every group has taken its messages', () => isPut && members.every(({ isReady }) => isReady));
  for (const member of members) await until('every message is read', () => member.hasRead(messages));
  return messages;
}

async function measureIdle(members: readonly Member[], seconds: number): Promise<IdleCost> {
  await sleep(QUIET_MS);
  const before = await samples(members);
  const datagramsBefore = datagrams();
  await sleep(seconds * 1000);
  const after = await samples(members);
  const datagramsAfter = datagrams();

  const meanOf = (measure: (now: Sample, then: Sample) => number): number =>
    after.reduce((sum, now, i) => sum + measure(now, before[i] ?? now), 0) / after.length;
  const rate = (count: (sample: Sample) => number): number =>
    meanOf((now, then) => (1000 * (count(now) - count(then))) / (now.atMs - then.atMs));
  const perSecond = (count: 'sent' | 'received'): number | null =>
    datagramsBefore === null || datagramsAfter === null
      ? null
      : Math.round((datagramsAfter[count] - datagramsBefore[count]) / seconds);
  return {
    cpuPercent: Math.round(rate(({ cpuMs }) => cpuMs)) / 10,
    ticksPerSecond: Math.round(rate(({ rings }) => rings)),
    rssMB: Math.round(meanOf(({ rssBytes }) => rssBytes) / 1e6),
    descriptors: Math.round(meanOf((now) => now.descriptors)),
    threads: Math.round(meanOf((now) => now.threads)),
    wakeUpsPerSecond: Math.round(rate(({ voluntarySwitches }) => voluntarySwitches)),
    writtenBytesPerSecond: Math.round(rate(({ writtenBytes }) => writtenBytes)),
    datagramsSentPerSecond: perSecond('sent'),
    datagramsReceivedPerSecond: perSecond('received'),
  };
}

async function samples(members: readonly Member[]): Promise<readonly Sample[]> {
  return (await Promise.all(members.map((member) => member.ask({ kind: 'sample' })))) as readonly Sample[];
}

/** Since the system was started, of all of this network namespace; null where the system does not tell. */
function datagrams(): { readonly sent: number; readonly received: number } | null {
  if (process.platform !== 'linux') return null;
  const [names = '', values = ''] = readFileSync('/proc/self/net/snmp', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Udp:'));
  const numbers = values.split(' ');
  const valueOf = (name: string): number => Number(numbers[names.split(' ').indexOf(name)]);
  return { sent: valueOf('OutDatagrams'), received: valueOf('InDatagrams') };
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + STEP_MS_MAX;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`After ${STEP_MS_MAX / 1000} s it does not hold that ${what}.`);
    await sleep(10);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      groups: { type: 'string', default: '100' },
      seconds: { type: 'string', default: '10' },
      unicast: { type: 'boolean', default: false },
    },
  });
  const { groups, seconds, unicast } = values;
  console.log(await manyGroups({ groups: Number(groups), seconds: Number(seconds), unicast }));
}
