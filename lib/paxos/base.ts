import type { Checkpoint } from '../model/checkpoint.js';
import type { CursorState } from '../sequence/cursor.js';

/** A checkpoint, and how to go on from where it ends. */
export interface Base {
  readonly checkpoint: Checkpoint;
  readonly cursor: CursorState;
}
