import type { Ballot } from './ballot.js';
import type { GroupBase } from './base.js';
import type { Batch } from './batch.js';
import type { Checkpoint, Verdict } from './checkpoint.js';
import type { GroupId, Instance, ProcessId } from './ids.js';
import type { KeyRecord } from './keys.js';
import type { StartsRecord } from './start.js';
import type { ViewRecord } from './view.js';

/** A vote: the batch an acceptor has voted for at one instance, and the ballot it did so in. */
export interface Vote {
  readonly ballot: Ballot;
  readonly batch: Batch;
}

/**
 * The log's entry at one instance. Below the watermark `vote.batch` is the batch decided there, whichever processes voted for
 * it; from the watermark on it is this process's own vote. `promised` is a promise for this instance alone, made when a
 * collision is recovered; NO_BALLOT where there is none.
 */
export interface LogEntry {
  readonly instance: Instance;
  readonly promised: Ballot;
  readonly vote: Vote | null;
}

/** A proposal for the first view: exactly these members, which begin from `base`. */
export interface Founding {
  readonly group: GroupId;
  /** Tells apart two foundings of the same members. */
  readonly attempt: number;
  readonly members: readonly ProcessId[];
  readonly base: GroupBase;
  /** α of the group, for good: a view that is decided at instance i governs from i + α on. */
  readonly borderInstances: number;
}

/**
 * The part that this process has taken in founding a group. It holds at most one signature at a time; a founding that
 * it has refused it never signs later, so that a refusal proves that founding dead.
 */
export interface FoundingRecord {
  readonly signed: Founding | null;
  /** The founding of the group that this process has joined without having signed it. */
  readonly joined: Founding | null;
  readonly refused: readonly GroupId[];
  /** The foundings of which a signer has withdrawn, as far as this process has heard. */
  readonly withdrawals: readonly Withdrawal[];
}

/** A founding that signers have given up for good: they will never hold it. */
export interface Withdrawal {
  readonly founding: Founding;
  /** Ascending; at least one. */
  readonly by: readonly ProcessId[];
}

export const NO_FOUNDING: FoundingRecord = { signed: null, joined: null, refused: [], withdrawals: [] };

/** One thing to be made durable. Everything handed over in one commit becomes durable together or not at all. */
export type LedgerRecord =
  | { readonly kind: 'identity'; readonly process: ProcessId; readonly incarnation: number; readonly founds: boolean }
  | { readonly kind: 'promise'; readonly ballot: Ballot }
  | { readonly kind: 'entry'; readonly entry: LogEntry }
  | { readonly kind: 'watermark'; readonly watermark: Instance }
  | { readonly kind: 'founding'; readonly founding: FoundingRecord }
  /** A view of the group, with the α that the group was founded with. */
  | {
      readonly kind: 'view';
      readonly group: GroupId;
      readonly borderInstances: number;
      readonly record: ViewRecord;
    }
  /**
   * The checkpoint to start from, whose chunks are durable. Where it goes beyond the watermark, the watermark is set to
   * its `next` in the same commit, and the log below that is gone: this process never had it.
   */
  | { readonly kind: 'checkpoint'; readonly checkpoint: Checkpoint }
  /**
   * The log below the checkpoint is needed no longer, but for about the last `keepBytes` bytes of what is decided, for
   * others that lag a little. Only whole segments go.
   */
  | { readonly kind: 'truncation'; readonly keepBytes: number }
  /** The decision at an instance below the watermark, learnt again because the log's own entry is damaged. */
  | { readonly kind: 'repair'; readonly entry: LogEntry }
  /** The state here has been refuted; null where another process's checkpoint has taken its place. */
  | { readonly kind: 'verdict'; readonly verdict: Verdict | null }
  /** The log below `base.from` comes from a backup: only processes that began from the same one may be in the group. */
  | { readonly kind: 'base'; readonly base: GroupBase }
  | { readonly kind: 'starts'; readonly starts: StartsRecord }
  /** What has been decided of the group's keys. */
  | { readonly kind: 'keys'; readonly record: KeyRecord }
  /**
   * The group that the ledger knows was never able to decide anything and never will be: its views, the promise, the
   * votes and the process's id go, in the same commit. The base, with which the group was to begin, stays, and so does
   * the founding.
   */
  | { readonly kind: 'dissolution' };

/** The permanent id of a process, and how often it has been started. */
export interface Identity {
  readonly process: ProcessId;
  readonly incarnation: number;
  /** False where an earlier ledger of this process was lost: it may only join a group that exists. */
  readonly founds: boolean;
}

/** The durable data that a process needs at its start. */
export interface LedgerSnapshot {
  /** Null in a ledger that has never been used. */
  readonly identity: Identity | null;
  readonly promise: Ballot;
  /** First instance not known to be decided. */
  readonly watermark: Instance;
  readonly founding: FoundingRecord;
  /** Null until the group has been founded. */
  readonly group: GroupId | null;
  /** α of the group; null until it has been founded. */
  readonly borderInstances: number | null;
  /** Ascending by `from`. */
  readonly views: readonly ViewRecord[];
  /** Entries at instances not below the watermark, ascending. */
  readonly entries: readonly LogEntry[];
  /** The first instance that the log holds or will hold: below it there is a checkpoint only. */
  readonly start: Instance;
  readonly checkpoint: Checkpoint | null;
  /** The verdict if the checkpoint, and the state executed after it, must not be used; otherwise null. */
  readonly verdict: Verdict | null;
  /** The beginning of the process's group; `NO_BASE` if the ledger was not restored from a backup. */
  readonly base: GroupBase;
  readonly starts: StartsRecord;
  /** Ascending. */
  readonly keys: readonly KeyRecord[];
}
