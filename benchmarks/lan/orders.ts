import type { GroupSetup } from '../group.js';
import type { Questions } from '../replica.js';

/** An order of a driver to a node, on whose machine a replica runs; as `Replica` has it. */
export type Order =
  | { readonly kind: 'start'; readonly name: string; readonly setup: GroupSetup }
  | {
      readonly kind: 'ask';
      readonly question: keyof Questions;
      readonly ask: Questions[keyof Questions]['ask'];
    }
  | { readonly kind: 'close' }
  | { readonly kind: 'kill' };

export interface NumberedOrder {
  readonly id: number;
  readonly order: Order;
}

export type Reply =
  | { readonly kind: 'done'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly why: string }
  /** To a driver that the node does not serve. */
  | { readonly kind: 'refused'; readonly why: string };
