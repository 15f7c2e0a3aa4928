import type { Ballot } from './ballot.js';
import type { Batch } from './batch.js';
import type { GroupId, Instance, ProcessId } from './ids.js';
import type { ViewRecord } from './view.js';

/** A vote: the batch an acceptor has voted for at one instance, and the ballot it did so in. */
export interface Vote {
  readonly ballot: Ballot;
  readonly batch: Batch;
}

/**
 * What the log holds at one instance. Below the watermark `vote.batch` is the batch decided there, whoever voted for
 * it; from the watermark on it is this process's own vote. `promised` is a promise for this instance alone, made when
 * a collision is recovered; NO_BALLOT where there is none.
 */
export interface LogEntry {
  readonly instance: Instance;
  readonly promised: Ballot;
  readonly vote: Vote | null;
}

/** A proposal for the first view: exactly these members. `attempt` tells apart two foundings of the same members. */
export interface Founding {
  readonly group: GroupId;
  readonly attempt: number;
  readonly members: readonly ProcessId[];
}

/**
 * The part that this process has taken in founding a group. It holds at most one signature at a time; a founding that
 * it has refused it never signs later, so that a refusal proves that founding dead.
 */
export interface FoundingRecord {
  readonly signed: Founding | null;
  readonly refused: readonly GroupId[];
}

/** One thing to be made durable. Everything handed over in one commit becomes durable together or not at all. */
export type LedgerRecord =
  | { readonly kind: 'identity'; readonly process: ProcessId; readonly incarnation: number }
  | { readonly kind: 'promise'; readonly ballot: Ballot }
  | { readonly kind: 'entry'; readonly entry: LogEntry }
  | { readonly kind: 'watermark'; readonly watermark: Instance }
  | { readonly kind: 'founding'; readonly founding: FoundingRecord }
  | { readonly kind: 'view'; readonly group: GroupId; readonly record: ViewRecord };

/** What a process needs to know of its own past when it starts. */
export interface LedgerSnapshot {
  /** Null in a ledger that has never been used. */
  readonly identity: { readonly process: ProcessId; readonly incarnation: number } | null;
  readonly promise: Ballot;
  /** First instance not known to be decided. */
  readonly watermark: Instance;
  readonly founding: FoundingRecord;
  /** Null until the group has been founded. */
  readonly group: GroupId | null;
  /** Ascending by `from`. */
  readonly views: readonly ViewRecord[];
  /** Entries at instances not below the watermark, ascending. */
  readonly entries: readonly LogEntry[];
}
