import { describeHead } from '../queue/message-head.js';

/** Warns by `process.emitWarning` of messages that a state machine skips: of the first, second, fourth, eighth and so on. */
export class SkippedMessages {
  #count = 0;

  /** Call for a message at `position` that begins with the byte `head` and is no operation. */
  readonly skipped = (position: number, head: number | undefined): void => {
    this.#count += 1;
    if ((this.#count & (this.#count - 1)) !== 0) return;
    const all = this.#count === 1 ? '' : `, and over ${this.#count - 1} before it`;
    process.emitWarning(
      `The message at position ${position} is ${describeHead(head)} and no operation: every replica has passed over it${all}. Something else writes to the queue of a state machine: use a queue for each.`,
      'TreplicaWarning',
    );
  };
}
