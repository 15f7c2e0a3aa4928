import type { Facts } from '../../model/facts.js';

/** What participants tell each other of themselves. */
export interface FactsMessage {
  readonly kind: 'facts';
  /** Counts what this start of the sender has published, from 1. */
  readonly edition: number;
  readonly facts: Facts;
}
