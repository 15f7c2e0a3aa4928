/**
 * One replica as a process of its own: executes operations under load, tells its parent of each one acknowledged, and
 * gives its state on request. Started by `ProcessGroup` with its setup as the only argument.
 */
import { pino } from 'pino';
import {
  AsynchronousPersistentQueue,
  ReplicatedStateMachine,
  TreplicaError,
  type QueueOptions,
} from '../../lib/index.js';
import { Append, Journal } from './journal.js';

export interface JournalSetup {
  readonly queueId: string;
  readonly name: string;
  readonly options: Omit<QueueOptions, 'log' | 'signal'>;
}

export type JournalRequest =
  | { readonly kind: 'load'; readonly callers: number }
  | { readonly kind: 'stop-load' }
  | { readonly kind: 'append'; readonly entry: string; readonly timeoutMs?: number }
  | { readonly kind: 'entries' }
  | { readonly kind: 'local-entries' }
  | { readonly kind: 'close' };

export type JournalReport =
  | { readonly kind: 'ready'; readonly processId: string }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'coordinates' }
  | { readonly kind: 'waits' }
  | { readonly kind: 'acknowledged'; readonly entries: readonly string[] }
  | { readonly kind: 'answer'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly code: string };

const setup = JSON.parse(process.argv[2] ?? '') as JournalSetup;
let loaded = false;
let acknowledged: string[] = [];

function tell(report: JournalReport): void {
  if (process.connected) process.send?.(report);
}

/** The log is how a replica says that it coordinates; everything worse than that goes to the parent's console. */
const log = pino(
  { level: 'info' },
  {
    write(line: string) {
      const { msg, level } = JSON.parse(line) as { msg: string; level: number };
      if (msg === 'this process coordinates') tell({ kind: 'coordinates' });
      if (msg.includes('founded without this process')) tell({ kind: 'waits' });
      if (level >= 50) process.stderr.write(line);
    },
  },
);

async function load(machine: ReplicatedStateMachine<Journal>, caller: number): Promise<void> {
  for (let i = 0; loaded; i += 1) {
    const entry = `${setup.name}-${String(process.pid)}-${String(caller)}-${String(i)}`;
    await machine.execute(new Append(entry));
    if (acknowledged.length === 0) setImmediate(reportAcknowledged);
    acknowledged.push(entry);
  }
}

function reportAcknowledged(): void {
  const entries = acknowledged;
  acknowledged = [];
  tell({ kind: 'acknowledged', entries });
}

async function answer(machine: ReplicatedStateMachine<Journal>, request: JournalRequest): Promise<void> {
  switch (request.kind) {
    case 'load':
      loaded = true;
      for (let caller = 0; caller < request.callers; caller += 1) void load(machine, caller);
      return;
    case 'stop-load':
      loaded = false;
      return;
    case 'append': {
      const { entry, timeoutMs } = request;
      const value = await machine.execute(new Append(entry), timeoutMs === undefined ? {} : { timeoutMs });
      tell({ kind: 'answer', value });
      return;
    }
    case 'entries':
      tell({ kind: 'answer', value: await machine.read((journal) => journal.entries) });
      return;
    case 'local-entries':
      tell({ kind: 'answer', value: machine.state.entries });
      return;
    case 'close':
      await machine.close();
      process.disconnect();
      return;
  }
}

try {
  const queue = await AsynchronousPersistentQueue.create(setup.queueId, { ...setup.options, log });
  const machine = await ReplicatedStateMachine.create(new Journal(), queue);
  process.on('message', (request: JournalRequest) => {
    answer(machine, request).catch((error: unknown) => {
      tell({ kind: 'refused', code: error instanceof TreplicaError ? error.code : String(error) });
    });
  });
  tell({ kind: 'ready', processId: queue.processId });
} catch (error) {
  const code = error instanceof TreplicaError ? error.code : 'NONE';
  tell({ kind: 'failed', code, message: error instanceof Error ? error.message : String(error) });
  process.disconnect();
}
