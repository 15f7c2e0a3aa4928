/** Errors of changes of the members. */
import { constants } from '../model/constants.js';
import { TreplicaError } from '../model/errors.js';
import type { ProcessId } from '../model/ids.js';
import { classicQuorum, type View } from '../model/view.js';

export function invalidChange(why: string): TreplicaError {
  return new TreplicaError('INVALID_OPTION', `The members cannot be changed so: ${why}.`);
}

/** `silent` are not taken to be alive. */
export function noMajority({ members }: View, silent: readonly ProcessId[]): TreplicaError {
  return new TreplicaError(
    'NO_MAJORITY',
    `Of the ${String(members.length)} members that the group would have, ${silent.join(' and ')} ${silent.length === 1 ? 'has' : 'have'} not been heard for ${String((constants.aliveTicks * constants.tickMs) / 1_000)} s, and the others are no majority (${String(classicQuorum(members.length))}): the group would stop. Start them, name others, or set force.`,
  );
}

/** `lagInstances` is null where the process is not heard as an observer. */
export function notLevel(process: ProcessId, lagInstances: number | null, lagMax: number): TreplicaError {
  return new TreplicaError(
    'NOT_LEVEL',
    lagInstances === null
      ? `${process} cannot become a member yet: it is not heard as a process of the group without a vote. Start it with recover: true, and ask again when it is among the observers; or set force.`
      : `${process} cannot become a member yet: its ledger lacks ${String(lagInstances)} instances, and may lack ${String(lagMax)}. Ask again when it has caught up, as the observers tell; or set force.`,
  );
}

export function forestalled(asked: View, latest: View): TreplicaError {
  return new TreplicaError(
    'MEMBERS_CHANGED',
    `Another change came first: the members are now ${latest.members.join(', ')}, and not ${asked.members.join(', ')}. Nothing was changed by this one: look at the members and ask again.`,
  );
}

export function unknownChange({ members }: View, cause: unknown): TreplicaError {
  return new TreplicaError(
    'UNKNOWN_OUTCOME',
    `The wait for the change of the members to ${members.join(', ')} has ended. The outcome is unknown: it may have been made or may yet be.`,
    { cause },
  );
}
