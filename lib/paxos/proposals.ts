/** Makes proposals of the messages that were put here. */
import type { Consensus } from '../consensus/consensus.js';
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
