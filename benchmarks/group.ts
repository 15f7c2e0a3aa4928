import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Mode } from '../lib/index.js';
import type { Load, Measured, ReplicaSetup } from './replica.js';

/** A group of replicas, each a process of its own with a ledger in a temporary directory, on loopback multicast. */
export class BenchmarkGroup {
  private constructor(
    private readonly processes: readonly ChildProcess[],
    private readonly directory: string,
  ) {}

  static async start(replicas: number, mode: Mode, port: number): Promise<BenchmarkGroup> {
    const directory = await mkdtemp(join(tmpdir(), 'treplica-bench-'));
    const processes = await Promise.all(
      Array.from({ length: replicas }, async (_, i) => {
        const child = fork(new URL('./replica.js', import.meta.url), {
          serialization: 'advanced',
          execArgv: process.execArgv,
        });
        const setup: ReplicaSetup = {
          queueId: `239.255.0.9:${String(port)}`,
          directory: join(directory, String(i + 1)),
          replicas,
          mode,
        };
        child.send(setup);
        await Promise.race([
          once(child, 'message'),
          once(child, 'exit').then(() => Promise.reject(new Error('A replica has ended at its start.'))),
        ]);
        return child;
      }),
    );
    return new BenchmarkGroup(processes, directory);
  }

  /** Runs the load at the first `proposers` replicas at once. */
  async run(load: Load, proposers: number): Promise<Measured[]> {
    return Promise.all(
      this.processes.slice(0, proposers).map(async (child) => {
        const answer = once(child, 'message') as Promise<[Measured]>;
        child.send(load);
        return (await answer)[0];
      }),
    );
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.processes.map(async (child) => {
        const exit = once(child, 'exit');
        child.send('close');
        await exit;
      }),
    );
    await rm(this.directory, { recursive: true });
  }
}
