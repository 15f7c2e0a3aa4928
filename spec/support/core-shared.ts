import { BatchPool } from '../../lib/consensus/batch-pool.js';
import { GroupClock } from '../../lib/consensus/group-clock.js';
import { InstanceLog } from '../../lib/consensus/instance-log.js';
import { KeyStates } from '../../lib/consensus/key-states.js';
import { Completion } from '../../lib/consensus/membership/completion.js';
import { Views } from '../../lib/consensus/membership/views.js';
import { Outbox } from '../../lib/consensus/outbox.js';
import { Refusals } from '../../lib/consensus/refusals.js';
import { RoundTrips } from '../../lib/consensus/round-trips.js';
import type { Shared } from '../../lib/consensus/shared.js';
import { constants } from '../../lib/model/constants.js';
import type { GroupId, Instance, ProcessId } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import type { ViewRecord } from '../../lib/model/view.js';

/** What the roles of one process have in common, where nothing is decided yet: a role can be looked at by itself. */
export function sharedOf(self: ProcessId, ...views: readonly ViewRecord[]): Shared {
  const outbox = new Outbox(self);
  const log = new InstanceLog(0 as Instance, [], defaults);
  const { borderInstances } = constants;
  const known = new Views({ views, group: 'abababababababab' as GroupId, borderInstances }, log);
  return {
    self,
    settings: defaults,
    views: known,
    keys: new KeyStates([], outbox),
    completion: new Completion(known, outbox),
    right: { isAdmitted: true },
    log,
    pool: new BatchPool(defaults),
    outbox,
    clock: new GroupClock(self, true, defaults),
    roundTrips: new RoundTrips(self, defaults),
    delivered: null,
    refusals: new Refusals(outbox, defaults),
    isSound: () => true,
    votesAPromise: 1,
  };
}
