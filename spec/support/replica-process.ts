import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import type { QueueEvent, QueueEventOf } from '../../lib/index.js';
import type { JournalReport, JournalRequest, JournalSetup, JournalStart } from '../programs/journal-replica.js';
import { loggedLines } from './logged-lines.js';
import { until } from './udp-testbed.js';

const PROGRAM = join(process.cwd(), 'dist/spec/programs/journal-replica.js');

export interface Launch {
  /** A command that runs the program: `['strace', '-f']`, say. */
  readonly under?: readonly string[];
  /** Whether errors are what the spec is about, and not for the console. */
  readonly quiet?: boolean;
}

/** What a process has told since it was started. */
interface Told {
  readonly events: QueueEvent[];
  coordinates: boolean;
  processId: string | null;
  failure: { readonly code: string; readonly message: string } | null;
}

/** One replica process: what it has acknowledged outlives every kill. */
export class ReplicaProcess {
  /** The number of the last note of each caller that has been acknowledged. */
  readonly acknowledged = new Map<string, number>();
  /** What is wrong with what it has told, in sentences. */
  readonly faults: string[] = [];
  /** What callers have been told whose outcome is unknown, oldest first. */
  readonly unknownOutcomes: string[] = [];
  setup: JournalSetup;
  #launch: Launch;
  #child: ChildProcess | null = null;
  #gone: Promise<number | null> = Promise.resolve(null);
  #starts = 0;
  #told: Told = { events: [], coordinates: false, processId: null, failure: null };
  #asked = 0;
  readonly #answers = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();

  constructor(setup: JournalSetup, launch: Launch = {}) {
    this.setup = setup;
    this.#launch = launch;
  }

  get running(): boolean {
    return this.#child !== null;
  }

  get ready(): boolean {
    return this.running && this.#told.processId !== null;
  }

  /** Of the process's last start that was successful. */
  get processId(): string | null {
    return this.#told.processId;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Why it could not start, or has stopped by itself. */
  get failure(): Told['failure'] {
    return this.#told.failure;
  }

  get coordinates(): boolean {
    return this.#told.coordinates;
  }

  /** How many notes have been acknowledged: callers number theirs from one on. */
  get notes(): number {
    return [...this.acknowledged.values()].reduce((sum, last) => sum + last, 0);
  }

  get directory(): string {
    return this.setup.options.directory;
  }

  /** What its queue has told of this kind since it was started, oldest first. */
  events<K extends QueueEvent['kind']>(kind: K): QueueEventOf<K>[] {
    return this.#told.events.filter((event): event is QueueEventOf<K> => event.kind === kind);
  }

  /** For a message: what it does, and the last that it has told. */
  describe(): string {
    const does = this.ready ? 'serves' : this.running ? 'starts' : 'is down';
    return `${this.setup.name} ${does} (${this.#told.events
      .slice(-3)
      .map(({ kind }) => kind)
      .join(', ')})`;
  }

  /** Other options from the next start on. */
  use(options: Partial<JournalSetup['options']>): void {
    this.setup = { ...this.setup, options: { ...this.setup.options, ...options } };
  }

  /** The command that runs the program from the next start on. */
  runUnder(command: readonly string[]): void {
    this.#launch = { ...this.#launch, under: command };
  }

  /** Starts the process, without waiting for it to be ready. */
  spawn(): void {
    const told: Told = { events: [], coordinates: false, processId: null, failure: null };
    this.#told = told;
    this.#starts += 1;
    const start: JournalStart = { ...this.setup, start: this.#starts };
    const { under = [] } = this.#launch;
    const child = fork(PROGRAM, [JSON.stringify(start)], {
      serialization: 'advanced',
      execPath: under[0] ?? process.execPath,
      execArgv: under.length === 0 ? [] : [...under.slice(1), process.execPath],
    });
    child.on('message', (report: JournalReport) => {
      this.#hear(told, report);
    });
    this.#child = child;
    this.#gone = this.#end(child);
  }

  async start(): Promise<void> {
    this.spawn();
    await this.started();
  }

  /** Rejects with why it could not start. */
  async started(): Promise<void> {
    await until(() => this.ready || !this.running);
    if (!this.ready) throw new Error(this.failure?.message ?? 'The process has ended and said nothing.');
  }

  /** Sends a request and resolves with its answer; rejects with the code that the replica gives. */
  ask<T>(request: JournalRequest): Promise<T> {
    const id = (this.#asked += 1);
    return new Promise<T>((resolve, reject) => {
      this.#answers.set(id, { resolve: resolve as (value: unknown) => void, reject });
      if (this.#child === null) reject(new Error('The process does not run.'));
      else this.#child.send({ ...request, id });
    });
  }

  /** Puts a number of callers to work, who go on until the load is stopped. */
  async load(callers: number): Promise<void> {
    await this.ask({ kind: 'load', callers });
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#gone;
  }

  async close(): Promise<void> {
    if (this.ready)
      this.ask({ kind: 'close' }).catch(() => undefined); // It answers by ending.
    else this.#child?.kill('SIGKILL');
    await this.#gone;
  }

  /** Resolves with the exit code once the process has ended; null where a signal has ended it. */
  ended(): Promise<number | null> {
    return this.#gone;
  }

  /** All that it has told is heard by then. */
  async #end(child: ChildProcess): Promise<number | null> {
    const disconnected = once(child, 'disconnect');
    const [code] = (await once(child, 'exit')) as [number | null];
    await disconnected;
    this.#child = null;
    for (const { reject } of this.#answers.values()) reject(new Error('The process has ended.'));
    this.#answers.clear();
    return code;
  }

  #hear(told: Told, report: JournalReport): void {
    switch (report.kind) {
      case 'ready':
        told.processId = report.processId;
        return;
      case 'failed':
        told.failure = report;
        return;
      case 'event':
        this.#note(told, report.event, report.code);
        return;
      case 'begun':
        if (report.last < (this.acknowledged.get(report.caller) ?? 0))
          this.faults.push(
            `${report.caller} is told that it has come to ${report.last}, and has been acknowledged more`,
          );
        return;
      case 'unknown':
        this.unknownOutcomes.push(`${report.caller}: ${report.message}`);
        return;
      case 'acknowledged':
        for (const [caller, last] of report.last) this.acknowledged.set(caller, last);
        return;
      case 'answer':
        this.#answers.get(report.id)?.resolve(report.value);
        this.#answers.delete(report.id);
        return;
      case 'refused':
        this.#answers.get(report.id)?.reject(new Error(report.code));
        this.#answers.delete(report.id);
        return;
    }
  }

  #note(told: Told, event: QueueEvent, code: string | null): void {
    told.events.push(event);
    if (event.kind === 'coordinating') told.coordinates = true;
    if (event.kind === 'resigned') told.coordinates = false;
    if (this.#launch.quiet === true) return;
    for (const { level, text } of loggedLines([event]))
      if (level === 'error' || level === 'fatal') process.stderr.write(`${this.setup.name}: ${text} ${code ?? ''}\n`);
  }
}
