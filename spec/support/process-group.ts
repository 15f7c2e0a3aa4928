import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JournalReport, JournalRequest, JournalSetup } from '../programs/journal-replica.js';
import { newQueueId, until } from './udp-testbed.js';

const PROGRAM = join(process.cwd(), 'dist/spec/programs/journal-replica.js');

export interface GroupSetup {
  readonly mode?: 'fast' | 'classic' | 'adaptive';
  /** Processes beyond `n`. */
  readonly extra?: number;
  /** Where each replica's system calls are written, into a file named after its number. */
  readonly traceDirectory?: string;
}

/** One replica process: what it has acknowledged outlives every kill. */
export class ReplicaProcess {
  readonly acknowledged: string[] = [];
  ready = false;
  coordinates = false;
  waits = false;
  failure: { readonly code: string; readonly message: string } | null = null;
  #child: ChildProcess | null = null;
  #answers: ((report: JournalReport) => void)[] = [];

  constructor(
    readonly setup: JournalSetup,
    /** Where its system calls are written, with strace; null where they are not. */
    private readonly traceFile: string | null = null,
  ) {}

  get running(): boolean {
    return this.#child !== null;
  }

  /** Starts the process, without waiting for it to be ready. */
  spawn(): void {
    this.ready = false;
    this.coordinates = false;
    this.failure = null;
    const child = fork(PROGRAM, [JSON.stringify(this.setup)], {
      serialization: 'advanced',
      ...(this.traceFile === null ? {} : traced(this.traceFile)),
    });
    child.on('message', (report: JournalReport) => {
      this.#hear(report);
    });
    child.once('exit', () => {
      if (this.#child === child) this.#child = null;
    });
    this.#child = child;
  }

  async start(): Promise<void> {
    this.spawn();
    await until(() => this.ready || this.failure !== null);
    if (this.failure !== null) throw new Error(this.failure.message);
  }

  tell(request: JournalRequest): void {
    this.#child?.send(request);
  }

  /** Sends a request and resolves with its answer; rejects with the code that the replica gives. */
  ask<T>(request: JournalRequest): Promise<T> {
    const answer = new Promise<T>((resolve, reject) => {
      this.#answers.push((report) => {
        if (report.kind === 'answer') resolve(report.value as T);
        else if (report.kind === 'refused') reject(new Error(report.code));
      });
    });
    this.tell(request);
    return answer;
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    this.#answers = [];
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    const exit = once(child, 'exit');
    if (this.ready) this.tell({ kind: 'close' });
    else child.kill('SIGKILL');
    await exit;
  }

  #hear(report: JournalReport): void {
    if (report.kind === 'acknowledged') this.acknowledged.push(...report.entries);
    else if (report.kind === 'ready') this.ready = true;
    else if (report.kind === 'coordinates') this.coordinates = true;
    else if (report.kind === 'waits') this.waits = true;
    else if (report.kind === 'failed') this.failure = report;
    else this.#answers.shift()?.(report);
  }
}

function traced(file: string): { readonly execPath: string; readonly execArgv: string[] } {
  const calls = 'trace=pwrite64,writev,fdatasync,sendmsg,sendmmsg';
  return { execPath: 'strace', execArgv: ['-f', '-xx', '-s', '65536', '-e', calls, '-o', file, process.execPath] };
}

/** Replicas as real processes on loopback multicast, with ledgers in a temporary directory. */
export class ProcessGroup {
  private constructor(
    readonly replicas: readonly ReplicaProcess[],
    private readonly directory: string,
  ) {}

  static async create(n: number, options: GroupSetup = {}): Promise<ProcessGroup> {
    const directory = await mkdtemp(join(tmpdir(), 'treplica-processes-'));
    const queueId = await newQueueId();
    const replicas = Array.from(
      { length: n + (options.extra ?? 0) },
      (_, i) =>
        new ReplicaProcess(
          {
            queueId,
            name: `r${String(i + 1)}`,
            options: { directory: join(directory, String(i + 1)), replicas: n, mode: options.mode ?? 'adaptive' },
          },
          options.traceDirectory === undefined ? null : join(options.traceDirectory, String(i + 1)),
        ),
    );
    return new ProcessGroup(replicas, directory);
  }

  /** The replica that has said last that it coordinates. */
  get coordinator(): ReplicaProcess | undefined {
    return this.replicas.find((replica) => replica.running && replica.coordinates);
  }

  replica(index: number): ReplicaProcess {
    const replica = this.replicas[index];
    if (replica === undefined) throw new Error(`there is no replica ${String(index)}`);
    return replica;
  }

  async start(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.start()));
  }

  load(callers: number): void {
    for (const replica of this.replicas) replica.tell({ kind: 'load', callers });
  }

  /** What is wrong with what the replicas have, in sentences; empty when every acknowledged entry is everywhere once. */
  async violations(): Promise<string[]> {
    // What is acknowledged before a linearizable read must be in what it reads.
    const acknowledged = this.replicas.flatMap((replica) => replica.acknowledged);
    const logs = await Promise.all(this.replicas.map((replica) => replica.ask<string[]>({ kind: 'entries' })));
    const shortest = Math.min(...logs.map((log) => log.length));
    const first = logs[0] ?? [];
    const problems: string[] = [];
    logs.forEach((log, i) => {
      if (new Set(log).size !== log.length) problems.push(`replica ${String(i + 1)} has executed an operation twice`);
      for (let at = 0; at < shortest; at += 1) {
        if (log[at] === first[at]) continue;
        problems.push(
          `replica ${String(i + 1)} has ${String(log[at])} at ${String(at)}, replica 1 has ${String(first[at])}`,
        );
        break;
      }
      const entries = new Set(log);
      const missing = acknowledged.filter((entry) => !entries.has(entry));
      if (missing.length > 0)
        problems.push(
          `replica ${String(i + 1)} lacks ${String(missing.length)} acknowledged entries, such as ${String(missing[0])}`,
        );
    });
    return problems;
  }

  get acknowledgedCount(): number {
    return this.replicas.reduce((sum, replica) => sum + replica.acknowledged.length, 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.close()));
    await rm(this.directory, { recursive: true, force: true });
  }
}
