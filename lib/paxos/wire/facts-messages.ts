import type { Facts } from '../../model/facts.js';

/** The facts that processes tell each other about themselves. */
export interface FactsMessage {
  readonly kind: 'facts';
  /** Counts the publications of this start of the sender, from 1. */
  readonly edition: number;
  readonly facts: Facts;
}
