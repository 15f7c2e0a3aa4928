import { InvariantViolation, TreplicaError } from '../model/errors.js';
import type { GroupId } from '../model/ids.js';

/** The founding of `group` has failed for this process, which may begin anew. */
export function dissolved(group: GroupId, isDead: boolean, queueId: string): TreplicaError {
  const what = isDead
    ? `did not come about: too many of those who had signed it gave it up, because others were lost before they had. Nothing that was put to it was or will be executed`
    : `came about only after this process had given it up`;
  return new TreplicaError(
    'FOUNDING_FAILED',
    `The founding of group ${group} on ${queueId} ${what}. Create the queue again: this process begins anew under a new id.`,
  );
}

export function writesNoMore(): TreplicaError {
  return new TreplicaError('QUEUE_CLOSED', 'The queue is closed: nothing more is written.');
}

/** The error to report when `cause` stops the process and its record could not be written because of `error`. */
export function unwritten(cause: TreplicaError, error: Error): Error {
  if (!(cause instanceof InvariantViolation)) return error;
  return new InvariantViolation(cause.invariant, { ...cause.facts, verdictNotWritten: error.message });
}
