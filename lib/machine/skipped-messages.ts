import type { Position } from '../model/ids.js';
import type { HolderContext } from '../queue/state-holder.js';

/** Tells of messages that a state machine skips: of the first, second, fourth, eighth and so on. */
export class SkippedMessages {
  #count = 0;
  #context: HolderContext | null = null;

  /** They are told by `context` from now on; before, and in a process that only saves the state, they are not told. */
  tellBy(context: HolderContext): void {
    this.#context = context;
  }

  /** Call for a message at `position` that begins with the byte `head` and is no operation. */
  skipped(position: number, head: number | undefined): void {
    this.#count += 1;
    if ((this.#count & (this.#count - 1)) !== 0) return;
    this.#context?.tell({
      kind: 'message-skipped',
      position: position as Position,
      head: head ?? null,
      count: this.#count,
    });
  }
}
