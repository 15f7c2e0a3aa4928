/** The commands that ask the process which has a ledger directory. */
import { ask } from '../control/ask.js';
import type { ChangeReport, KeysOfQueue, MembersReport, StatusReport } from '../control/commands.js';
import type { MembersChange } from '../paxos/member-changes.js';
import { assertLedger } from './ledger-directory.js';

/** What is told of the queues that a process has open in a directory, in JSON as it is here. */
export interface QueuesReport<T> {
  readonly directory: string;
  readonly queues: readonly T[];
}

/**
 * The members of the group of `queueId`, or of the groups of all queues of the process.
 * @throws TreplicaError INVALID_OPTION, NO_ANSWER
 */
export async function membersIn(directory: string, queueId: string | undefined): Promise<QueuesReport<MembersReport>> {
  assertLedger(directory);
  const queues = (await ask(directory, { command: 'members', queue: queueId })) as MembersReport[];
  return { directory, queues };
}

/**
 * As `membersIn`, with the status of each queue.
 * @throws TreplicaError INVALID_OPTION, NO_ANSWER
 */
export async function statusIn(directory: string, queueId: string | undefined): Promise<QueuesReport<StatusReport>> {
  assertLedger(directory);
  const queues = (await ask(directory, { command: 'status', queue: queueId })) as StatusReport[];
  return { directory, queues };
}

/**
 * Changes the members, and waits until that is complete, or until this process is interrupted (SIGINT).
 * @throws TreplicaError INVALID_OPTION, NO_ANSWER, and what `changeMembers` of the queue throws
 */
export async function changeMembersIn(
  directory: string,
  queueId: string | undefined,
  change: MembersChange,
  force: boolean,
): Promise<ChangeReport> {
  assertLedger(directory);
  const request = { command: 'change-members', queue: queueId, ...change, force };
  return (await untilInterrupted((signal) => ask(directory, request, signal))) as ChangeReport;
}

/**
 * Which process holds which keys; the process reads its file of keys again before.
 * @throws TreplicaError INVALID_OPTION, NO_ANSWER
 */
export async function keysIn(directory: string, queueId: string | undefined): Promise<QueuesReport<KeysOfQueue>> {
  assertLedger(directory);
  const queues = (await ask(directory, { command: 'keys', queue: queueId })) as KeysOfQueue[];
  return { directory, queues };
}

/**
 * Has the group use a key, or remove it, and waits until that is decided, or until this process is interrupted (SIGINT).
 * @throws TreplicaError INVALID_OPTION, NO_ANSWER, and what `keys` of the queue throws
 */
export async function changeKeysIn(
  directory: string,
  queueId: string | undefined,
  {
    kind: command,
    id,
    force,
  }: { readonly kind: 'use-key' | 'remove-key'; readonly id: number; readonly force: boolean },
): Promise<KeysOfQueue> {
  assertLedger(directory);
  const request = { command, queue: queueId, id, force };
  return (await untilInterrupted((signal) => ask(directory, request, signal))) as KeysOfQueue;
}

async function untilInterrupted<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interruption = new AbortController();
  const interrupt = (): void => {
    interruption.abort(new Error('interrupted'));
  };
  process.once('SIGINT', interrupt);
  try {
    return await run(interruption.signal);
  } finally {
    process.off('SIGINT', interrupt);
  }
}
