import type { Consensus } from '../consensus/consensus.js';
import type { Ledger } from '../ledger/ledger.js';
import { kindOf } from '../model/ballot.js';
import { constants } from '../model/constants.js';
import type { ProcessId } from '../model/ids.js';
import type { QueueStatus } from '../queue/status.js';
import type { Transport } from '../transport/transport.js';
import type { Attendance } from './attendance.js';
import type { Batcher } from './batcher.js';
import type { Delivery } from './delivery.js';
import type { Observers } from './observers.js';
import type { MemberStatus, PaxosStatus } from './paxos-status.js';
import type { Recovery } from './recovery/recovery.js';

/** The sources of a status. */
export interface StatusSources {
  readonly self: ProcessId;
  readonly core: Pick<Consensus, 'views' | 'watermark' | 'durableWatermark' | 'knownWatermark' | 'followed'>;
  readonly ledger: Pick<Ledger, 'logBytes'>;
  readonly transport: Pick<Transport, 'ticksSinceHeard'>;
  readonly batcher: Pick<Batcher, 'undelivered'>;
  readonly delivery: Pick<Delivery, 'handedOver' | 'front'>;
  readonly attendance: Pick<Attendance, 'hasQuorum'>;
  readonly recovery: Pick<Recovery, 'checkpointed'>;
  readonly driver: { readonly peers: { readonly observers: Pick<Observers, 'list'> } };
}

/** The group has been founded: a queue is given to nobody before. Everything comes from memory. */
export function statusOf(sources: StatusSources, stopped: QueueStatus['stopped']): PaxosStatus {
  const { self, core, ledger, batcher, delivery, attendance, recovery } = sources;
  const view = core.views.latest;
  const hasQuorum = stopped === null && attendance.hasQuorum;
  const reign = hasQuorum ? core.followed : null;
  return {
    role: view.has(self) ? 'member' : 'observer',
    view: { number: view.number, members: view.members.map((process) => memberOf(process, sources)) },
    observers: sources.driver.peers.observers.list(),
    hasQuorum,
    reign,
    mode: reign === null ? null : kindOf(reign),
    watermark: core.watermark,
    durableWatermark: core.durableWatermark,
    position: (delivery.handedOver ?? delivery.front).position,
    lagInstances: lagOf(sources),
    pending: batcher.undelivered,
    logBytes: ledger.logBytes,
    checkpoint: recovery.checkpointed,
    stopped,
  };
}

/** As `QueueStatus.lagInstances`. */
function lagOf({ core, delivery }: Pick<StatusSources, 'delivery'> & LagCore): number {
  const decided = Math.max(core.watermark, core.knownWatermark);
  return decided - (delivery.handedOver?.next ?? core.watermark);
}

interface LagCore {
  readonly core: Pick<Consensus, 'watermark' | 'knownWatermark'>;
}

function memberOf(process: ProcessId, { self, transport }: StatusSources): MemberStatus {
  if (process === self) return { process, heardMsAgo: 0 };
  const ticks = transport.ticksSinceHeard(process);
  return { process, heardMsAgo: Number.isFinite(ticks) ? ticks * constants.tickMs : null };
}
