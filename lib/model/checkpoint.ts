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
