import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { Checkpoint } from '../model/checkpoint.js';
import { TreplicaError } from '../model/errors.js';
import type { SavingTask } from '../queue/state-holder.js';

/** A task and the URL of the application's module. */
export interface SavingTaskOf extends SavingTask {
  readonly module: string;
}

/** A task as it travels to the process: views are classes here and data there. */
export type SentTask = Omit<SavingTaskOf, 'views'> & {
  readonly views: readonly { readonly number: number; readonly from: number; readonly members: readonly string[] }[];
};

/** What the process answers with, once. */
export type SavingAnswer =
  { readonly checkpoint: Checkpoint } | { readonly failure: string; readonly isDamage: boolean };

const program = new URL('saving-program.js', import.meta.url);

/** Options of Node itself under which a second process would not run beside the first. */
const INSPECTOR = '--inspect';

/**
 * Makes a checkpoint in a process of its own, which loads the application's module, replays the log onto the latest
 * checkpoint, and ends. Rejects with LEDGER_DAMAGED where log or checkpoint cannot be read, with LEDGER_FAILED where it
 * does not come to a checkpoint otherwise, and with the signal's reason.
 */
export async function saveInProcess(task: SavingTaskOf, signal: AbortSignal): Promise<Checkpoint> {
  signal.throwIfAborted();
  const child = fork(program, {
    serialization: 'advanced',
    execArgv: process.execArgv.filter((option) => !option.startsWith(INSPECTOR)),
  });
  const stop = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  try {
    let answer: SavingAnswer | null = null;
    child.once('message', (message: SavingAnswer) => (answer = message));
    const views = task.views.map(({ view, from }) => ({ number: view.number, from, members: view.members }));
    // A process that ends at once takes no task: that it has ended is told anyhow.
    child.send({ ...task, views } satisfies SentTask, () => undefined);
    const [code, killer] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    // What it has said last may come after the news of its end.
    if (child.connected) await once(child, 'disconnect');
    signal.throwIfAborted();
    return checkpointIn(answer, code ?? killer);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function checkpointIn(answer: SavingAnswer | null, end: number | string | null): Checkpoint {
  if (answer !== null && 'checkpoint' in answer) return answer.checkpoint;
  const why = answer === null ? `it ended with ${String(end)} and said nothing` : answer.failure;
  throw new TreplicaError(
    answer?.isDamage === true ? 'LEDGER_DAMAGED' : 'LEDGER_FAILED',
    `The process that was to make a checkpoint has failed: ${why}. The log is kept and the next checkpoint is tried as usual.`,
  );
}

/**
 * Checks that `module` names a module that can be loaded again elsewhere.
 * @throws TreplicaError INVALID_OPTION
 */
export function checkModule(module: string | URL): string {
  const { href, protocol } = new URL(module);
  if (protocol === 'file:' && existsSync(fileURLToPath(href))) return href;
  throw new TreplicaError(
    'INVALID_OPTION',
    `module is ${href}: give the file: URL of a module whose default export is a function that makes the initial state, as new URL('./auction.js', import.meta.url).`,
  );
}
