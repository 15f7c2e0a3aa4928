/**
 * The program that makes a checkpoint beside the process that runs the queue: it has its own copy of the state, and is given
 * less of the processor than those who serve.
 */
import { constants, setPriority } from 'node:os';

import type { Checkpoint } from '../model/checkpoint.js';
import { TreplicaError } from '../model/errors.js';
import type { Instance, ProcessId } from '../model/ids.js';
import { View } from '../model/view.js';
import { saveFromLog } from '../queue/replay.js';
import { Replica } from './replica.js';
import type { SavingAnswer, SentTask } from './saving-process.js';
import { StateMachine } from './state-machine.js';

async function save({ module, views, ...task }: SentTask): Promise<Checkpoint> {
  const { default: makeState } = (await import(module)) as { readonly default?: unknown };
  const state: unknown = typeof makeState === 'function' ? (makeState as () => unknown)() : undefined;
  if (!(state instanceof StateMachine))
    throw new Error(`the default export of ${module} is no function that returns a state machine's initial state`);
  const records = views.map(({ number, from, members }) => ({
    view: new View(number, members as ProcessId[]),
    from: from as Instance,
  }));
  return saveFromLog({ ...task, views: records }, new Replica(state, () => undefined));
}

async function answer(task: SentTask): Promise<SavingAnswer> {
  try {
    return { checkpoint: await save(task) };
  } catch (error) {
    const isDamage = error instanceof TreplicaError && error.code === 'LEDGER_DAMAGED';
    return { failure: error instanceof Error ? error.message : String(error), isDamage };
  }
}

setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
process.once('disconnect', () => process.exit(1)); // Nobody waits for the checkpoint any more.
process.once('message', (task: SentTask) => {
  void answer(task).then((result) => process.send?.(result, () => process.exit(0)));
});
