/** What passes between the core and the batches and deliveries of this process, from turn to turn. */
import type { Consensus } from '../consensus/consensus.js';
import type { Instance } from '../model/ids.js';
import type { Batcher } from './batcher.js';
import type { Delivery } from './delivery.js';

/** Makes batches of the pending messages, as far as the limits of flight allow. */
export function proposePending(core: Consensus, batcher: Batcher): void {
  while (core.hasRoom) {
    const batch = batcher.nextBatch();
    if (batch === null) return;
    core.step({ kind: 'proposal', batch });
  }
}

/**
 * The series of this process was forgotten, because so many others have proposed since: another series replaces it. The batches
 * in flight here have not been delivered and never will be under their old ids.
 */
export function renewForgotten(core: Consensus, batcher: Batcher, delivery: Delivery): void {
  if (!delivery.front.isForgotten(batcher.series)) return;
  core.step({ kind: 'renewal', batches: batcher.renew(core.watermark) });
}

/** The core knows the delivery table as soon as delivery has gone through the log that existed at the start: all below `readable`. */
export function tellDelivered(core: Consensus, delivery: Delivery, readable: Instance): void {
  if (core.knowsDelivered || delivery.front.next !== readable) return;
  const { next, delivered } = delivery.front.state;
  core.step({ kind: 'delivered', next, delivered });
}
