import type { Batch, BatchId } from '../model/batch.js';
import type { ProcessId } from '../model/ids.js';
import type { BatchPool } from './batch-pool.js';
import type { DeliveryTable } from './delivery-table.js';
import type { InstanceLog, Slot } from './instance-log.js';
import type { Outbox } from './outbox.js';
import type { Views } from './views.js';

/** What the roles of one process have in common. */
export interface Shared {
  readonly self: ProcessId;
  readonly views: Views;
  readonly log: InstanceLog;
  readonly pool: BatchPool;
  readonly outbox: Outbox;
  /** Batches already decided since this process started: an economy, not a rule. Who delivers filters by a table of its own. */
  readonly delivered: DeliveryTable;
}

/**
 * The batch to vote for or to store under `id` at the slot's instance, if it is here. One that was decided at an earlier
 * instance is stored without its body, for every replica skips it as a duplicate. Such a stand-in is good at this
 * instance only: it must never reach the pool, from where it could be taken for the batch itself.
 */
export function batchOf(shared: Shared, slot: Slot, id: BatchId): Batch | undefined {
  if (slot.vote?.batch.id === id) return slot.vote.batch;
  if (slot.learnt?.id === id) return slot.learnt;
  return shared.pool.get(id) ?? (shared.delivered.has(id) ? standInFor(id) : undefined);
}

/** What is stored of a batch at an instance where it is known to repeat an earlier one. */
export function standInFor(id: BatchId): Batch {
  return { id, body: NOTHING };
}

const NOTHING = new Uint8Array(0);

export function amMember(shared: Shared): boolean {
  return shared.views.isMember(shared.self, shared.log.first);
}
