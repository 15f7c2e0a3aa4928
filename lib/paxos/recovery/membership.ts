import type { GroupKeyStates } from '../../consensus/key-states.js';
import type { GroupViews } from '../../consensus/membership/views.js';
import type { GroupId } from '../../model/ids.js';

/** The group that this process belongs to. */
export interface Membership {
  readonly group: GroupId;
  readonly views: GroupViews;
  readonly keys: GroupKeyStates;
}
