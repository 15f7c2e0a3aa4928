import { inspect } from 'node:util';

import { constants } from '../model/constants.js';
import { TreplicaError } from '../model/errors.js';
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
 * Refuses a ticket that `submit` was given while no holder is bound, for nobody would be given it again.
 * @throws TreplicaError INVALID_OPTION
 */
export function checkTicket(holder: StateHolder | null, ticket: unknown, queueId: string): void {
  if (holder !== null || ticket === undefined) return;
  throw new TreplicaError(
    'INVALID_OPTION',
    `Nothing was put: a ticket goes to the holder that a queue is bound to, and the queue ${queueId} is bound to none. Bind it first, submit without a ticket (undefined), or use put.`,
  );
}

/**
 * Refuses a message that the holder that the queue is bound to does not accept, as its ticket shows: of `submit` or of `put`.
 * @throws TreplicaError QUEUE_BOUND
 */
export function checkAccepted(holder: StateHolder | null, ticket: unknown, queueId: string): void {
  if (holder?.accepts?.(ticket) !== false) return;
  throw new TreplicaError(
    'QUEUE_BOUND',
    `Nothing was put: a state machine is bound to the queue ${queueId}, and every replica would pass over anything in its log but the machine's operations. Execute an operation, or put messages on a queue of their own.`,
  );
}
