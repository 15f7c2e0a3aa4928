import { types } from 'node:util';

import { TreplicaError } from '../model/errors.js';
import { checkOptions, isWholeNumber, optional, type OptionKinds, shown } from '../model/options.js';
import type { Queue } from '../queue/queue.js';
import { isThenable, silence } from './thenables.js';
import type { Overflow } from './waiting-operations.js';

export interface MachineOptions {
  /**
   * The file: URL of a module that declares or imports all operations of the machine and whose default export is a function
   * that makes the initial state, such as `new URL('./auction.js', import.meta.url)`. Then a child process makes the
   * checkpoints. While it runs, it needs the memory of a second state, and operations continue at this replica. Default: this
   * process makes them, and operations wait at this replica while its state is saved.
   */
  readonly module?: string | URL;
  /**
   * What happens to an operation that the queue has no room for. `wait`: it waits, in the order of the calls, as long as `waitingMax`
   * allows. `reject`: it is refused at once with QueueFullError. Default: `wait`.
   */
  readonly overflow?: Overflow;
  /** Operations that may wait for room at this process; one more is refused with QueueFullError. Default: 100,000. */
  readonly waitingMax?: number;
  /** Bytes of them, encoded; likewise. An operation that is larger waits for nothing but room in the queue. Default: 64 MiB. */
  readonly waitingBytesMax?: number;
}

export const WAITING_MAX = 100_000;
export const WAITING_BYTES_MAX = 64 * 1024 * 1024;

const OVERFLOWS: readonly unknown[] = ['wait', 'reject'] satisfies Overflow[];

const KINDS: OptionKinds<MachineOptions> = {
  module: optional(
    (value) => URL.canParse(String(value)) && (typeof value === 'string' || value instanceof URL),
    "the file: URL of a module, as new URL('./auction.js', import.meta.url)",
  ),
  overflow: optional((value) => OVERFLOWS.includes(value), "'wait' or 'reject', or leave it out"),
  waitingMax: optional((value) => isWholeNumber(value, 0, Number.MAX_SAFE_INTEGER), 'a whole number of operations'),
  waitingBytesMax: optional((value) => isWholeNumber(value, 0, Number.MAX_SAFE_INTEGER), 'a whole number of bytes'),
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
