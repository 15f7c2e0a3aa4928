import type { Instance, Position } from './ids.js';

/**
 * Names a checkpoint: everything that delivery has produced up to a place in the sequence, stored in chunks. Two
 * processes whose states are equal at the same place make checkpoints with the same digest.
 */
export interface Checkpoint {
  /** The first instance whose decision it does not hold. */
  readonly next: Instance;
  /** Number of messages delivered by then. */
  readonly position: Position;
  readonly chunks: number;
  /** Of all chunks together. */
  readonly bytes: number;
  /** The first 32 hexadecimal digits of the SHA-256 of all chunks in order, each after its length (u32, big endian). */
  readonly digest: string;
}

export function isSameCheckpoint(a: Checkpoint, b: Checkpoint): boolean {
  return (
    a.next === b.next &&
    a.position === b.position &&
    a.chunks === b.chunks &&
    a.bytes === b.bytes &&
    a.digest === b.digest
  );
}

/**
 * What a majority has found of the state that this process had at a place in the sequence, where all processes are to hold the
 * same: another one. Whatever checkpoint the process has made by then is of no use to anyone, and neither is its log without one.
 */
export interface Verdict {
  /** The first instance that the states compared did not hold. */
  readonly next: Instance;
  /** The digest of this process's checkpoint there. */
  readonly refuted: string;
  /** That of the majority's. */
  readonly upheld: string;
}
