/** What operators may ask of the queues that a process has open in one directory. */
import { TreplicaError } from '../model/errors.js';
import type { ProcessId } from '../model/ids.js';
import { KEY_ID_MAX } from '../model/keys.js';
import { aBoolean, checkOptions, isWholeNumber, optional, type OptionKinds } from '../model/options.js';
import type { KeysReport } from '../paxos/group-keys.js';
import type { OperatedQueue } from '../paxos/operated-queue.js';
import type { ObserverStatus, PaxosStatus } from '../paxos/paxos-status.js';
import type { Request } from './protocol.js';

/** A queue that a process has open, and which process of its group that is. */
interface Place {
  readonly queueId: string;
  readonly process: ProcessId;
}

export interface MembersReport extends Place {
  readonly view: number;
  readonly members: readonly {
    readonly process: ProcessId;
    readonly heardMsAgo: number | null;
    readonly coordinates: boolean;
  }[];
  readonly observers: readonly ObserverStatus[];
}

export type StatusReport = Place & Omit<PaxosStatus, 'stopped'>;

export type KeysOfQueue = Place & KeysReport;

/** The members after a change. */
export interface ChangeReport extends Place {
  readonly view: number;
  readonly members: readonly ProcessId[];
}

const isText = (value: unknown): boolean => typeof value === 'string';
const areTexts = optional((value) => Array.isArray(value) && value.every(isText), 'a list of ids');

interface Common {
  readonly command: string;
  readonly queue?: string;
}

const COMMON: OptionKinds<Common> = {
  command: { accepts: isText, use: 'the name of a command' },
  queue: optional(isText, 'the id of a queue'),
};

interface ChangeRequest extends Common {
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
  readonly force?: boolean;
}

const CHANGE: OptionKinds<ChangeRequest> = { ...COMMON, add: areTexts, remove: areTexts, force: aBoolean };

interface KeyRequest extends Common {
  readonly id: number;
  readonly force?: boolean;
}

const KEY: OptionKinds<KeyRequest> = {
  ...COMMON,
  id: {
    accepts: (value) => isWholeNumber(value, 1, KEY_ID_MAX),
    use: `a whole number from 1 to ${String(KEY_ID_MAX)}`,
  },
  force: aBoolean,
};

type Command = (queues: readonly OperatedQueue[], request: Request, signal: AbortSignal) => unknown;

const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['members', (queues, request) => chosen<Common>(queues, request, COMMON).map(membersOf)],
  ['status', (queues, request) => chosen<Common>(queues, request, COMMON).map(statusOf)],
  ['change-members', changeMembers],
  ['keys', showKeys],
  ['use-key', (queues, request, signal) => changeKeys('use', queues, request, signal)],
  ['remove-key', (queues, request, signal) => changeKeys('remove', queues, request, signal)],
]);

/**
 * Answers a request to a process that has these queues open.
 * @throws TreplicaError INVALID_OPTION for a request that is none, and what the command throws
 */
export function answerTo(queues: readonly OperatedQueue[], request: Request, signal: AbortSignal): unknown {
  const command = COMMANDS.get(request.command);
  if (command !== undefined) return command(queues, request, signal);
  throw new TreplicaError(
    'INVALID_OPTION',
    `The process knows no command ${request.command}: it runs a release of Treplica with ${[...COMMANDS.keys()].join(', ')}.`,
  );
}

function placeOf({ queueId, processId: process }: OperatedQueue): Place {
  return { queueId, process };
}

function membersOf(queue: OperatedQueue): MembersReport {
  const { view, reign, observers } = queue.status();
  const members = view.members.map((member) => ({ ...member, coordinates: reign?.coordinator === member.process }));
  return { ...placeOf(queue), view: view.number, members, observers };
}

function statusOf(queue: OperatedQueue): StatusReport {
  const { stopped: _, ...status } = queue.status();
  return { ...placeOf(queue), ...status };
}

async function changeMembers(
  queues: readonly OperatedQueue[],
  request: Request,
  signal: AbortSignal,
): Promise<ChangeReport> {
  const queue = only(chosen<ChangeRequest>(queues, request, CHANGE));
  const { add = [], remove = [], force = false } = request as ChangeRequest;
  await queue.changeMembers({ add, remove }, { force, signal });
  const { number, members } = queue.status().view;
  return { ...placeOf(queue), view: number, members: members.map(({ process }) => process) };
}

/** The files are read again, so that new keys are known at once. */
async function showKeys(queues: readonly OperatedQueue[], request: Request): Promise<readonly KeysOfQueue[]> {
  const found = chosen<Common>(queues, request, COMMON);
  await Promise.all(found.map(({ keys }) => keys.reread()));
  return found.map((queue) => ({ ...placeOf(queue), ...queue.keys.show() }));
}

async function changeKeys(
  action: 'use' | 'remove',
  queues: readonly OperatedQueue[],
  request: Request,
  signal: AbortSignal,
): Promise<KeysOfQueue> {
  const queue = only(chosen<KeyRequest>(queues, request, KEY));
  const { id, force = false } = request as KeyRequest & Request;
  await queue.keys[action](id, { force, signal });
  return { ...placeOf(queue), ...queue.keys.show() };
}

/** The queue that the request names, or all where it names none. */
function chosen<T extends Common>(
  queues: readonly OperatedQueue[],
  request: Request,
  kinds: OptionKinds<T>,
): readonly OperatedQueue[] {
  checkOptions(`the command ${request.command}`, request, kinds);
  const { queue: named } = request as Common;
  const found = named === undefined ? queues : queues.filter(({ queueId }) => queueId === named);
  if (found.length > 0 || named === undefined) return found;
  throw new TreplicaError('INVALID_OPTION', `The process has no queue ${named} open there: name ${namesOf(queues)}.`);
}

function only(queues: readonly OperatedQueue[]): OperatedQueue {
  const [first, ...others] = queues;
  if (first !== undefined && others.length === 0) return first;
  throw new TreplicaError(
    'INVALID_OPTION',
    `The process has several queues open there: name one of ${namesOf(queues)}.`,
  );
}

function namesOf(queues: readonly OperatedQueue[]): string {
  return queues.map(({ queueId }) => queueId).join(', ');
}
