/**
 * Makes runs for the process that forked this one: one run and one answer for each message. Says at the beginning that everything
 * is loaded: a simulator that is broken in its syntax never does.
 */
import { run, type RunOptions, type RunResult } from '../lib/simulation/run.js';
import { registers } from './registers.js';

/** A run's result as it passes between processes. */
export type Answer = Omit<RunResult, 'faults'> & { readonly faults: readonly (readonly [string, number])[] };

process.on('message', (options: RunOptions) => {
  void run(registers(), options).then((result) => {
    const answer: Answer = { ...result, faults: [...result.faults] };
    process.send?.(answer);
  });
});

process.once('disconnect', () => process.exit(1)); // Nobody waits for the answer any more.

process.send?.('loaded');
