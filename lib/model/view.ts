import { assert } from './assert.js';
import type { BallotKind } from './ballot.js';
import { type GroupBase, NO_BASE } from './base.js';
import { constants } from './constants.js';
import { digestOf } from './digest.js';
import type { GroupId, Instance, ProcessId } from './ids.js';

/** More than half: two of these always meet. */
export function classicQuorum(n: number): number {
  return Math.floor(n / 2) + 1;
}

/** At least three quarters: two of these and a classic quorum always meet (Fast Paxos, section 2.2, requirement b). */
export function fastQuorum(n: number): number {
  return Math.ceil((3 * n) / 4);
}

/** An immutable, numbered set of members; it fixes n and with it the quorums. Quorums count members, never messages. */
export class View {
  /** Ascending, without repetition. */
  readonly members: readonly ProcessId[];
  readonly classicQuorum: number;
  readonly fastQuorum: number;
  readonly #ranks: ReadonlyMap<ProcessId, number>;

  constructor(
    readonly number: number,
    members: readonly ProcessId[],
  ) {
    this.members = [...members].sort();
    this.#ranks = new Map(this.members.map((member, rank) => [member, rank]));
    assert(
      this.#ranks.size === members.length && members.length > 0 && members.length <= MAX_MEMBERS,
      'a view is a set of 1 to 31 members',
      { members },
    );
    this.classicQuorum = classicQuorum(members.length);
    this.fastQuorum = fastQuorum(members.length);
  }

  get size(): number {
    return this.members.length;
  }

  quorum(kind: BallotKind): number {
    return kind === 'fast' ? this.fastQuorum : this.classicQuorum;
  }

  /** The member's place in the view, or -1 for a process that is no member. */
  rankOf(process: ProcessId): number {
    return this.#ranks.get(process) ?? -1;
  }

  has(process: ProcessId): boolean {
    return this.#ranks.has(process);
  }
}

/** Members are counted in the bits of one 32-bit integer. */
export const MAX_MEMBERS = 31;

/** A view and the first instance that it governs. */
export interface ViewRecord {
  readonly view: View;
  readonly from: Instance;
}

/** Of views in the order in which they govern; null where there is none. */
export function latestOf(views: readonly ViewRecord[]): View | null {
  return views[views.length - 1]?.view ?? null;
}

/**
 * The name of the group that a first view founds on `base` with this α. `attempt` tells apart two foundings of the same
 * members.
 */
export function groupIdOf(
  members: readonly ProcessId[],
  attempt: number,
  base: GroupBase = NO_BASE,
  borderInstances: number = constants.borderInstances,
): GroupId {
  const begun = base.digest === '' ? '' : `${String(base.from)}/${base.digest}:`;
  const name = `${begun}${String(attempt)}/${String(borderInstances)}:${[...members].sort().join(',')}`;
  return digestOf(name) as GroupId;
}
