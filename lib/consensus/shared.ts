import type { Batch, BatchId } from '../model/batch.js';
import type { ProcessId } from '../model/ids.js';
import type { Settings } from '../model/settings.js';
import type { DeliveryTable } from '../sequence/delivery-table.js';
import type { BatchPool } from './batch-pool.js';
import type { GroupClock } from './group-clock.js';
import type { InstanceLog, Slot } from './instance-log.js';
import type { KeyStates } from './key-states.js';
import type { Completion } from './membership/completion.js';
import type { Views } from './membership/views.js';
import type { Outbox } from './outbox.js';
import type { Refusals } from './refusals.js';
import type { RoundTrips } from './round-trips.js';

/** Whether this start of the process may promise and vote: no promise or vote of an earlier start is lost. */
interface VotingRight {
  isAdmitted: boolean;
}

/** The data that the roles of one process share. */
export interface Shared {
  readonly self: ProcessId;
  readonly settings: Settings;
  readonly views: Views;
  readonly keys: KeyStates;
  readonly completion: Completion;
  readonly right: VotingRight;
  readonly log: InstanceLog;
  readonly pool: BatchPool;
  readonly outbox: Outbox;
  readonly clock: GroupClock;
  readonly roundTrips: RoundTrips;
  /**
   * The table of what the sequence delivers, up to the watermark; null until it is known, because a restarted process knows the
   * table only once it has gone through its log. It begins empty only at the beginning of the sequence.
   */
  delivered: DeliveryTable | null;
  readonly refusals: Refusals;
  /** Whether a proposer can have made a batch. */
  readonly isSound: (batch: Batch) => boolean;
  /** The most votes that one message of phase 1 may report, so that it fits a datagram. */
  readonly votesAPromise: number;
}

/** The batch to vote for or to store under `id` at the slot's instance, if it is here. */
export function batchOf(shared: Shared, slot: Slot, id: BatchId): Batch | undefined {
  if (slot.vote?.batch.id === id) return slot.vote.batch;
  if (slot.learnt?.id === id) return slot.learnt;
  return shared.pool.get(id);
}

/** Whether this process may act as a member now. */
export function amMember(shared: Shared): boolean {
  return shared.right.isAdmitted && shared.views.isMember(shared.self);
}
