import { TreplicaError, UnknownOutcomeError } from '../model/errors.js';
import type { Base } from './base.js';

export function boundError(): TreplicaError {
  return new TreplicaError('QUEUE_BOUND', 'The queue is bound: its messages go to one state holder or reader.');
}

export function stoppedError(cause: Error | null): TreplicaError {
  return new TreplicaError('QUEUE_CLOSED', 'The queue has stopped: it delivers no more messages.', causedBy(cause));
}

export function unsavable({ checkpoint }: Base): TreplicaError {
  return new TreplicaError(
    'STATE_MISMATCH',
    `The log before position ${String(checkpoint.position)} is in a checkpoint, and what the queue is bound to has no state to put it in: bind what has made the checkpoint, or something that keeps a state as that does.`,
  );
}

export function skippedError(): UnknownOutcomeError {
  return new UnknownOutcomeError(
    'The message has been ordered or refused while this process was behind, and it goes on from a checkpoint.',
  );
}

export function unknownOutcome(cause: Error | null): UnknownOutcomeError {
  return new UnknownOutcomeError(
    'The queue has stopped before it was known where the message is ordered.',
    causedBy(cause),
  );
}

function causedBy(cause: Error | null): { readonly cause: Error } | undefined {
  return cause === null ? undefined : { cause };
}
