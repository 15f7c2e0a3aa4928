/** Errors of a process whose options differ from those of the group that it meets, or of other founders. */
import type { Notice } from '../consensus/effects.js';
import { TreplicaError } from '../model/errors.js';
import type { GroupId, ProcessId } from '../model/ids.js';

/**
 * The error that makes this process, started for so many replicas, stop after a notice of consensus; null if it can continue.
 */
export function mismatchIn(notice: Notice, queueId: string, replicas: number): TreplicaError | null {
  switch (notice.kind) {
    case 'founded': {
      const { size } = notice.view;
      // Of no interest to an observer: another number may have founded the group.
      if (notice.part !== 'stranger' || size === replicas) return null;
      return groupDiffers(queueId, notice.group, size, replicas);
    }
    case 'replicas-differ':
      return replicasDiffer(queueId, notice.process, notice.replicas);
    case 'bases-differ':
      return basesDiffer(queueId, notice);
    case 'borders-differ':
      return bordersDiffer(queueId, notice);
    default:
      return null;
  }
}

function replicasDiffer(queueId: string, process: ProcessId, replicas: number): TreplicaError {
  return new TreplicaError(
    'REPLICAS_MISMATCH',
    `Process ${process} on ${queueId} was started for ${String(replicas)} replicas, this one for another number: start all processes of a group with the same number of replicas.`,
  );
}

function groupDiffers(queueId: string, group: GroupId, members: number, replicas: number): TreplicaError {
  return new TreplicaError(
    'REPLICAS_MISMATCH',
    `Group ${group} on ${queueId} is a group of ${String(members)}, and this process was started for ${String(replicas)} replicas: start it with replicas: ${String(members)} and recover: true so that it joins that group without a vote, or give the group of ${String(replicas)} another queue id.`,
  );
}

function bordersDiffer(
  queueId: string,
  { process, borderInstances, own }: Extract<Notice, { kind: 'borders-differ' }>,
): TreplicaError {
  return new TreplicaError(
    'BORDER_MISMATCH',
    `Process ${process} on ${queueId}, or its group, has views begin ${String(borderInstances)} instances after they are decided, and this process works with ${String(own)}: run the same release of Treplica at all processes of a group.`,
  );
}

function basesDiffer(
  queueId: string,
  { process, base, own }: Extract<Notice, { kind: 'bases-differ' }>,
): TreplicaError {
  const name = (digest: string) => (digest === '' ? 'from nothing' : `from backup ${digest}`);
  return new TreplicaError(
    'BACKUP_MISMATCH',
    `Process ${process} on ${queueId}, or its group, began ${name(base)}, and this one ${name(own)}: restore all processes of a group from the same backup, and let no other group use its address.`,
  );
}
