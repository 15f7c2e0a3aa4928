/** Stable codes of everything that Treplica throws; a message may be reworded, a code may not. */
export type ErrorCode =
  | 'INVALID_OPTION'
  | 'NOT_MULTICAST'
  | 'PORT_IN_USE'
  | 'NETWORK'
  | 'DIRECTORY_NOT_WRITABLE'
  | 'DIRECTORY_IN_USE'
  | 'LEDGER_FAILED'
  | 'LEDGER_DAMAGED'
  | 'LEDGER_VERSION'
  | 'REPLICAS_MISMATCH'
  | 'QUEUE_CLOSED'
  | 'QUEUE_BOUND'
  | 'MESSAGE_TOO_LARGE'
  | 'UNKNOWN_OUTCOME'
  | 'CLASS_NOT_REGISTERED'
  | 'CLASS_REGISTERED_TWICE'
  | 'NOT_SERIALIZABLE'
  | 'MALFORMED_BYTES'
  | 'OPERATION_ASYNCHRONOUS'
  | 'STATE_MACHINE_CLOSED'
  | 'INVARIANT_VIOLATION';

/** What every error of Treplica is: the message says what happened, to what, and what to do. */
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

/**
 * The caller stopped waiting, or this process stopped, before the result was known. The operation may have been
 * executed, may still be, or may never be: ask the state, or make the operation idempotent and execute it again.
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

/** A bug, damaged hardware or a process that broke the protocol: this process stops rather than spread it. */
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
