import { NO_BASE } from '../../lib/model/base.js';
import { constants } from '../../lib/model/constants.js';
import type { ProcessId } from '../../lib/model/ids.js';
import type { Founding } from '../../lib/model/records.js';
import { groupIdOf } from '../../lib/model/view.js';

interface Rest {
  readonly base?: Founding['base'];
  readonly borderInstances?: number;
}

/** The founding of these members, ascending. Default: without a backup, and with the border of this release. */
export function foundingOf(
  members: readonly ProcessId[],
  attempt = 0,
  { base = NO_BASE, borderInstances = constants.borderInstances }: Rest = {},
): Founding {
  return { group: groupIdOf(members, attempt, base, borderInstances), attempt, members, base, borderInstances };
}
