import { types } from 'node:util';

import { TreplicaError } from '../model/errors.js';
import { shown } from '../model/options.js';
import type { DeliveredBatch } from './state-holder.js';

/**
 * Checks that a state holder has what it is called with, and that nothing of it is asynchronous.
 * @throws TreplicaError INVALID_OPTION
 */
export function checkHolder(holder: unknown): void {
  const { deliver, stopped, bound } = (holder ?? {}) as Readonly<
    Partial<Record<'deliver' | 'stopped' | 'bound', unknown>>
  >;
  for (const [name, method] of Object.entries({ deliver, stopped, ...(bound === undefined ? {} : { bound }) })) {
    if (typeof method !== 'function') throw invalidHolder(holder, `has no method ${name}`);
    if (types.isAsyncFunction(method)) throw invalidHolder(holder, `has an async method ${name}`);
  }
}

function invalidHolder(holder: unknown, what: string): TreplicaError {
  return new TreplicaError(
    'INVALID_OPTION',
    `The holder for a queue is ${shown(holder)}, which ${what}: bind an object with the synchronous methods deliver and stopped, or a ReplicatedStateMachine by its create.`,
  );
}

/**
 * Hands a batch to a holder, and refuses a promise for it: later work of the holder would happen at no defined position.
 * @throws TreplicaError INVALID_OPTION, and the errors of `deliver`
 */
export function handOver(holder: { deliver(batch: DeliveredBatch): unknown }, batch: DeliveredBatch): void {
  const returned = holder.deliver(batch);
  if (returned === undefined || !types.isPromise(returned)) return;
  returned.catch(() => undefined); // Nobody is given it: a rejection would end the process.
  throw new TreplicaError(
    'INVALID_OPTION',
    'The holder that the queue is bound to returned a promise from deliver, which has to be done when it returns: make it synchronous.',
  );
}
