/**
 * Runs three replicas under strace, executes a few operations and reads the votes out of the datagrams that left: none
 * may leave before the disk has it. As a program it prints how a vote was written, synced and sent.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { BallotKind } from '../../lib/model/ballot.js';
import { constants } from '../../lib/model/constants.js';
import { decodeMessage } from '../../lib/paxos/wire/wire.js';
import { headerBytesUnder, NO_KEY } from '../../lib/transport/frame/frame.js';
import { messagesOf } from '../../lib/transport/frame/frame-decoder.js';
import { ProcessGroup } from '../support/process-group.js';
import { DurableVotes, nameOfVote, type ToldVote, type Way } from './trace-votes/durable-votes.js';
import { bytesOf, type SystemCall, systemCallsIn } from './trace-votes/system-calls.js';

/** A datagram that tells votes for the first time; repetitions rest on what was durable then. */
export interface TracedVote {
  readonly replica: number;
  /** As `instance of ballot`. */
  readonly votes: readonly string[];
  /** How the disk had each of them; null where it had not. */
  readonly ways: readonly (Way | null)[];
  /** The system calls since the last such datagram, and this one. */
  readonly calls: readonly SystemCall[];
}

/** The file for the trace comes after it. */
const CALLS = 'trace=openat,pwrite64,writev,fdatasync,sendmsg,sendmmsg';
const TRACE = ['strace', '-f', '-y', '-xx', '-s', '65536', '-e', CALLS, '-o'];
/** Small ones for the journal, and some that are too large for it. */
const ENTRIES = [...Array.from({ length: 20 }, (_, i) => `entry ${i}`), ...['a', 'b', 'c'].map(large)];

function large(letter: string): string {
  return letter.repeat(constants.journalCommitBytesMax);
}

export async function traceVotes(mode: BallotKind = 'classic'): Promise<TracedVote[]> {
  const traceDirectory = await mkdtemp(join(tmpdir(), 'treplica-trace-'));
  const group = await ProcessGroup.create(3, {
    options: { mode },
    under: (index) => [...TRACE, join(traceDirectory, String(index + 1))],
  });
  try {
    await group.start();
    for (const entry of ENTRIES) await group.replica(0).ask({ kind: 'append', entry });
    await group.close();
    const traces = await Promise.all([1, 2, 3].map((number) => readFile(join(traceDirectory, String(number)), 'utf8')));
    const { queueId } = group.replica(0).setup;
    return traces.flatMap((trace, i) => tracedIn(systemCallsIn(trace), i + 1, queueId));
  } finally {
    await rm(traceDirectory, { recursive: true });
  }
}

function tracedIn(calls: readonly SystemCall[], replica: number, queueId: string): TracedVote[] {
  const durable = new DurableVotes(calls, queueId);
  const told = new Set<string>();
  const traced: TracedVote[] = [];
  let before = -1;
  for (const send of calls) {
    const votes = votesIn(send).filter((vote) => !told.has(nameOfVote(vote)));
    if (votes.length === 0) continue;
    for (const vote of votes) told.add(nameOfVote(vote));
    const since = before;
    traced.push({
      replica,
      votes: votes.map(nameOfVote),
      ways: votes.map((vote) => durable.wayOf(vote, since, send.begin)),
      calls: calls.filter(({ begin, end }) => since < begin && end <= send.end),
    });
    before = send.begin;
  }
  return traced;
}

function votesIn({ name, given }: SystemCall): ToldVote[] {
  if (name !== 'sendmsg' && name !== 'sendmmsg') return [];
  const pieces = [...given.matchAll(/iov_base="([^"]*)"/g)].map(([, text = '']) => bytesOf(text));
  const frame = Buffer.concat(pieces);
  if (frame.length === 0 || frame.toString('latin1', 0, 3) !== 'TRP') return [];
  return messagesOf({ bytes: frame, at: headerBytesUnder(NO_KEY) }).flatMap((bytes) => {
    const message = decodeMessage(bytes);
    if (message?.kind !== 'accepted') return [];
    return message.items.map(({ instance }) => ({ instance, ballot: message.ballot }));
  });
}

function printCalls({ calls }: TracedVote): void {
  for (const { name, given, result } of calls) {
    const shown = given.replace(/(\d+)<([^>]*)>/g, (_, fd: string, path: string) => `${fd}<${String(bytesOf(path))}>`);
    console.log(`${name}(${shown.length > 150 ? `${shown.slice(0, 150)}…` : shown}) = ${result}`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const traced = await traceVotes();
  for (const way of ['journal', 'LMDB'] as const) {
    const last = traced.findLast(({ ways }) => ways.includes(way));
    console.log(`\nby ${way}:`);
    if (last) printCalls(last);
  }
  const early = traced.filter(({ ways }) => ways.includes(null)).length;
  console.log(`\n${traced.length} datagrams with votes, ${early} of them before the disk had them`);
}
