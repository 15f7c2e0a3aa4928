/**
 * Where the chunks of checkpoints are kept, beside the records: a checkpoint may be as large as the memory of a process, is
 * written while votes are, and is read in order. Which checkpoint is the one to start from, the record says.
 */
import type { Checkpoint } from '../model/checkpoint.js';
import type { Instance, Position } from '../model/ids.js';

/** The place of a checkpoint that is being made. */
export type CheckpointPlace = Pick<Checkpoint, 'next' | 'position'>;

export interface CheckpointStore {
  /** Begins to write a checkpoint of this process's own. What an earlier attempt at the same place left is gone. */
  create(place: CheckpointPlace): CheckpointWriter;

  /**
   * Goes on receiving a checkpoint that another process has, or begins to: `received` says how many of its chunks are here
   * already, from this start or an earlier one. All of them are checked.
   */
  receive(checkpoint: Checkpoint): Promise<CheckpointReceiver>;

  /**
   * Reads a checkpoint that is complete.
   * @throws TreplicaError LEDGER_DAMAGED where it is not there or cut short; as `CheckpointReader.chunk` does
   */
  open(checkpoint: Checkpoint): Promise<CheckpointReader>;

  /** Removes what has been left of checkpoints that were being made here, by writers that are gone. */
  removeUnfinished(): Promise<void>;

  /** Removes every checkpoint, complete or not, but these. One that is open can be read to its end all the same. */
  keepOnly(checkpoints: readonly Checkpoint[]): Promise<void>;
}

export interface CheckpointWriter {
  /**
   * Resolves when further chunks are welcome: at most a few are on their way at a time. The chunk must not change afterwards.
   * Rejects with LEDGER_FAILED or DISK_FULL, and so does everything after that but `abandon`; the ledger itself goes on.
   */
  append(chunk: Uint8Array): Promise<void>;
  /** Resolves when all of it is durable under its name. Rejects with LEDGER_FAILED or DISK_FULL: `abandon` it then. */
  finish(): Promise<Checkpoint>;
  /** Leaves nothing behind. Idempotent, and harmless after `finish`. */
  abandon(): Promise<void>;
}

export interface CheckpointReceiver {
  /** How many chunks are here: the next one to be appended is chunk number `received`. */
  readonly received: number;
  /** As `CheckpointWriter.append`. */
  append(chunk: Uint8Array): Promise<void>;
  /**
   * Resolves when all chunks are durable and their digest is that of the checkpoint.
   * @throws TreplicaError LEDGER_DAMAGED where they are not what was announced: nothing of it is kept then
   */
  finish(): Promise<void>;
  /** Keeps what has been received, so that it can be gone on with, and releases it. Also after a failure. */
  pause(): Promise<void>;
}

export interface CheckpointReader {
  /** @throws TreplicaError LEDGER_DAMAGED, naming the checkpoint and the chunk */
  chunk(index: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** For messages. */
export function nameOfCheckpoint({ next, position }: { readonly next: Instance; readonly position: Position }): string {
  return `checkpoint at instance ${next}, position ${position},`;
}
