import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

import { noLatencies } from '../latencies.js';
import type { Measured } from './contender.js';
import type { Processes } from './processes.js';
import type { DriverProgram } from './programs.js';

/** An operation is given up before. */
const ANSWER_LIMIT_MS = 60_000;

/** The measurements of a driver since it told them last. */
export interface DriverWindow {
  readonly elapsedMs: number;
  readonly maxMs: number;
  /** How many latencies there are in a bucket of `Latencies`, where there are any. */
  readonly counts: readonly (readonly [bucket: number, count: number])[];
  readonly failed: number;
  readonly failure: string;
}

/**
 * The clients of one node, in a process of their own: a program in any language. Its arguments are the node's endpoint, a
 * name that no other driver has, and the bytes of a value. It writes a line of JSON when it is connected, and one for every
 * line that it reads:
 *
 * - `run 64`: so many callers execute one operation after the other from now on;
 * - `window`: answered by a `DriverWindow`, and a new one begins;
 * - `rest`: answered when all callers have stopped.
 *
 * It ends at the end of its input.
 */
export class Driver {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  private constructor(
    private readonly name: string,
    child: ChildProcess,
  ) {
    this.#child = child;
    if (child.stdout === null) throw new Error(`The output of ${name} is no pipe.`);
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    // Where it has ended, `Processes` says so.
    child.stdin?.on('error', () => undefined);
  }

  /** Resolves when it is connected. */
  static async start(processes: Processes, program: DriverProgram, endpoint: string, name: string, bytes: number) {
    const args = [...program.args, endpoint, name, String(bytes)];
    const driver = new Driver(name, processes.start(name, program.command, args, 'pipe'));
    await driver.#answer();
    return driver;
  }

  async run(callers: number): Promise<void> {
    await this.#ask(`run ${callers}`);
  }

  async rest(): Promise<void> {
    await this.#ask('rest');
  }

  async window(): Promise<Measured> {
    const { maxMs, counts, ...rest } = JSON.parse(await this.#ask('window')) as DriverWindow;
    const latencies = { ...noLatencies(), maxMs };
    for (const [bucket, count] of counts) latencies.counts[bucket] = count;
    return { latencies, ...rest };
  }

  async #ask(command: string): Promise<string> {
    this.#child.stdin?.write(`${command}\n`);
    return this.#answer();
  }

  async #answer(): Promise<string> {
    const answered = new AbortController();
    const late = sleep(ANSWER_LIMIT_MS, null, { signal: answered.signal }).catch(() => null);
    const answer = await Promise.race([this.#answers.next(), late]);
    answered.abort();
    if (answer?.done === false) return answer.value;
    throw new Error(`${this.name} has ended, or has not answered within ${ANSWER_LIMIT_MS / 1000} s.`);
  }
}
