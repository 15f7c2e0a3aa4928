import type { Verdict } from '../model/checkpoint.js';
import { DamagedLogError, TreplicaError } from '../model/errors.js';
import type { Instance } from '../model/ids.js';
import { lackOfRoom } from './lmdb/room.js';

export { lackOfRoom };

/** For a directory that a ledger cannot be kept in. */
export function notWritable(directory: string, cause: unknown): TreplicaError {
  if (isErrno(cause, 'ENOSPC', 'EDQUOT')) {
    const what = `Directory ${directory} could not be made`;
    return new TreplicaError('DISK_FULL', `${what}: ${reasonOf(cause)}. ${MAKE_ROOM}`, { cause });
  }
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
    `The ${name} is damaged: ${why}. The decisions there have to be learnt again from other processes. Check the disk.`,
    { cause },
  );
}

/** For a checkpoint that must not be used; others have one too. */
export function damagedCheckpoint(name: string, why: string, cause?: unknown): TreplicaError {
  return new TreplicaError(
    'LEDGER_DAMAGED',
    `The ${name} is damaged: ${why}. It has to be fetched again from another process. Check the disk.`,
    { cause },
  );
}

/** For a state that differs from that of a majority: the process must not continue from it. */
export function refuted({ next, refuted: own, upheld }: Verdict, queueId: string): TreplicaError {
  return new TreplicaError(
    'LEDGER_DAMAGED',
    `The state of queue ${queueId} in this ledger has been refuted: below instance ${next} it has digest ${own}, and the state of a majority has ${upheld}. It is not used: a running replica fetches the state of another process. An operation is not deterministic, or memory is defective.`,
  );
}

/** For chunks that together are not the announced checkpoint. */
export function notAnnounced(name: string): TreplicaError {
  return damagedCheckpoint(name, 'the received chunks are not the announced ones');
}

/**
 * For a checkpoint that could not be written or received.
 * @param directory on the disk that it was to be written to; null where there is none
 */
export function checkpointFailed(name: string, cause: unknown, directory: string | null): TreplicaError {
  const lack = directory === null ? null : lackOfRoom(directory, cause);
  if (lack !== null) {
    const what = `The ${name} could not be written: ${lack} (${reasonOf(cause)})`;
    return new TreplicaError(
      'DISK_FULL',
      `${what}. The log stays as it is. Make room there: another one is tried as usual.`,
      { cause },
    );
  }
  return new TreplicaError(
    'LEDGER_FAILED',
    `The ${name} could not be written: ${reasonOf(cause)}. The log stays as it is. See that the disk is sound and has room.`,
    { cause },
  );
}

/**
 * For something stored that is sound, in a form that this Treplica does not know. Unlike what is damaged, `recover` never sets it
 * aside: where it stays in the options for good, an upgrade of the whole group would otherwise lose all votes at once.
 */
export function anotherVersion(name: string, which: string): TreplicaError {
  return new TreplicaError(
    'LEDGER_VERSION',
    `The ${name} is of another version: ${which}. Run the Treplica that wrote it. The option recover: true does not set it aside, because it is not damaged: where the group has a majority without this process, move its files away by hand and start with recover: true, which lets the process join its group as a new one.`,
  );
}

/**
 * For a commit that did not become durable, and every one after it.
 * @param directory of the ledger; null where it is on no disk
 */
export function failed(place: string, cause: unknown, directory: string | null): TreplicaError {
  const lack = directory === null ? null : lackOfRoom(directory, cause);
  if (lack !== null) {
    const what = `The ledger ${place} could not be written: ${lack} (${reasonOf(cause)})`;
    return new TreplicaError('DISK_FULL', `${what}. ${NOTHING_OF_IT} ${MAKE_ROOM}`, { cause });
  }
  return new TreplicaError(
    'LEDGER_FAILED',
    `The ledger ${place} could not be written: ${reasonOf(cause)}. ${NOTHING_OF_IT} See that the disk is sound and has room, then start the process again.`,
    { cause },
  );
}

/** For a ledger whose files are not in its directory any more. */
export function replaced(place: string, what: string): TreplicaError {
  return new TreplicaError(
    'LEDGER_FAILED',
    `The ledger ${place} does not exist any more: ${what} while this process ran. Its votes and acknowledgements since then may be on no disk, so this process has stopped. Find out what removes files there. If the directory is lost, start the process with the option recover: true.`,
  );
}

/** For every call of a ledger after it has been closed. */
export function closed(queueId: string, place: string): TreplicaError {
  return new TreplicaError(
    'LEDGER_FAILED',
    `The ledger of queue ${queueId} ${place} has been closed. Open it again to use it.`,
  );
}

const MAKE_ROOM = 'Make room there, then start the process again.';

const NOTHING_OF_IT = 'No record of the commit may be relied on, and no further commit is taken.';

/** For a directory that belongs to other queues, where another would begin. */
export function otherQueues(directory: string, queueId: string, others: readonly string[]): TreplicaError {
  const names = others.join(' and ');
  return new TreplicaError(
    'QUEUE_MISMATCH',
    `Directory ${directory} holds the data of a process of the group on queue ${names}, and nothing of queue ${queueId}: that queue would begin here, with an empty state. Use the queue id ${names}, or another directory; if queue ${queueId} is to begin in this directory, beside the others, say so with the option newQueue: true.`,
  );
}

function isErrno(cause: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(String((cause as NodeJS.ErrnoException | null)?.code));
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
