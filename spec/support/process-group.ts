import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { QueueOptions } from '../../lib/index.js';
import type { JournalSetup, Summary } from '../programs/journal-replica.js';
import { type Launch, ReplicaProcess } from './replica-process.js';
import { newQueueId, until } from './udp-testbed.js';

export interface GroupSetup extends Pick<JournalSetup, 'module' | 'noteBytes' | 'callers'>, Pick<Launch, 'quiet'> {
  readonly options?: Partial<QueueOptions>;
  /** Processes beyond `n`. */
  readonly extra?: number;
  /** The command that runs a replica, by its index. */
  readonly under?: (index: number) => readonly string[];
}

/** What one replica has acknowledged, and what it holds. */
interface Account {
  readonly name: string;
  readonly summary: Summary;
}

/** So often states are asked for until all are equal, while what the dead and the timed out have left is executed. */
const ATTEMPTS_MAX = 200;

/** Replicas as real processes on loopback multicast, with ledgers in a temporary directory. */
export class ProcessGroup {
  private constructor(
    readonly replicas: readonly ReplicaProcess[],
    private readonly directory: string,
  ) {}

  static async create(n: number, setup: GroupSetup = {}): Promise<ProcessGroup> {
    const { options, extra = 0, under, module = false, noteBytes = 0, callers = 0, quiet = false } = setup;
    const directory = await mkdtemp(join(tmpdir(), 'treplica-processes-'));
    const queueId = await newQueueId();
    const replicas = Array.from({ length: n + extra }, (_, i) => {
      const name = `r${i + 1}`;
      const own = { ...options, directory: join(directory, String(i + 1)), replicas: n };
      return new ReplicaProcess(
        { queueId, name, options: own, module, noteBytes, callers },
        { quiet, ...(under === undefined ? {} : { under: under(i) }) },
      );
    });
    return new ProcessGroup(replicas, directory);
  }

  /** The replica that has said last that it coordinates. */
  get coordinator(): ReplicaProcess | undefined {
    return this.replicas.find((replica) => replica.running && replica.coordinates);
  }

  get running(): readonly ReplicaProcess[] {
    return this.replicas.filter((replica) => replica.running);
  }

  replica(index: number): ReplicaProcess {
    const replica = this.replicas[index];
    if (replica === undefined) throw new Error(`there is no replica ${index}`);
    return replica;
  }

  async start(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.start()));
  }

  async load(callers: number): Promise<void> {
    await Promise.all(this.running.map((replica) => replica.load(callers)));
  }

  async stopLoad(): Promise<void> {
    await Promise.all(this.running.map((replica) => replica.ask({ kind: 'stop-load' })));
  }

  /** Resolves once so many more notes have been acknowledged, wherever. */
  async pass(notes: number): Promise<void> {
    const before = this.acknowledgedCount;
    await until(() => this.acknowledgedCount >= before + notes);
  }

  /**
   * What is wrong with what the running replicas have, in sentences; empty when every note that was acknowledged by any
   * replica is in every state, once and in its place. The load has to be stopped.
   */
  async violations(): Promise<string[]> {
    const accounts = await this.#accounts();
    const faults = accounts.flatMap(({ name, summary }) => summary.faults.map((fault) => `${name}: ${fault}`));
    return [
      ...this.replicas.flatMap((replica) => replica.faults),
      ...faults,
      ...accounts.flatMap((account) => this.#lost(account)),
      ...differences(accounts),
    ];
  }

  /** Notes that have been acknowledged. */
  get acknowledgedCount(): number {
    return this.replicas.reduce((sum, { notes }) => sum + notes, 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.close()));
    await rm(this.directory, { recursive: true, force: true });
  }

  async #accounts(): Promise<Account[]> {
    for (let attempt = 1; ; attempt += 1) {
      const accounts = await Promise.all(
        this.running.map(async (replica) => ({
          name: replica.setup.name,
          summary: await replica.ask<Summary>({ kind: 'summary' }),
        })),
      );
      if (differences(accounts).length === 0 || attempt === ATTEMPTS_MAX) return accounts;
    }
  }

  #lost({ name, summary }: Account): string[] {
    const all = this.replicas.flatMap(({ acknowledged }) => [...acknowledged]);
    return all
      .filter(([caller, last]) => (summary.callers[caller] ?? 0) < last)
      .map(
        ([caller, last]) =>
          `${name} has come to note ${summary.callers[caller] ?? 0} of ${caller}, and ${last} was acknowledged`,
      );
  }
}

function differences([first, ...others]: readonly Account[]): string[] {
  if (first === undefined) return ['no replica runs'];
  const expected = JSON.stringify(comparable(first.summary));
  return others
    .map(({ name, summary }) => ({ name, found: JSON.stringify(comparable(summary)) }))
    .filter(({ found }) => found !== expected)
    .map(({ name, found }) => `${name} holds ${found}, and ${first.name} ${expected}`);
}

function comparable({ callers, ...summary }: Summary): object {
  return { ...summary, callers: Object.entries(callers).sort(([a], [b]) => (a < b ? -1 : 1)) };
}
