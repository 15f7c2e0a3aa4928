import { types } from 'node:util';

import { TreplicaError } from '../model/errors.js';
import { checkOptions, optional, type OptionKinds, shown } from '../model/options.js';
import type { Queue } from '../queue/queue.js';
import { isThenable, silence } from './thenables.js';

export interface MachineOptions {
  /**
   * The file: URL of a module that declares or imports all operations of the machine and whose default export is a function
   * that makes the initial state, such as `new URL('./auction.js', import.meta.url)`. Then a child process makes the
   * checkpoints. While it runs, it needs the memory of a second state, and operations continue at this replica. Default: this
   * process makes them, and operations wait at this replica while its state is saved.
   */
  readonly module?: string | URL;
}

const KINDS: OptionKinds<MachineOptions> = {
  module: optional(
    (value) => URL.canParse(String(value)) && (typeof value === 'string' || value instanceof URL),
    "the file: URL of a module, as new URL('./auction.js', import.meta.url)",
  ),
};

const QUEUE_METHODS = ['submit', 'bind', 'sync', 'after', 'close'] as const satisfies readonly (keyof Queue)[];

/**
 * Checks the arguments of `ReplicatedStateMachine.create`.
 * @throws TreplicaError INVALID_OPTION
 */
export function checkMachine(initialState: unknown, queue: unknown, options: unknown): void {
  checkInitialState(initialState);
  const queueLike: Partial<Record<string, unknown>> =
    typeof queue === 'object' && queue !== null ? { ...methodsOf(queue) } : {};
  const missing = QUEUE_METHODS.find((method) => typeof queueLike[method] !== 'function');
  if (missing !== undefined) {
    const advice = types.isPromise(queue)
      ? 'await it'
      : 'give the queue that AsynchronousPersistentQueue.create resolves with';
    throw new TreplicaError(
      'INVALID_OPTION',
      `The queue of a state machine is ${shown(queue)}, which has no method ${missing}: ${advice}.`,
    );
  }
  checkOptions('ReplicatedStateMachine.create', options, KINDS);
}

/**
 * Refuses a value that cannot be a state at all; the codec finds all other errors.
 * @throws TreplicaError INVALID_OPTION
 */
export function checkInitialState(initialState: unknown): void {
  if (typeof initialState === 'object' && initialState !== null && !isThenable(initialState)) return;
  silence(initialState);
  const advice = isThenable(initialState)
    ? 'wait for asynchronous work before the state is made, which has to be the same at every replica and at every start'
    : 'give an object of a class that extends StateMachine';
  throw new TreplicaError('INVALID_OPTION', `The initial state is ${shown(initialState)}: ${advice}.`);
}

/** @throws TreplicaError INVALID_OPTION */
export function checkQuery(query: unknown): void {
  if (typeof query === 'function') return;
  throw new TreplicaError(
    'INVALID_OPTION',
    `A query is a function of the state, and this is ${shown(query)}: use read((state) => …).`,
  );
}

function methodsOf(queue: object): Partial<Record<string, unknown>> {
  return Object.fromEntries(QUEUE_METHODS.map((method) => [method, (queue as Partial<Queue>)[method]]));
}
