import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

import { Meter } from '../window.js';
import type { DriverWindow } from './driver.js';

/** After a failure, so that callers of a node that does not answer leave it the processor. */
const PAUSE_MS = 10;

/** One operation of a caller; rejects where it was not acknowledged. */
export type Execute = (caller: number) => Promise<unknown>;

/** The setup with which a driver was started. */
export interface DriverSetup {
  readonly endpoint: string;
  readonly name: string;
  readonly value: Buffer;
}

/** The program of a driver in Node: `Driver` says what it reads and writes. */
export async function driverProgram(connect: (setup: DriverSetup) => Promise<Execute>): Promise<void> {
  const [endpoint = '', name = '', bytes = ''] = process.argv.slice(2);
  const execute = await connect({ endpoint, name, value: Buffer.alloc(Number(bytes), 'x') });
  const callers = new Callers(execute);
  tell(null);
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, count = ''] = line.split(' ');
    if (command === 'run') callers.run(Number(count));
    if (command === 'rest') await callers.rest();
    tell(command === 'window' ? callers.window() : null);
  }
  process.exit();
}

function tell(answer: DriverWindow | null): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

class Callers {
  readonly #meter = new Meter(false);
  #failed = 0;
  #failure = '';
  #isResting = false;
  #ended: Promise<unknown> = Promise.resolve();

  constructor(private readonly execute: Execute) {}

  run(count: number): void {
    this.#isResting = false;
    this.#ended = Promise.all(Array.from({ length: count }, (_, caller) => this.#call(caller)));
  }

  async rest(): Promise<void> {
    this.#isResting = true;
    await this.#ended;
  }

  window(): DriverWindow {
    const { latencies, elapsedMs } = this.#meter.take();
    const counts = [...latencies.counts.entries()].filter(([, count]) => count > 0);
    const window = { elapsedMs, maxMs: latencies.maxMs, counts, failed: this.#failed, failure: this.#failure };
    this.#failed = 0;
    this.#failure = '';
    return window;
  }

  async #call(caller: number): Promise<void> {
    while (!this.#isResting) {
      const begin = performance.now();
      try {
        await this.execute(caller);
        this.#meter.add(performance.now() - begin);
      } catch (error) {
        this.#failed += 1;
        this.#failure = String(error);
        await sleep(PAUSE_MS);
      }
    }
  }
}
