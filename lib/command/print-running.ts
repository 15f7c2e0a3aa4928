/** What a running process has told, for people. */
import type { ChangeReport, KeysOfQueue, MembersReport, StatusReport } from '../control/commands.js';
import { showBallot } from '../model/ballot.js';
import type { ProcessId } from '../model/ids.js';
import type { ObserverStatus } from '../paxos/paxos-status.js';
import { count, type Row, size, table } from './print.js';
import type { QueuesReport } from './running-process.js';

export function showMembers({ queues }: QueuesReport<MembersReport>): string {
  return queues.map((queue) => table(memberRows(queue))).join('\n\n');
}

function memberRows({ queueId, process, view, members, observers }: MembersReport): Row[] {
  return [
    ['queue', queueId],
    ['process', process],
    ['members', `${String(members.length)}, view ${String(view)}`],
    ...members.map((member): Row => [`  ${member.process}`, describe(member, process)]),
    ['observers', observers.length === 0 ? 'none is heard' : String(observers.length)],
    ...observers.map(observerRow),
  ];
}

function observerRow({ process, address, lagInstances, sinceMs }: ObserverStatus): Row {
  const since = new Date(sinceMs).toISOString();
  return [`  ${process}`, `at ${address ?? 'an unknown address'}, ${lagText(lagInstances)}, since ${since}`];
}

function describe({ process, heardMsAgo, coordinates }: MembersReport['members'][number], self: ProcessId): string {
  const heard = process === self ? 'this process' : heardText(heardMsAgo);
  return coordinates ? `${heard}, coordinates` : heard;
}

function heardText(ms: number | null): string {
  return ms === null ? 'not heard' : `heard ${(ms / 1_000).toFixed(1)} s ago`;
}

export function showStatus({ queues }: QueuesReport<StatusReport>): string {
  return queues.map((queue) => table(statusRows(queue))).join('\n\n');
}

function statusRows(status: StatusReport): Row[] {
  const { view, reign, mode, pending, checkpoint } = status;
  const heard = view.members.filter(({ heardMsAgo }) => heardMsAgo !== null && heardMsAgo < 2_000).length;
  return [
    ['queue', status.queueId],
    ['process', `${status.process}, ${status.role}`],
    ['group', `${String(view.members.length)} members, ${String(heard)} of them heard, view ${String(view.number)}`],
    [
      'order',
      reign === null
        ? 'none: no majority is heard'
        : `${mode ?? 'none'}, by ${reign.coordinator}, ballot ${showBallot(reign)}`,
    ],
    ['position', `${count(status.position)} messages, ${lagText(status.lagInstances)}`],
    ['pending', `${count(pending.messages)} messages, ${size(pending.bytes)}`],
    [
      'log',
      `${size(status.logBytes)}, decided below ${String(status.watermark)}, durable below ${String(status.durableWatermark)}`,
    ],
    [
      'checkpoint',
      checkpoint === null
        ? 'none'
        : `below ${String(checkpoint.next)}, ${count(checkpoint.position)} messages, ${size(checkpoint.bytes)}`,
    ],
  ];
}

function lagText(instances: number): string {
  return instances === 0 ? 'level' : `${count(instances)} instances behind`;
}

export function showChange({ queueId, view, members }: ChangeReport): string {
  return table([
    ['queue', queueId],
    ['members', `${String(members.length)}, view ${String(view)}: complete`],
    ...members.map((process): Row => ['', process]),
  ]);
}

export function showKeys(queues: readonly KeysOfQueue[]): string {
  return queues.map((queue) => table(keyRows(queue))).join('\n\n');
}

function keyRows({ queueId, number, sendingId, removedUpTo, processes }: KeysOfQueue): Row[] {
  return [
    ['queue', queueId],
    [
      'sent with',
      sendingId === null ? 'the first key of each process: nothing has been decided' : `key ${String(sendingId)}`,
    ],
    ['removed', removedUpTo === 0 ? 'none' : `up to key ${String(removedUpTo)}`],
    ['decided', `${count(number)} changes`],
    ...processes.map((process): Row => [`  ${process.process}`, keysText(process)]),
  ];
}

function keysText({ isMember, heardMsAgo, ids, sendingId, lacks }: KeysOfQueue['processes'][number]): string {
  const part = isMember ? 'member' : 'no member';
  if (ids === null) return `${part}, ${heardText(heardMsAgo)}, has not told its keys`;
  const lack = lacks.length === 0 ? '' : `, lacks ${lacks.join(', ')}`;
  return `${part}, ${heardText(heardMsAgo)}, has ${ids.join(', ')}${lack}, sends with ${String(sendingId)}`;
}
