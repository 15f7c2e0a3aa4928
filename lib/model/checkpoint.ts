import type { Instance, Position } from './ids.js';

/**
 * Names a checkpoint: everything that delivery has produced up to a place in the sequence, stored in chunks. Two
 * processes whose states are equal at the same place make checkpoints with the same digest.
 */
export interface Checkpoint {
  /** The first instance whose decision it does not include. */
  readonly next: Instance;
  /** Number of messages delivered by then. */
  readonly position: Position;
  readonly chunks: number;
  /** The size of all chunks together. */
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
 * The finding that a majority had another state than this process at a place in the sequence where all states must be equal.
 * Every checkpoint that the process made before it is useless, and so is its log without a checkpoint.
 */
export interface Verdict {
  /** The first instance that the compared states did not include. */
  readonly next: Instance;
  /** The digest of this process's checkpoint there. */
  readonly refuted: string;
  /** The digest of the majority's checkpoint there. */
  readonly upheld: string;
}
