import type { HolderEvent } from '../events.js';
import { describeHead } from '../message-head.js';
import { type Line, type Place, warn } from './line.js';

/** What is told by the holder that the queue is bound to. */
export function holderLine({ position, head, count }: HolderEvent, { queue }: Place): Line {
  const all = count === 1 ? '' : `, and over ${count - 1} before it`;
  return warn(
    { queue, position, count },
    `the message at position ${position} is ${describeHead(head ?? undefined)} and no operation: every replica has passed over it${all}. Something else writes to the queue of a state machine: use a queue for each.`,
  );
}
