import type { Checkpoint } from '../model/checkpoint.js';
import type { Position, ProcessId } from '../model/ids.js';
import type { HolderEvent } from './events.js';

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
  /** The tickets of the messages, index by index, if this start of this process put them. Otherwise null. */
  readonly tickets: readonly unknown[] | null;
}

/** What a queue gives the holder that it is bound to. */
export interface HolderContext {
  /**
   * Tells the listeners of the queue an event of the holder, before it returns; a listener may close the queue meanwhile. Tells
   * nothing once the queue has stopped. Does not throw.
   */
  tell(event: HolderEvent): void;
}

/**
 * The receiver that a queue is bound to: the queue hands it every message in order, each once, from the first one on or from
 * the position of a restored state.
 */
export interface StateHolder {
  /**
   * Absent if no state can be saved: then this process keeps its log for ever. It stops if it needs a part of the log that all
   * others have cut.
   */
  readonly keeper?: StateKeeper;

  /**
   * Whether a message with this ticket belongs on the queue. Absent if every message does. A message that the holder itself did
   * not put, for example one of `queue.put`, has a ticket that the holder does not know.
   */
  accepts?(ticket: unknown): boolean;

  /**
   * Called once, when the queue is bound, before the holder is given anything. Absent if the holder tells no events. Synchronous;
   * must not throw: with an error, the queue is not bound.
   */
  bound?(context: HolderContext): void;

  /** Called for one batch after the other. Synchronous; must not throw: an error stops the queue. */
  deliver(batch: DeliveredBatch): void;

  /**
   * The queue has stopped, closed by its owner or by `cause`. `tickets` are those of the messages that were put here
   * and not delivered, and of the batch that `deliver` threw in: each of them may have been ordered or not. Called once.
   */
  stopped(tickets: readonly unknown[], cause: Error | null): void;
  /** The decided time of the latest batch that it was given, in milliseconds since 1970; absent if it keeps none. */
  readonly decidedTimeMs?: number | undefined;
}

/** A state holder that may push back. */
export interface Consumer extends StateHolder {
  /** If false after the delivery of one instance, nothing more is delivered until `resume` is called. */
  readonly isReady?: boolean;
}

/** Saves and restores the state of a state holder. */
export interface StateKeeper {
  /**
   * The present state, in pieces of about 64 KiB at most, each made in little time; nothing is delivered before the last piece
   * has been taken, or the iteration ends early. Equal states give equal pieces.
   * @throws the reason why the state cannot be saved: then the log is kept
   */
  save(): IterableIterator<Uint8Array>;
  /**
   * Absent if `save` is the only way. Has another process make the checkpoint from the latest one and the log, so that delivery
   * continues here meanwhile. Calls `progressed` with the current step at each progress. Rejects if that fails or is cancelled.
   */
  readonly saveElsewhere?:
    ((task: SavingTask, signal: AbortSignal, progressed: (step: string) => void) => Promise<Checkpoint>) | undefined;
  /** Takes pieces in the order in which they were saved. `position`: of the first message that the state does not include. */
  restore(position: Position): StateSink;
  /**
   * The messages of these tickets, which were put here, will not be delivered here, because the restored state is beyond them:
   * they have been delivered elsewhere, or never will be.
   */
  skipped(tickets: readonly unknown[]): void;
}

/**
 * The data that another process of this machine needs to make a checkpoint of a queue: the engine makes them, and the engine's
 * own module reads them there. A keeper only passes them on.
 */
export interface SavingTask {
  /** The file: URL of the engine's module, whose export `save` is a `SaveElsewhere`: to be imported in the other process. */
  readonly engine: string;
  /** Only the engine reads it: pass it to `save` unchanged. The structured clone algorithm can copy it. */
  readonly content: unknown;
}

/** A holder whose state can be saved. */
type SavableHolder = StateHolder & { readonly keeper: StateKeeper };

/**
 * Makes the checkpoint that a task asks for, in a separate process. `holder` is that process's own, in the initial state; calls
 * `progressed` with the current step at each progress.
 * @throws TreplicaError LEDGER_DAMAGED if the stored data are not enough; and the errors of the holder.
 */
export type SaveElsewhere = (
  content: unknown,
  holder: SavableHolder,
  progressed: (step: string) => void,
) => Promise<Checkpoint>;

export interface StateSink {
  /** Takes little time. @throws TreplicaError if this process cannot read the state */
  push(piece: Uint8Array): void;
  /** From now on the holder has the restored state; until then it has the former one. */
  finish(): void;
}
