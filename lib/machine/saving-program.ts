/**
 * The program that makes a checkpoint beside the process that runs the queue: it has its own copy of the state, and is given
 * less of the processor than those who serve.
 */
import { constants as system, setPriority } from 'node:os';

import type { Checkpoint } from '../model/checkpoint.js';
import { constants } from '../model/constants.js';
import { TreplicaError } from '../model/errors.js';
import type { SaveElsewhere, SavingTask } from '../queue/state-holder.js';
import { Replica } from './replica.js';
import { isMarked, marked, type SavingAnswer, type SavingStep, type SentTask } from './saving-process.js';
import { StateMachine } from './state-machine.js';
import { silence } from './thenables.js';

let toldAtMs = -Infinity;

/** Reports progress, but not too often. */
function progressed(step: string): void {
  const nowMs = performance.now();
  if (nowMs - toldAtMs < constants.savingStepMs) return;
  toldAtMs = nowMs;
  tell(marked<SavingStep>({ step }), () => undefined);
}

/** If the other end is gone, a report has no reader: `disconnect` ends this process. */
function tell(message: object, told: () => void): void {
  process.send?.(message, undefined, undefined, told);
}

async function save({ module, task }: SentTask): Promise<Checkpoint> {
  progressed(`loads ${module}`);
  const { default: makeState } = (await import(module)) as { readonly default?: unknown };
  const state: unknown = typeof makeState === 'function' ? (makeState as () => unknown)() : undefined;
  silence(state);
  if (!(state instanceof StateMachine)) {
    throw new Error(
      `the default export of ${module} is no function that returns a state machine's initial state, which is made at once and not by a promise; or the module has a copy of Treplica of its own: where it is bundled, keep the package treplica out of the bundle`,
    );
  }
  return (await engineOf(task))(task.content, new Replica(state, () => undefined), progressed);
}

async function engineOf({ engine }: SavingTask): Promise<SaveElsewhere> {
  const { save: saveElsewhere } = (await import(engine)) as { readonly save?: unknown };
  if (typeof saveElsewhere !== 'function') throw new Error(`${engine} exports no function save`);
  return saveElsewhere as SaveElsewhere;
}

async function answer(task: SentTask): Promise<SavingAnswer> {
  try {
    return { checkpoint: await save(task) };
  } catch (error) {
    const isDamage = error instanceof TreplicaError && error.code === 'LEDGER_DAMAGED';
    return { failure: error instanceof Error ? error.message : String(error), isDamage };
  }
}

setPriority(system.priority.PRIORITY_BELOW_NORMAL);
process.once('disconnect', () => process.exit(1)); // Nobody waits for the checkpoint any more.
let isAtWork = false;
process.on('message', (message: unknown) => {
  if (isAtWork || !isMarked(message)) return;
  isAtWork = true;
  void answer(message.content as SentTask).then((result) => {
    tell(marked(result), () => process.exit(0));
  });
});
