import { TreplicaError } from '../model/errors.js';

/** For a directory that a ledger cannot be kept in. */
export function notWritable(directory: string, cause: unknown): TreplicaError {
  return new TreplicaError(
    'DIRECTORY_NOT_WRITABLE',
    `The ledger cannot be kept in directory ${directory}: ${reasonOf(cause)}. Name a directory that this process may create, or read and write.`,
    { cause },
  );
}

/** For something stored that must not be used. */
export function damaged(name: string, why: string, cause?: unknown): TreplicaError {
  return new TreplicaError(
    'LEDGER_DAMAGED',
    `The ${name} is damaged: ${why}. Nothing in its directory can be trusted: check the disk, set the directory aside and start with an empty one; the process then joins as a new one.`,
    { cause },
  );
}

/** For something stored that is sound and in a form that this Treplica does not know. */
export function anotherVersion(name: string, which: string): TreplicaError {
  return new TreplicaError(
    'LEDGER_VERSION',
    `The ${name} is of another version: ${which}. Run the Treplica that wrote it, or give this process an empty directory; it then joins as a new one.`,
  );
}

/** For a commit that did not become durable, and every one after it. */
export function failed(place: string, cause: unknown): TreplicaError {
  return new TreplicaError(
    'LEDGER_FAILED',
    `The ledger ${place} could not be written: ${reasonOf(cause)}. Nothing of the commit may be relied on, and no further one is taken. See that the disk is sound and has room, then start the process again.`,
    { cause },
  );
}

/** For whatever is asked of a ledger after it has been closed. */
export function closed(queueId: string, place: string): TreplicaError {
  return new TreplicaError(
    'LEDGER_FAILED',
    `The ledger of queue ${queueId} ${place} has been closed. Open it again to use it.`,
  );
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
