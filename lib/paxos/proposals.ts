/** What has been put here becomes proposals. */
import type { Consensus } from '../consensus/consensus.js';
import type { Batcher } from './batcher.js';
import type { Delivery } from './delivery.js';

/** Whatever has been put becomes batches, as far as the limits of flight allow. */
export function proposePending(core: Consensus, batcher: Batcher): void {
  while (core.hasRoom) {
    const batch = batcher.nextBatch();
    if (batch === null) return;
    core.step({ kind: 'proposal', batch });
  }
}

/**
 * What this process numbers its batches in was forgotten, as so many others have proposed since: another series takes its
 * place. What is in flight here has not been delivered and never will be under its old ids.
 */
export function renewForgotten(core: Consensus, batcher: Batcher, delivery: Delivery): void {
  if (!delivery.front.isForgotten(batcher.series)) return;
  core.step({ kind: 'renewal', batches: batcher.renew(core.watermark) });
}
