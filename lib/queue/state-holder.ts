import type { Checkpoint } from '../model/checkpoint.js';
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

/**
 * What a queue is bound to: it hands every message over in order, each once, from the first one on or from where a
 * restored state stands.
 */
export interface StateHolder {
  /** Absent where nothing can be saved: the log is then kept for ever, and a process that has fallen behind its cut end stops. */
  readonly keeper?: StateKeeper;

  /**
   * Whether a message that is put with this ticket belongs on the queue; absent where everything does. What is put in other
   * ways than by the holder, by `queue.put`, say, has a ticket that the holder does not know.
   */
  accepts?(ticket: unknown): boolean;

  /** Called for one batch after the other. Synchronous; must not throw: what it throws stops the queue. */
  deliver(batch: DeliveredBatch): void;

  /**
   * The queue has stopped, closed by its owner or by `cause`. `tickets` are those of the messages that were put here
   * and not delivered, and of the batch that `deliver` threw in: each of them may have been ordered or not. Called once.
   */
  stopped(tickets: readonly unknown[], cause: Error | null): void;
  /** The decided time of what it has been given last, in milliseconds since 1970; absent where it keeps none. */
  readonly decidedTimeMs?: number | undefined;
}

/** A state holder that may push back. */
export interface Consumer extends StateHolder {
  /** When false after what one instance delivers, no more comes until `resume` is called. */
  readonly ready?: boolean;
}

/** How to save what a state holder holds, and to give it back. */
export interface StateKeeper {
  /**
   * The state as it is now, in pieces of some 64 KiB at most, each made in little time; nothing is delivered before the
   * last one has been taken, or none is wanted any more. Equal states give equal pieces.
   * @throws what makes the state impossible to save: the log is then kept
   */
  save(): IterableIterator<Uint8Array>;
  /**
   * Absent where `save` is the only way. Has another process make the checkpoint out of the latest one and the log, so that
   * delivery goes on here meanwhile. `progressed` is called with what it is doing whenever it has got further. Rejects where
   * that fails, or when it is called off.
   */
  readonly saveElsewhere?:
    ((task: SavingTask, signal: AbortSignal, progressed: (step: string) => void) => Promise<Checkpoint>) | undefined;
  /** Takes pieces in the order in which they were saved. */
  restore(): StateSink;
  /**
   * The messages of these tickets, which were put here, are behind the state that has been restored: they have been
   * delivered elsewhere, or never will be.
   */
  skipped(tickets: readonly unknown[]): void;
}

/**
 * What another process of this machine needs in order to make a checkpoint of a queue: the engine makes it, and the engine's
 * own module understands it there. A keeper only hands it over.
 */
export interface SavingTask {
  /** The file: URL of the engine's module, whose export `save` is a `SaveElsewhere`: to be imported in the other process. */
  readonly engine: string;
  /** The engine's own affair: to be handed to `save` as it is. It can be sent by the structured clone algorithm. */
  readonly content: unknown;
}

/** A holder whose state can be saved. */
type SavableHolder = StateHolder & { readonly keeper: StateKeeper };

/**
 * Makes the checkpoint that a task asks for, in a process of its own. `holder` is one of its own, in the state that every
 * process begins with; `progressed` is called with what is being done whenever that has got further.
 * @throws TreplicaError LEDGER_DAMAGED where it cannot be made of what is stored; and what the holder throws.
 */
export type SaveElsewhere = (
  content: unknown,
  holder: SavableHolder,
  progressed: (step: string) => void,
) => Promise<Checkpoint>;

export interface StateSink {
  /** Works for little time. @throws TreplicaError where this process cannot read the state */
  push(piece: Uint8Array): void;
  /** From now on the holder holds what was restored; until then what it held before. */
  finish(): void;
}
