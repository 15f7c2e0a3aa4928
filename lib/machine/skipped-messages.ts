import { describeHead } from '../queue/message-head.js';

/** Warns, as Node warns of things, of messages that a state machine passes over: of the first, second, fourth, eighth and so on. */
export class SkippedMessages {
  #count = 0;

  /** The message at `position`, which begins with the byte `head`, is no operation. */
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
