import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

import type { RunOptions } from '../lib/simulation/run.js';
import type { Answer } from './worker.js';

/** A run that does not end: only a program that is broken makes one. */
const RUN_MS_MAX = 60_000;

/** The modules of a simulator cannot even be loaded, so that it has run nothing. */
export class LoadError extends Error {}

/** A process that makes runs with the simulator in `tree`, one after the other. */
class Worker {
  readonly #tree: string;
  #child: ChildProcess | null = null;

  constructor(tree: string) {
    this.#tree = tree;
  }

  /**
   * Null where the run did not end, or took the process with it.
   * @throws LoadError where there is no simulator that could run anything
   */
  async run(options: RunOptions): Promise<Answer | null> {
    this.#child ??= await this.#loaded();
    const child = this.#child;
    return new Promise((resolve) => {
      const end = (answer: Answer | null): void => {
        clearTimeout(timer);
        child.removeAllListeners();
        if (answer === null) this.close();
        resolve(answer);
      };
      const timer = setTimeout(() => end(null), RUN_MS_MAX);
      child.once('message', (answer: Answer) => end(answer));
      child.once('exit', () => end(null));
      child.send(options);
    });
  }

  /** A process that has loaded the simulator: its first message says so. */
  #loaded(): Promise<ChildProcess> {
    const path = join(this.#tree, 'simulator/worker.js');
    const child = fork(path, { serialization: 'advanced' });
    return new Promise((resolve, reject) => {
      child.once('message', () => {
        child.removeAllListeners();
        resolve(child);
      });
      child.once('exit', (code) => reject(new LoadError(`${path} does not load: it exits with code ${code}`)));
    });
  }

  close(): void {
    this.#child?.kill('SIGKILL');
    this.#child = null;
  }
}

/**
 * Makes runs in several processes at once, with the simulator in the compiled `tree`. `next` gives what is to be run, null
 * where there is nothing more; `onAnswer` is told of every run, with null where it did not end, and says whether to go on.
 */
export async function runAll(
  tree: string,
  workers: number,
  next: () => RunOptions | null,
  onAnswer: (options: RunOptions, answer: Answer | null) => boolean,
): Promise<void> {
  let isOver = false;
  const work = async (): Promise<void> => {
    const worker = new Worker(tree);
    try {
      for (;;) {
        const options = isOver ? null : next();
        if (options === null) return;
        const answer = await worker.run(options);
        if (!isOver) isOver = !onAnswer(options, answer);
      }
    } finally {
      worker.close();
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
}
