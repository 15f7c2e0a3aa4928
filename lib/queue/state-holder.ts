import type { Position, ProcessId } from '../model/ids.js';

/** The messages of one batch, as they come off the queue: the same at every process, in the same order. */
export interface DeliveredBatch {
  /** Position of the first message; the next one has the position after it. */
  readonly position: Position;
  /** The process that put the messages. */
  readonly origin: ProcessId;
  /** The origin's clock when it made the batch, in milliseconds since 1970. Clocks of origins differ and jump. */
  readonly proposedAtMs: number;
  /** Views of one buffer, which may be kept and must not be changed. */
  readonly messages: readonly Buffer[];
  /** Where this very incarnation of this process put the messages: their tickets, index by index. Otherwise null. */
  readonly tickets: readonly unknown[] | null;
}

/** What a queue is bound to: it hands every message over in order, each once, from the first one on. */
export interface StateHolder {
  /** Called for one batch after the other. Synchronous; must not throw: what it throws stops the queue. */
  deliver(batch: DeliveredBatch): void;

  /**
   * The queue has stopped, closed by its owner or by `cause`. `tickets` are those of the messages that were put here
   * and not delivered, and of the batch that `deliver` threw in: each of them may have been ordered or not. Called once.
   */
  stopped(tickets: readonly unknown[], cause: Error | null): void;
}
