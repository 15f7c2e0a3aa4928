import type { Instance } from '../../model/ids.js';

/** A process of the group without a vote makes itself known. */
export interface ObserverMessage {
  readonly kind: 'observing';
  /** Its ledger holds everything below this instance, as entries or in a checkpoint. */
  readonly durable: Instance;
}
