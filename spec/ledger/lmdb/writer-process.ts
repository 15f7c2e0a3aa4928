import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { QUEUE } from '../ledger-place.js';

export const WRITER = join(import.meta.dirname, '../../../dist/spec/programs/ledger-writer.js');

/** A process that commits one entry after the other to the ledger in a directory, and says which are durable. */
export class WriterProcess {
  /** What it has said. */
  readonly lines: string[] = [];
  readonly child: ChildProcess;
  readonly #reader;

  /**
   * @param flags of the program `ledger-writer`, after the queue
   * @param under a command that runs it, and shall not say its errors here
   */
  constructor(directory: string, flags: readonly string[], under: readonly string[] = []) {
    const [command = '', ...others] = [...under, process.execPath, WRITER, directory, QUEUE, ...flags];
    this.child = spawn(command, others, { stdio: ['ignore', 'pipe', under.length > 0 ? 'ignore' : 'inherit'] });
    this.#reader = createInterface(this.child.stdout!);
    this.#reader.on('line', (line) => this.lines.push(line));
  }

  /** The last instance that it has said to be durable; -1 before. */
  get last(): number {
    const line = this.lines.at(-1);
    return line === undefined || line === 'open' ? -1 : Number(line);
  }

  /** Resolves when it has said so many lines; the first is "open". */
  async says(count: number): Promise<void> {
    while (this.lines.length < count) await once(this.#reader, 'line');
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'close');
    this.child.kill('SIGKILL');
    await gone;
  }
}
