/**
 * Messages between processes below consensus: if the log of one no longer has the entries that another lacks, the other gets a
 * checkpoint, in chunks.
 */
import type { Checkpoint } from '../../model/checkpoint.js';
import type { Instance } from '../../model/ids.js';

export type RepairMessage =
  /** Asks for a checkpoint that ends beyond an instance; a process that has none makes one. */
  | { readonly kind: 'want-checkpoint'; readonly beyond: Instance }
  /** The sender has this checkpoint: it includes the decision at `beyond`, which the sender was asked for. */
  | { readonly kind: 'offer'; readonly beyond: Instance; readonly checkpoint: Checkpoint }
  /** Asks for one chunk of the checkpoint with this digest. */
  | { readonly kind: 'want-chunk'; readonly digest: string; readonly index: number }
  | { readonly kind: 'chunk'; readonly digest: string; readonly index: number; readonly bytes: Buffer }
  /** The sender does not have the checkpoint, or not any more. */
  | { readonly kind: 'no-chunk'; readonly digest: string }
  /** The sender has made a checkpoint at a place where every process would make the same. */
  | { readonly kind: 'checkpointed'; readonly next: Instance; readonly digest: string };

/** The message of one kind. */
export type RepairMessageOf<K extends RepairMessage['kind']> = Extract<RepairMessage, { readonly kind: K }>;
