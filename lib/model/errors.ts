import type { Instance } from './ids.js';

/** Stable codes of everything that Treplica throws; a message may be reworded, a code may not. */
export type ErrorCode =
  | 'INVALID_OPTION'
  | 'NOT_MULTICAST'
  | 'PORT_IN_USE'
  | 'NETWORK'
  | 'NO_KEY'
  | 'DIRECTORY_NOT_WRITABLE'
  | 'DIRECTORY_IN_USE'
  | 'LEDGER_FAILED'
  | 'DISK_FULL'
  | 'LEDGER_DAMAGED'
  | 'LEDGER_VERSION'
  | 'VOTES_LOST'
  | 'FOUNDING_FAILED'
  | 'REPLICAS_MISMATCH'
  | 'BORDER_MISMATCH'
  | 'BACKUP_MISMATCH'
  | 'BACKUP_NOT_READABLE'
  | 'QUEUE_MISMATCH'
  | 'BACKUP_DAMAGED'
  | 'BACKUP_VERSION'
  | 'ALREADY_EXISTS'
  | 'QUEUE_CLOSED'
  | 'QUEUE_BOUND'
  | 'QUEUE_FULL'
  | 'MESSAGE_TOO_LARGE'
  | 'UNKNOWN_OUTCOME'
  | 'NO_MAJORITY'
  | 'MEMBERS_CHANGED'
  | 'KEY_MISSING'
  | 'KEY_IN_USE'
  | 'KEYS_CHANGED'
  | 'NO_ANSWER'
  | 'NOT_LEVEL'
  | 'CLASS_NOT_REGISTERED'
  | 'CLASS_REGISTERED_TWICE'
  | 'TWO_COPIES'
  | 'STATE_MISMATCH'
  | 'NOT_SERIALIZABLE'
  | 'MALFORMED_BYTES'
  | 'MESSAGE_VERSION'
  | 'OPERATION_ASYNCHRONOUS'
  | 'QUERY_ASYNCHRONOUS'
  | 'EXECUTION_FAILED'
  | 'STATE_READ_ONLY'
  | 'READ_TIMED_OUT'
  | 'STATE_MACHINE_CLOSED'
  | 'INVARIANT_VIOLATION';

/** The class of every error of Treplica. The message says what happened, to what, and what to do. */
export class TreplicaError extends Error {
  override readonly name: string = 'TreplicaError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}

/** A part of the log below the watermark that cannot be used. The decisions there can be learnt again from others. */
export class DamagedLogError extends TreplicaError {
  /** The damage lies at `from <= instance < end`, and all of these instances must be learnt again. */
  constructor(
    readonly from: Instance,
    readonly end: Instance,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super('LEDGER_DAMAGED', message, options);
  }
}

/** Whether stored data cannot be read as they were written. */
export function isDamage(error: unknown): error is TreplicaError {
  return error instanceof TreplicaError && error.code === 'LEDGER_DAMAGED';
}

/**
 * The caller stopped waiting, or this process stopped, before the result was known. The operation may have been executed, may
 * still be executed, or may never be: read the state, or make the operation idempotent and execute it again.
 */
export class UnknownOutcomeError extends TreplicaError {
  override readonly name = 'UnknownOutcomeError';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(
      'UNKNOWN_OUTCOME',
      `${message} The outcome is unknown: the operation may have been executed or may yet be.`,
      options,
    );
  }
}

/** The operation was not submitted, and has not been executed: too much waits at this process already. Try again later, or elsewhere. */
export class QueueFullError extends TreplicaError {
  override readonly name = 'QueueFullError';

  constructor(operation: string, why: string) {
    super(
      'QUEUE_FULL',
      `${operation} was not submitted: ${why}. It has not been executed: try again later or at another replica, or let fewer callers in.`,
    );
  }
}

/** A bug, damaged hardware or a process that broke the protocol: this process stops, so that the error does not spread. */
export class InvariantViolation extends TreplicaError {
  override readonly name = 'InvariantViolation';

  constructor(
    readonly invariant: string,
    readonly facts: Readonly<Record<string, unknown>>,
  ) {
    super(
      'INVARIANT_VIOLATION',
      `Broken invariant: ${invariant}. Facts: ${showFacts(facts)}. The process has stopped taking part; report this with the facts.`,
    );
  }
}

function showFacts(facts: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(facts, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}
