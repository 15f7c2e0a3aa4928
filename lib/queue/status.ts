import type { Ballot, BallotKind } from '../model/ballot.js';
import type { Checkpoint } from '../model/checkpoint.js';
import type { Instance, Position, ProcessId } from '../model/ids.js';

/** Where a queue is at one moment: for health checks, metrics and consoles. Costs no disk and no network. */
export interface QueueStatus {
  /** An observer is a process without a vote. */
  readonly role: 'member' | 'observer';
  /** The latest view, whose members are a quorum's. */
  readonly view: { readonly number: number; readonly members: readonly MemberStatus[] };
  /**
   * Whether a coordinator has been heard within the last second, or is this process: a coordinator that no majority answers
   * resigns. Without one, operations and reads wait.
   */
  readonly hasQuorum: boolean;
  /** The ballot in which order is made; its `coordinator` is the process that coordinates. Null while `hasQuorum` is false. */
  readonly reign: Ballot | null;
  /** The kind of `reign`. */
  readonly mode: BallotKind | null;
  /** The first instance that this process does not know to be decided. */
  readonly watermark: Instance;
  /** The same, as the ledger knows it on stable storage. */
  readonly durableWatermark: Instance;
  /** How many messages have been handed to what the queue is bound to; where that is nothing, how many have their positions. */
  readonly position: Position;
  /**
   * How many instances this process knows to be decided, here or elsewhere, that have not been handed to what the queue is bound
   * to; where that is nothing, that are not known to be decided here.
   */
  readonly lagInstances: number;
  /** The messages that were put here and have not been delivered. */
  readonly pending: { readonly messages: number; readonly bytes: number };
  /** Of the batches in the log that are known to be decided. Deleted and unused bytes of the files do not count. */
  readonly logBytes: number;
  /** The checkpoint that a start would begin from, with its size in bytes; null while there is none. */
  readonly checkpoint: Checkpoint | null;
  /** Null while the queue works; then why it has stopped: `cause` is null where its owner has closed it. */
  readonly stopped: { readonly cause: Error | null } | null;
}

export interface MemberStatus {
  readonly process: ProcessId;
  /**
   * How many milliseconds ago anything was last heard from it, to a hundredth of a second; 0 for this process, null where
   * nothing has been heard.
   */
  readonly heardMsAgo: number | null;
}
