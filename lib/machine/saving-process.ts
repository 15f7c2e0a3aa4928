import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import type { Checkpoint } from '../model/checkpoint.js';
import { TreplicaError } from '../model/errors.js';
import type { SavingTask } from '../queue/state-holder.js';
import { inheritedOptions, inheritedVariables } from './saving-environment.js';

/** The request to the process: the queue's task, and the URL of the application's module. */
export interface SentTask {
  readonly task: SavingTask;
  readonly module: string;
}

/** The answer of the process, sent once. */
export type SavingAnswer =
  { readonly checkpoint: Checkpoint } | { readonly failure: string; readonly isDamage: boolean };

/** The progress that the process reports before its answer: its current step. */
export interface SavingStep {
  readonly step: string;
}

/**
 * The channel is not ours alone: Node's watch mode, loaders and the application itself talk on it, as to a manager of
 * processes. Our messages are marked.
 */
const MARK = 'treplica:saving';

export interface Marked<T> {
  readonly mark: typeof MARK;
  readonly content: T;
}

export function marked<T>(content: T): Marked<T> {
  return { mark: MARK, content };
}

export function isMarked(message: unknown): message is Marked<unknown> {
  return typeof message === 'object' && message !== null && 'mark' in message && message.mark === MARK;
}

/** Named in two steps, so that no bundler takes it for a file of its own to be copied without what it imports. */
const PROGRAM = 'saving-program.js';
/** The files that the program needs. */
const NEEDED = [PROGRAM, './replica.js'];

/**
 * Makes a checkpoint in a process of its own, which loads the application's module and that of the queue's
 * engine, has the engine make the checkpoint of a state of its own, and ends. `progressed` is called with what it is doing whenever it has got further. Rejects with
 * LEDGER_DAMAGED where log or checkpoint cannot be read, with LEDGER_FAILED where it does not come to a checkpoint
 * otherwise, and with the signal's reason.
 */
export async function saveInProcess(
  sent: SentTask,
  signal: AbortSignal,
  progressed: (step: string) => void,
): Promise<Checkpoint> {
  signal.throwIfAborted();
  const child = fork(besideThis(PROGRAM), {
    serialization: 'advanced',
    execArgv: inheritedOptions(process.execArgv),
    env: inheritedVariables(process.env),
  });
  const stop = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  try {
    let answer: SavingAnswer | null = null;
    child.on('message', (message: unknown) => {
      if (!isMarked(message)) return;
      const content = message.content as SavingAnswer | SavingStep;
      if ('step' in content) progressed(content.step);
      else answer = content;
    });
    // A process that ends at once takes no task: its end is reported anyway.
    child.send(marked(sent), () => undefined);
    const end = await endOf(child);
    signal.throwIfAborted();
    return checkpointIn(answer, end);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** How the process has ended. Resolves after all its messages have arrived. */
async function endOf(child: ChildProcess): Promise<string> {
  const [code, killer] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  // Its last messages may come after the event of its end.
  if (child.connected) await once(child, 'disconnect');
  return String(code ?? killer);
}

function checkpointIn(answer: SavingAnswer | null, end: string): Checkpoint {
  if (answer !== null && 'checkpoint' in answer) return answer.checkpoint;
  const why = answer === null ? `it ended with ${end} and gave no answer` : answer.failure;
  throw new TreplicaError(
    answer?.isDamage === true ? 'LEDGER_DAMAGED' : 'LEDGER_FAILED',
    `The process that was to make a checkpoint has failed: ${why}. The log is kept and the next checkpoint is tried as usual.`,
  );
}

/**
 * Checks that `module` names a module that can be loaded again elsewhere, and that there is a program that does so.
 * @throws TreplicaError INVALID_OPTION
 */
export function checkModule(module: string | URL): string {
  const { href, protocol } = new URL(module);
  if (protocol !== 'file:' || !existsSync(fileURLToPath(href))) {
    throw invalid(
      `module is ${href}: give the file: URL of a module whose default export is a function that makes the initial state, as new URL('./auction.js', import.meta.url).`,
    );
  }
  if (isOneFileProgram()) {
    throw invalid(
      'module is given in a single executable application, which runs itself wherever it runs Node: leave module out, and this process makes its checkpoints itself; or run the program with Node.',
    );
  }
  const missing = missingFile();
  if (missing === null) return href;
  throw invalid(
    `module is given, and the program of Treplica that loads it, ${missing}, is not there: a bundler has left it out. Keep the package treplica out of the bundle (esbuild: --external:treplica; webpack: externals; Rollup: external) and install it beside; or leave module out, and this process makes its checkpoints itself.`,
  );
}

function invalid(message: string): TreplicaError {
  return new TreplicaError('INVALID_OPTION', message);
}

/** The first needed file that does not exist. */
function missingFile(): string | null {
  try {
    return NEEDED.map(besideThis).find((file) => !existsSync(file)) ?? null;
  } catch {
    // A bundle in CommonJS does not know where it is.
    return PROGRAM;
  }
}

function besideThis(name: string): string {
  const here = import.meta.url;
  return fileURLToPath(new URL(name, here));
}

function isOneFileProgram(): boolean {
  try {
    return (createRequire(import.meta.url)('node:sea') as { isSea(): boolean }).isSea();
  } catch {
    return false; // Node 20 before 20.12 knows of none, nor does a bundle that cannot say where it is.
  }
}
