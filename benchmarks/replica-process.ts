import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { Questions, ReplicaSetup, Report, Startup } from './replica.js';
import type { Replica } from './replica-handle.js';

interface Waiter {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/** A replica in a process of its own, which can be killed and started again on the same ledger. */
export class ReplicaProcess implements Replica {
  #child: ChildProcess | null = null;
  #nextId = 0;
  readonly #waiters = new Map<number, Waiter>();

  constructor(readonly setup: ReplicaSetup) {}

  get name(): string {
    return this.setup.name;
  }

  /** Resolves when the replica has executed what its ledger holds and takes part; rejects when its process ends before. */
  start(): Promise<Startup> {
    const child = fork(new URL('./replica.js', import.meta.url), [JSON.stringify(this.setup)], {
      serialization: 'advanced',
      execArgv: process.execArgv,
    });
    this.#child = child;
    return new Promise<Startup>((resolve, reject) => {
      child.on('message', (report: Report) => {
        if (report.kind === 'ready') resolve(report.startup);
        else this.#settle(report.id, report.answer);
      });
      child.once('exit', (code, signal) => {
        this.#child = null;
        const error = new Error(`Replica ${this.setup.name} has ended (${String(code ?? signal)}).`);
        reject(error);
        for (const waiter of this.#waiters.values()) waiter.reject(error);
        this.#waiters.clear();
      });
    });
  }

  /** Rejects when the process ends before it has answered. */
  ask<K extends keyof Questions>(kind: K, ask: Questions[K]['ask']): Promise<Questions[K]['answer']> {
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      if (this.#child === null) {
        reject(new Error(`Replica ${this.setup.name} is not running.`));
        return;
      }
      this.#waiters.set(id, { resolve, reject });
      this.#child.send({ id, kind, ask });
    });
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    const exit = once(child, 'exit');
    await this.ask('close', null);
    await exit;
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  /** The bytes that all files of the ledger take on the disk. */
  async ledgerBytes(): Promise<number> {
    const { directory } = this.setup.options;
    const entries = await readdir(directory, { recursive: true });
    const sizes = await Promise.all(entries.map((entry) => bytesOnDisk(join(directory, entry))));
    return sizes.reduce((sum, bytes) => sum + bytes, 0);
  }

  #settle(id: number, answer: unknown): void {
    this.#waiters.get(id)?.resolve(answer as never);
    this.#waiters.delete(id);
  }
}

/** Nothing for what has been removed since it was listed: the owner is at work. */
async function bytesOnDisk(path: string): Promise<number> {
  try {
    return (await stat(path)).blocks * 512;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
