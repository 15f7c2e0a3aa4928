/**
 * Keeps the chunks of checkpoints, beside the records. A checkpoint may be as large as the memory of a process, is written
 * while votes are written, and is read in order. A record of the ledger says which checkpoint a process starts from.
 */
import type { Checkpoint } from '../model/checkpoint.js';
import type { Instance, Position } from '../model/ids.js';

/** The place of a checkpoint that is being made. */
export type CheckpointPlace = Pick<Checkpoint, 'next' | 'position'>;

export interface CheckpointStore {
  /** Begins to write a checkpoint of this process's own. It removes what an earlier attempt at the same place left. */
  create(place: CheckpointPlace): CheckpointWriter;

  /**
   * Begins to receive a checkpoint that another process has, or continues: `received` tells how many of its chunks are here
   * already, from this run of the process or an earlier one. All of them have been checked.
   */
  receive(checkpoint: Checkpoint): Promise<CheckpointReceiver>;

  /**
   * Reads a checkpoint that is complete.
   * @throws TreplicaError LEDGER_DAMAGED where it is not there or cut short; as `CheckpointReader.chunk` does
   */
  open(checkpoint: Checkpoint): Promise<CheckpointReader>;

  /** Removes the unfinished checkpoints of this process's own, whose writers have ended. */
  removeUnfinished(): Promise<void>;

  /** Removes every checkpoint except these, complete or not. A checkpoint that is open can still be read to its end. */
  keepOnly(checkpoints: readonly Checkpoint[]): Promise<void>;
}

export interface CheckpointWriter {
  /**
   * Resolves when the writer takes further chunks: at most a few are being written at a time. The chunk must not change
   * afterwards. Rejects with LEDGER_FAILED or DISK_FULL; then every further call but `abandon` rejects too. The ledger
   * itself goes on.
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
  /**
   * Keeps what has been received, so that a later `receive` continues there, and releases the file. Also after a failure.
   */
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
