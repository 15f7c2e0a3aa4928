import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { blocksIn, compile, snippetIn } from './support/snippet.js';
import { newQueueId, until } from './support/udp-testbed.js';

const root = join(import.meta.dirname, '..');
const snippet = snippetIn('README.md');

/** The program as a process, and the lines that it has printed; the log's lines are JSON and are left out. */
class Running {
  readonly #process: ChildProcess;
  #output = '';

  constructor(program: string, directory: string) {
    this.#process = spawn(process.execPath, [program, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
  }

  get lines(): string[] {
    return this.#output.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
  }

  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exit = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exit;
  }
}

/** The program in plain JavaScript: the same, but for its classes. */
function plainProgram(): string {
  const [classes = ''] = blocksIn('README.md', 'js');
  const start = snippet.indexOf('class Counters');
  const end = snippet.indexOf('const queue');
  if (start < 0 || end < 0) throw new Error("the README's program has changed");
  return snippet.slice(0, start) + classes + snippet.slice(end);
}

describe("the README's program", () => {
  let directory: string;
  let running: Running[] = [];

  /** Starts it three times and resolves with the two numbers that each prints. */
  const startThree = async (program: string): Promise<number[][]> => {
    running = ['a', 'b', 'c'].map((name) => new Running(join(directory, program), join(directory, program + name)));
    await until(() => running.every(({ lines }) => lines.length === 2));
    return running.map(({ lines }) => lines.map(Number));
  };

  const killAll = async (): Promise<void> => {
    await Promise.all(running.splice(0).map((one) => one.kill()));
  };

  beforeAll(async () => {
    const dist = join(root, 'dist/spec');
    mkdirSync(dist, { recursive: true });
    directory = mkdtempSync(join(dist, 'readme-'));
    for (const [name, program] of [
      ['counters.ts', snippet],
      ['plain.js', plainProgram()],
    ] as const)
      writeFileSync(join(directory, name), program.replace('239.255.0.1:7400', await newQueueId()));
  });

  afterEach(killAll);
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('passes the compiler with the options that the README names', () => {
    expect(compile(join(directory, 'counters.ts'))).toEqual([]);
  });

  it.each([
    ['compiled', 'counters.js'],
    ['in plain JavaScript', 'plain.js'],
  ])(
    '%s, started three times, counts one visit each, and goes on counting after all have been killed',
    async (_, program) => {
      for (const before of [0, 3]) {
        const printed = await startThree(program);
        const results = printed.map(([result = NaN]) => result);
        expect(results.toSorted((a, b) => a - b)).toEqual([before + 1, before + 2, before + 3]);
        for (const [result = NaN, read = NaN] of printed) {
          expect(read).toBeGreaterThanOrEqual(result);
          expect(read).toBeLessThanOrEqual(before + 3);
        }
        await killAll();
      }
    },
  );
});
