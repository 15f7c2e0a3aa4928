/**
 * Runs three replicas under strace, executes a few operations and reads the votes out of the datagrams that left: none
 * may leave before the disk has it. As a program it prints how one vote was written, synced and sent.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { decodeMessage } from '../../lib/queue/wire.js';
import { messagesOf } from '../../lib/transport/frame.js';
import { ProcessGroup } from '../support/process-group.js';

/** The system calls between one datagram with new votes and the one before it. */
export interface TracedVote {
  readonly replica: number;
  /** As `instance of ballot`. */
  readonly votes: readonly string[];
  readonly calls: readonly string[];
  /** Whether the disk confirmed a commit between the two. */
  readonly synced: boolean;
}

/** The file for the trace comes after it. */
const CALLS = 'trace=pwrite64,writev,fdatasync,sendmsg,sendmmsg';
const TRACE = ['strace', '-f', '-xx', '-s', '65536', '-e', CALLS, '-o'];

export async function traceVotes(): Promise<TracedVote[]> {
  const traceDirectory = await mkdtemp(join(tmpdir(), 'treplica-trace-'));
  const group = await ProcessGroup.create(3, {
    options: { mode: 'classic' },
    under: (index) => [...TRACE, join(traceDirectory, String(index + 1))],
  });
  try {
    await group.start();
    for (let i = 0; i < 20; i += 1) await group.replica(0).ask({ kind: 'append', entry: `entry ${String(i)}` });
    await group.close();
    const traces = await Promise.all([1, 2, 3].map((number) => readFile(join(traceDirectory, String(number)), 'utf8')));
    return traces.flatMap((trace, i) => votesIn(trace.split('\n'), i + 1));
  } finally {
    await rm(traceDirectory, { recursive: true });
  }
}

/** Every datagram of a replica that tells a vote for the first time; repetitions rest on an earlier sync. */
function votesIn(trace: readonly string[], replica: number): TracedVote[] {
  const told = new Set<string>();
  const traced: TracedVote[] = [];
  let calls: string[] = [];
  for (const call of trace) {
    calls.push(call);
    const votes = votesOf(call).filter((vote) => !told.has(vote));
    if (votes.length === 0) continue;
    for (const vote of votes) told.add(vote);
    traced.push({ replica, votes, calls, synced: isSynced(calls) });
    calls = [];
  }
  return traced;
}

/** LMDB syncs the pages of a commit, then writes the page that makes them valid by a descriptor opened with O_DSYNC. */
function isSynced(calls: readonly string[]): boolean {
  const sync = calls.findIndex((call) => /fdatasync\(.*= 0|fdatasync resumed.*= 0/.test(call));
  return sync >= 0 && calls.slice(sync).some((call) => /pwrite64\(.*= \d+$|pwrite64 resumed.*= \d+$/.test(call));
}

function votesOf(call: string): string[] {
  if (!/ sendm?msg\(/.test(call)) return [];
  const pieces = [...call.matchAll(/iov_base="([^"]*)"/g)].map(([, text = '']) =>
    Buffer.from(text.replaceAll('\\x', ''), 'hex'),
  );
  const frame = Buffer.concat(pieces);
  if (frame.length === 0 || frame.toString('latin1', 0, 3) !== 'TRP') return [];
  return messagesOf(frame).flatMap((bytes) => {
    const message = decodeMessage(bytes);
    if (message?.kind !== 'accepted') return [];
    return message.items.map(({ instance }) => `${String(instance)} of ${JSON.stringify(message.ballot)}`);
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const traced = await traceVotes();
  for (const call of traced.at(-1)?.calls ?? []) console.log(call.length > 150 ? `${call.slice(0, 150)}…` : call);
  const early = traced.filter(({ synced }) => !synced).length;
  console.log(`${String(traced.length)} datagrams with votes, ${String(early)} of them before the disk had them`);
}
