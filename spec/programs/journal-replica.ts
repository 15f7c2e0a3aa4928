/**
 * One replica as a process of its own: executes operations under load, tells its parent how far each of its callers has
 * been acknowledged, and gives its state on request. Started by `ReplicaProcess` with its setup as the only argument.
 */
import { createHash } from 'node:crypto';
import { pino } from 'pino';

import {
  AsynchronousPersistentQueue,
  type DeepReadonly,
  type QueueEvent,
  type QueueOptions,
  ReplicatedStateMachine,
  TreplicaError,
  UnknownOutcomeError,
} from '../../lib/index.js';
import { Append, Begin, Journal, Note, Time } from './journal.js';

export interface JournalSetup {
  readonly queueId: string;
  readonly name: string;
  readonly options: Omit<QueueOptions, 'log' | 'listener' | 'signal'>;
  /** Whether checkpoints are made by a process of their own. */
  readonly module?: boolean;
  /** So many callers are put to work as soon as it is ready. */
  readonly callers?: number;
  /** What a note of a caller carries, in bytes. */
  readonly noteBytes?: number;
}

export interface JournalStart extends JournalSetup {
  /** The how manieth start of this replica it is. */
  readonly start: number;
}

export type JournalRequest =
  | { readonly kind: 'load'; readonly callers: number }
  /** Answered once no note is on its way. */
  | { readonly kind: 'stop-load' }
  | { readonly kind: 'append'; readonly entry: string; readonly timeoutMs?: number }
  | { readonly kind: 'change-members'; readonly add: readonly string[]; readonly remove: readonly string[] }
  | { readonly kind: 'members' }
  /** The decided time of an operation. */
  | { readonly kind: 'time' }
  | { readonly kind: 'entries' }
  | { readonly kind: 'local-entries' }
  | { readonly kind: 'summary' }
  | { readonly kind: 'close' };

/** A whole state, as far as two have to be compared. */
export interface Summary {
  readonly count: number;
  readonly hash: number;
  /** Of the text of the notes that are kept. */
  readonly notes: string;
  /** The number of each caller's last note. */
  readonly callers: Readonly<Record<string, number>>;
  readonly entries: readonly string[];
  readonly faults: readonly string[];
}

export type JournalReport =
  | { readonly kind: 'ready'; readonly processId: string }
  /** It could not start, or the queue has stopped by itself. */
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  /** What the queue has told, with the code of the error in it. */
  | { readonly kind: 'event'; readonly event: QueueEvent; readonly code: string | null }
  /** A caller begins an epoch after the note with this number. */
  | { readonly kind: 'begun'; readonly caller: string; readonly last: number }
  /** A caller was told that the outcome of its note is unknown, although its process goes on. */
  | { readonly kind: 'unknown'; readonly caller: string; readonly message: string }
  /** For each caller the number of the last note; all notes before it have been acknowledged too. */
  | { readonly kind: 'acknowledged'; readonly last: ReadonlyMap<string, number> }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'refused'; readonly id: number; readonly code: string };

type Machine = ReplicatedStateMachine<Journal>;

const EPOCHS_A_START = 1_000_000;

const setup = JSON.parse(process.argv[2] ?? '') as JournalStart;
const padding = 'x'.repeat(setup.noteBytes ?? 0);
let loaded = false;
let callers: Promise<void>[] = [];
let epoch = setup.start * EPOCHS_A_START;
const acknowledged = new Map<string, number>();

function tell(report: JournalReport): void {
  if (process.connected) process.send?.(report);
}

/** Of what is sent to another process, an error keeps only its message. */
function listener(event: QueueEvent): void {
  const error = 'error' in event ? event.error : 'cause' in event ? event.cause : null;
  tell({ kind: 'event', event, code: error instanceof TreplicaError ? error.code : null });
}

function load(machine: Machine, count: number): void {
  loaded = true;
  callers = Array.from({ length: count }, (_, i) => call(machine, `${setup.name}-${i}`));
}

/** Where a note's outcome is unknown, the caller asks in a new epoch how far it has come. */
async function call(machine: Machine, caller: string): Promise<void> {
  while (loaded) {
    try {
      await callInEpoch(machine, caller, (epoch += 1));
    } catch (error) {
      if (error instanceof TreplicaError && error.code === 'STATE_MACHINE_CLOSED') return;
      if (!(error instanceof UnknownOutcomeError)) throw error;
      tell({ kind: 'unknown', caller, message: error.message });
    }
  }
}

async function callInEpoch(machine: Machine, caller: string, epoch: number): Promise<void> {
  let last = await machine.execute(new Begin(caller, epoch));
  tell({ kind: 'begun', caller, last });
  while (loaded) {
    last = await machine.execute(new Note(caller, epoch, last + 1, padding));
    if (acknowledged.size === 0) setImmediate(reportAcknowledged);
    acknowledged.set(caller, last);
  }
}

function reportAcknowledged(): void {
  tell({ kind: 'acknowledged', last: new Map(acknowledged) });
  acknowledged.clear();
}

function summaryOf({ count, hash, notes, callers, entries, faults }: DeepReadonly<Journal>): Summary {
  return {
    count,
    hash,
    notes: createHash('md5').update(notes.join('\n')).digest('hex'),
    callers: Object.fromEntries([...callers].map(([caller, { last }]) => [caller, last])),
    entries,
    faults,
  };
}

async function valueOf(
  queue: AsynchronousPersistentQueue,
  machine: Machine,
  request: JournalRequest,
): Promise<unknown> {
  switch (request.kind) {
    case 'load':
      load(machine, request.callers);
      return null;
    case 'stop-load':
      loaded = false;
      await Promise.all(callers);
      return null;
    case 'append': {
      const { entry, timeoutMs } = request;
      return machine.execute(new Append(entry), timeoutMs === undefined ? {} : { timeoutMs });
    }
    case 'change-members':
      // It may have just come, and not know yet which members there are.
      await machine.read(() => null);
      await queue.changeMembers({ add: request.add, remove: request.remove });
      return null;
    case 'members':
      return queue.members;
    case 'time':
      return machine.execute(new Time());
    case 'entries':
      return machine.read(({ entries }) => entries);
    case 'local-entries':
      return [...machine.state.entries];
    case 'summary':
      return machine.read(summaryOf);
    case 'close':
      await machine.close();
      process.disconnect();
      return null;
  }
}

function fail(error: unknown): void {
  const code = error instanceof TreplicaError ? error.code : 'NONE';
  process.exitCode = 1;
  tell({ kind: 'failed', code, message: error instanceof Error ? error.message : String(error) });
  if (process.connected) process.disconnect();
}

try {
  const queue = await AsynchronousPersistentQueue.create(setup.queueId, {
    ...setup.options,
    log: pino({ level: 'silent' }),
    listener,
  });
  queue.closed.catch(fail);
  const module = setup.module === true ? { module: new URL('journal.js', import.meta.url) } : {};
  const machine = await ReplicatedStateMachine.create(new Journal(), queue, module);
  process.on('message', ({ id, ...request }: JournalRequest & { readonly id: number }) => {
    valueOf(queue, machine, request).then(
      (value) => {
        tell({ kind: 'answer', id, value });
      },
      (error: unknown) => {
        tell({ kind: 'refused', id, code: error instanceof TreplicaError ? error.code : String(error) });
      },
    );
  });
  load(machine, setup.callers ?? 0);
  tell({ kind: 'ready', processId: queue.processId });
} catch (error) {
  fail(error);
}
