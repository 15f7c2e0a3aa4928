import type { Checkpoint } from '../model/checkpoint.js';
import type { Position } from '../model/ids.js';

/**
 * Where a queue is at one moment, with any engine behind it: for health checks, metrics and consoles. Costs no disk and no
 * network. Engines say more in a status of their own.
 */
export interface QueueStatus {
  /** An observer is a process without a vote. */
  readonly role: 'member' | 'observer';
  /** Whether the group can order messages, as far as this process has heard. Otherwise operations and reads wait. */
  readonly hasQuorum: boolean;
  /** How many messages have been handed to what the queue is bound to; where that is nothing, how many have their positions. */
  readonly position: Position;
  /**
   * How many instances this process knows to be decided, here or elsewhere, that have not been handed to what the queue is bound
   * to; where that is nothing, that are not known to be decided here.
   */
  readonly lagInstances: number;
  /** The messages that were put here and have not been delivered. */
  readonly pending: { readonly messages: number; readonly bytes: number };
  /** The checkpoint that a start would begin from, with its size in bytes; null while there is none. */
  readonly checkpoint: Checkpoint | null;
  /** Null while the queue works; then why it has stopped: `cause` is null where its owner has closed it. */
  readonly stopped: { readonly cause: Error | null } | null;
}
