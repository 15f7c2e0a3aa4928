import type { Ballot, BallotKind } from '../model/ballot.js';
import type { Instance, ProcessId } from '../model/ids.js';
import type { QueueStatus } from '../queue/status.js';

/** The status of a queue, with what only this engine knows: views, ballots and the log. */
export interface PaxosStatus extends QueueStatus {
  /** The latest view, whose members are a quorum's. */
  readonly view: { readonly number: number; readonly members: readonly MemberStatus[] };
  /** The processes that take part without a vote, as far as they are heard: the longest known first. */
  readonly observers: readonly ObserverStatus[];
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
  /** Of the batches in the log that are known to be decided. Deleted and unused bytes of the files do not count. */
  readonly logBytes: number;
}

export interface MemberStatus {
  readonly process: ProcessId;
  /**
   * How many milliseconds ago anything was last heard from it, to a hundredth of a second; 0 for this process, null where
   * nothing has been heard.
   */
  readonly heardMsAgo: number | null;
}

export interface ObserverStatus {
  readonly process: ProcessId;
  /** Where it is heard from: address and port; null where that is not known. */
  readonly address: string | null;
  /**
   * How many instances fewer than were known to be decided here its ledger held when it last said so: some half a second ago, and
   * up to 5 s ago where its messages are lost.
   */
  readonly lagInstances: number;
  /** Since when it has been known here as an observer: milliseconds since 1970 by the clock of this machine. */
  readonly sinceMs: number;
}
