/** One replica of a benchmark, in a process of its own: it runs the load that its parent asks for, and measures it. */
import { pino } from 'pino';

import {
  AsynchronousPersistentQueue,
  type QueueEvent,
  type QueueOptions,
  ReplicatedStateMachine,
  type StateMachine,
} from '../lib/index.js';
import { type Load, type ReadMix, runLoad } from './load.js';
import { type TimeSpent, timeSpent } from './time-spent.js';
import { Meter, type Window } from './window.js';
import { Counters, executed, OpenAccounts } from './workload.js';
import { type WorkloadName, workloads } from './workloads.js';

export interface ReplicaSetup {
  readonly name: string;
  readonly queueId: string;
  readonly options: Omit<QueueOptions, 'log' | 'listener' | 'signal'>;
  readonly workload: WorkloadName;
  /** Of padding in each operation. */
  readonly bytes: number;
  /** Whether the longest block of the event loop is measured. */
  readonly watchesLoop: boolean;
  /** Whether checkpoints are made by a process of its own, which knows of counters only. */
  readonly namesModule: boolean;
}

/** How a start went. */
export interface Startup {
  /** From the queue's being there to the machine's: a checkpoint was restored and the log executed in it. */
  readonly replayMs: number;
  /** Operations executed in it. */
  readonly operations: number;
  /** In the state then. */
  readonly accounts: number;
}

export interface Memory {
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  /** Of buffers and of what native code has told of. */
  readonly externalBytes: number;
}

export interface Saved {
  readonly bytes: number;
  readonly elapsedMs: number;
}

/** The questions that a replica can be asked, with its answers. Only `executed` is answered before it is ready. */
export interface Questions {
  /** Runs a load in place of the one before, until it is done; resolves then. */
  readonly run: { readonly ask: Load; readonly answer: null };
  /** Ends the load, and resolves when all that was executed is answered. */
  readonly rest: { readonly ask: null; readonly answer: null };
  /** The measurements since it was asked for last. */
  readonly window: { readonly ask: null; readonly answer: Window };
  readonly executed: { readonly ask: null; readonly answer: typeof executed };
  /** Adds so many accounts to the state. */
  readonly fill: { readonly ask: number; readonly answer: null };
  /** Makes a checkpoint of the present state. */
  readonly checkpoint: { readonly ask: null; readonly answer: Saved };
  readonly memory: { readonly ask: null; readonly answer: Memory };
  /** Where its time goes in the so many milliseconds that follow. */
  readonly timeSpent: { readonly ask: number; readonly answer: TimeSpent };
  /** Whether it coordinates, as far as it knows. */
  readonly coordinates: { readonly ask: null; readonly answer: boolean };
  readonly close: { readonly ask: null; readonly answer: null };
}

export type Question = {
  [K in keyof Questions]: { readonly id: number; readonly kind: K; readonly ask: Questions[K]['ask'] };
}[keyof Questions];

/** A report of a replica to its parent. */
export type Report =
  | { readonly kind: 'ready'; readonly startup: Startup }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Questions[keyof Questions]['answer'] };

interface Parts {
  readonly queue: AsynchronousPersistentQueue;
  readonly machine: ReplicatedStateMachine<StateMachine>;
}

const ACCOUNTS_AT_ONCE = 1000;

class BenchmarkReplica {
  readonly #meter: Meter;
  readonly #padding: string;
  #parts: Parts | null = null;
  #coordinates = false;
  #load = { ended: Promise.resolve(), abort: new AbortController() };

  constructor(private readonly setup: ReplicaSetup) {
    this.#meter = new Meter(setup.watchesLoop);
    this.#padding = 'x'.repeat(setup.bytes);
  }

  async start(): Promise<Startup> {
    const log = pino({ level: process.env['LOG_LEVEL'] ?? 'error' });
    const listener = ({ kind }: QueueEvent): void => {
      if (kind === 'coordinating') this.#coordinates = true;
      if (kind === 'resigned') this.#coordinates = false;
    };
    const queue = await AsynchronousPersistentQueue.create(this.setup.queueId, {
      ...this.setup.options,
      log,
      listener,
    });
    const before = { ms: performance.now(), operations: executed.operations };
    const machine = await ReplicatedStateMachine.create(
      workloads[this.setup.workload].initialState(),
      queue,
      this.setup.namesModule ? { module: new URL('initial-state.js', import.meta.url) } : {},
    );
    this.#parts = { queue, machine };
    return {
      replayMs: performance.now() - before.ms,
      operations: executed.operations - before.operations,
      accounts: machine.state instanceof Counters ? machine.state.accounts.size : 0,
    };
  }

  async answer(question: Question): Promise<Questions[keyof Questions]['answer']> {
    switch (question.kind) {
      case 'run':
        await this.#rest();
        this.#load = this.#begin(question.ask);
        await this.#load.ended;
        return null;
      case 'rest':
        await this.#rest();
        return null;
      case 'window':
        return this.#meter.take();
      case 'executed':
        return executed;
      case 'fill':
        await this.#fill(question.ask);
        return null;
      case 'checkpoint': {
        const begin = performance.now();
        const { bytes } = await this.#ready.queue.checkpoint();
        return { bytes, elapsedMs: performance.now() - begin };
      }
      case 'timeSpent':
        return timeSpent(question.ask);
      case 'memory': {
        const { rss, heapUsed, external } = process.memoryUsage();
        return { rssBytes: rss, heapUsedBytes: heapUsed, externalBytes: external };
      }
      case 'coordinates':
        return this.#coordinates;
      case 'close':
        await this.#rest();
        await this.#ready.machine.close();
        return null;
    }
  }

  #begin(load: Load): { readonly ended: Promise<void>; readonly abort: AbortController } {
    const { machine } = this.#ready;
    const abort = new AbortController();
    const { name, workload } = this.setup;
    const execute = (caller: number) => machine.execute(workloads[workload].operation(name, caller, this.#padding));
    const call = load.kind === 'closed' && load.reads !== undefined ? this.#mixed(load.reads, execute) : execute;
    return { ended: runLoad(load, call, this.#meter, abort.signal), abort };
  }

  /** Calls are reads and operations in turn, as the share of reads says. */
  #mixed({ share, consistency }: ReadMix, execute: (caller: number) => Promise<unknown>) {
    const { machine } = this.#ready;
    const query = (state: object): number => Object.keys(state).length;
    const options = consistency === 'linearizable' ? undefined : { consistency };
    let calls = 0;
    return (caller: number): Promise<unknown> => {
      calls += 1;
      const isRead = Math.floor(calls * share) > Math.floor((calls - 1) * share);
      return isRead ? machine.read(query, options) : execute(caller);
    };
  }

  async #rest(): Promise<void> {
    this.#load.abort.abort();
    await this.#load.ended;
  }

  async #fill(accounts: number): Promise<void> {
    for (let from = 0; from < accounts; from += ACCOUNTS_AT_ONCE) {
      const count = Math.min(ACCOUNTS_AT_ONCE, accounts - from);
      await this.#ready.machine.execute(new OpenAccounts(from, count));
    }
  }

  get #ready(): Parts {
    if (this.#parts === null) throw new Error('The replica is not ready yet: wait for its start.');
    return this.#parts;
  }
}

function tell(report: Report): void {
  process.send?.(report);
}

async function main(): Promise<void> {
  const replica = new BenchmarkReplica(JSON.parse(process.argv[2] ?? '') as ReplicaSetup);
  process.on('message', (question: Question) => {
    void replica.answer(question).then((answer) => {
      tell({ kind: 'answer', id: question.id, answer });
      if (question.kind === 'close') process.disconnect();
    });
  });
  // Nobody is left to answer to, or to stop it.
  process.once('disconnect', () => process.exit());
  tell({ kind: 'ready', startup: await replica.start() });
}

await main();
