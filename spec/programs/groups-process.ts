/**
 * One process of many groups: opens a queue for each, puts messages into all of them, reads them, and measures what it costs
 * meanwhile. Started by `ManyGroups` with its setup as the only argument.
 */
import { readdirSync, readFileSync } from 'node:fs';

import { AsynchronousPersistentQueue } from '../../lib/index.js';

export interface GroupsSetup {
  readonly directory: string;
  readonly replicas: number;
  readonly queueIds: readonly string[];
  /** Where the process is reached without multicast, and where the others are. */
  readonly unicast?: { readonly listen: string; readonly peers: readonly string[] };
}

export type GroupsRequest =
  /** Puts so many messages into each queue; answered when all are acknowledged. */
  | { readonly kind: 'put'; readonly messages: number }
  /** Answered with how many messages of each queue have been read. */
  | { readonly kind: 'counts' }
  | { readonly kind: 'sample' };

export type GroupsReport =
  | { readonly kind: 'ready'; readonly sample: Sample }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown };

/** What a process has used since it was started, and what it holds now; all but the time is null or 0 where the system does not tell. */
export interface Sample {
  readonly atMs: number;
  readonly cpuMs: number;
  /** How often a timer of 10 ms has rung: less than 100 times a second where the processor is busy with other things. */
  readonly rings: number;
  readonly rssBytes: number;
  readonly descriptors: number;
  readonly threads: number;
  readonly voluntarySwitches: number;
  readonly writtenBytes: number;
}

const setup = JSON.parse(process.argv[2] ?? '') as GroupsSetup;
let rings = 0;
setInterval(() => (rings += 1), 10);
const counts = setup.queueIds.map(() => 0);

function tell(report: GroupsReport): void {
  if (process.connected) process.send?.(report);
}

function sample(): Sample {
  const { user, system } = process.cpuUsage();
  const { voluntaryContextSwitches } = process.resourceUsage();
  const isLinux = process.platform === 'linux';
  const numberIn = (file: string, pattern: RegExp): number =>
    isLinux ? Number(pattern.exec(readFileSync(`/proc/self/${file}`, 'utf8'))?.[1] ?? 0) : 0;
  return {
    atMs: performance.now(),
    cpuMs: (user + system) / 1000,
    rings,
    rssBytes: process.memoryUsage.rss(),
    descriptors: isLinux ? readdirSync('/proc/self/fd').length : 0,
    threads: numberIn('status', /^Threads:\s+(\d+)/m),
    voluntarySwitches: voluntaryContextSwitches,
    writtenBytes: numberIn('io', /^write_bytes: (\d+)/m),
  };
}

async function open(queueId: string, index: number): Promise<AsynchronousPersistentQueue> {
  const { directory, replicas, unicast } = setup;
  const queue = await AsynchronousPersistentQueue.create(queueId, { directory, replicas, ...unicast });
  void read(queue, index);
  queue.closed.catch((error: unknown) => {
    tell({ kind: 'failed', message: String(error) });
  });
  return queue;
}

async function read(queue: AsynchronousPersistentQueue, index: number): Promise<void> {
  for await (const { position } of queue) counts[index] = position + 1;
}

async function answer(queues: readonly AsynchronousPersistentQueue[], request: GroupsRequest): Promise<unknown> {
  switch (request.kind) {
    case 'put':
      for (let i = 0; i < request.messages; i += 1) await Promise.all(queues.map((queue) => queue.put(`message ${i}`)));
      return null;
    case 'counts':
      return counts;
    case 'sample':
      return sample();
  }
}

process.on('disconnect', () => process.exit());
try {
  const queues = await Promise.all(setup.queueIds.map(open));
  process.on('message', (request: GroupsRequest & { readonly id: number }) => {
    void answer(queues, request).then((value) => {
      tell({ kind: 'answer', id: request.id, value });
    });
  });
  tell({ kind: 'ready', sample: sample() });
} catch (error) {
  tell({ kind: 'failed', message: String(error) });
}
