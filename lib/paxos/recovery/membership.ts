import type { Consensus } from '../../consensus/consensus.js';
import type { GroupKeyStates } from '../../consensus/key-states.js';
import type { GroupViews } from '../../consensus/membership/views.js';
import type { GroupId, ProcessId } from '../../model/ids.js';

/** The group that this process belongs to. */
export interface Membership {
  readonly group: GroupId;
  readonly views: GroupViews;
  readonly keys: GroupKeyStates;
}

/** Null while it belongs to none. */
export function membershipOf({ group, views, keys }: Pick<Consensus, 'group' | 'views' | 'keys'>): Membership | null {
  return group === null ? null : { group, views, keys };
}

/** The members but `self`, which may have the data that it has lost: those included of a view that it has only been told of. */
export function othersIn(views: GroupViews, self: ProcessId): readonly ProcessId[] {
  if (!views.isFounded) return [];
  const { current, told } = views;
  const members = new Set([...current.members, ...(told?.members ?? [])]);
  members.delete(self);
  return [...members];
}
