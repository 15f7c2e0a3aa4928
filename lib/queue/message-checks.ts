import { inspect } from 'node:util';

import { TreplicaError } from '../model/errors.js';
import { constants } from '../model/constants.js';
import type { StateHolder } from './state-holder.js';

/** @throws TreplicaError INVALID_OPTION or MESSAGE_TOO_LARGE where a queue cannot carry `message`. */
export function checkMessage(message: Uint8Array): void {
  // Copied as what it is not, a string, say, would become zeros.
  if (!(message instanceof Uint8Array)) {
    throw new TreplicaError(
      'INVALID_OPTION',
      `A message is a Uint8Array, such as a Buffer, and this is ${inspect(message)}: encode it first.`,
    );
  }
  if (message.length > constants.messageBytesMax) {
    throw new TreplicaError(
      'MESSAGE_TOO_LARGE',
      `A message of ${String(message.length)} bytes is larger than the ${String(constants.messageBytesMax)} that a queue carries: split it.`,
    );
  }
}

/**
 * Refuses a message whose ticket is not one of the holder that the queue is bound to.
 * @throws TreplicaError QUEUE_BOUND
 */
export function checkTicket(holder: StateHolder | null, ticket: unknown, queueId: string): void {
  if (holder?.accepts?.(ticket) !== false) return;
  throw new TreplicaError(
    'QUEUE_BOUND',
    `Nothing was put: a state machine is bound to the queue ${queueId}, and every replica would pass over anything in its log but the machine's operations. Execute an operation, or put messages on a queue of their own.`,
  );
}
