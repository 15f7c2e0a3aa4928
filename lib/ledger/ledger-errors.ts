import { DamagedLogError, TreplicaError } from '../model/errors.js';
import type { Instance } from '../model/ids.js';

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
    `The ${name} is damaged: ${why}. Nothing in its directory can be trusted: check the disk, then start with the option recover: true, which sets the directory aside and lets this process join its group as a new one.`,
    { cause },
  );
}

/** For a part of the log, below the watermark, that must not be used until others have told it again. */
export function damagedLog(name: string, from: Instance, end: Instance, why: string, cause?: unknown): DamagedLogError {
  return new DamagedLogError(
    from,
    end,
    `The ${name} is damaged: ${why}. What was decided there has to be learnt again from other processes. Check the disk.`,
    { cause },
  );
}

/** For a checkpoint that must not be used; others have one too. */
export function damagedCheckpoint(name: string, why: string, cause?: unknown): TreplicaError {
  return new TreplicaError(
    'LEDGER_DAMAGED',
    `The ${name} is damaged: ${why}. It has to be got again from another process. Check the disk.`,
    { cause },
  );
}

/** For chunks that together are not the checkpoint that they were said to be. */
export function notAnnounced(name: string): TreplicaError {
  return damagedCheckpoint(name, 'what has been received is not what was announced');
}

/** For a checkpoint that could not be written or received. */
export function checkpointFailed(name: string, cause: unknown): TreplicaError {
  return new TreplicaError(
    'LEDGER_FAILED',
    `The ${name} could not be written: ${reasonOf(cause)}. The log stays as it is. See that the disk is sound and has room.`,
    { cause },
  );
}

/** For something stored that is sound and in a form that this Treplica does not know. */
export function anotherVersion(name: string, which: string): TreplicaError {
  return new TreplicaError(
    'LEDGER_VERSION',
    `The ${name} is of another version: ${which}. Run the Treplica that wrote it, or start with the option recover: true, which sets the directory aside and lets this process join its group as a new one.`,
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
