import type { Ballot } from '../model/ballot.js';
import type { Batch, BatchId } from '../model/batch.js';
import type { GroupId, Instance, ProcessId } from '../model/ids.js';
import type { Founding, Withdrawal } from '../model/records.js';
import type { View } from '../model/view.js';

/** One batch at one instance: `accept` asks for a vote for it, `accepted` tells one. */
export interface Item {
  readonly instance: Instance;
  readonly id: BatchId;
}

/** An acceptor's last vote at an instance, as a promise reports it: the id suffices, bodies are fetched. */
export interface ReportedVote {
  readonly instance: Instance;
  readonly ballot: Ballot;
  readonly id: BatchId;
}

/** The intent of a process that belongs to no group: found one, wait for one that it has signed, or join an existing one. */
export type Intent = 'found' | 'wait' | 'join';

/** Messages that make the first view. All of them are heard before there is a group, and from processes of other groups. */
export type FoundingMessage =
  | {
      readonly kind: 'hello';
      readonly replicas: number;
      readonly intent: Intent;
      /** Digest of the backup that the process begins from; empty where it begins from nothing. */
      readonly base: string;
      /** α of the groups that the process founds. */
      readonly borderInstances: number;
    }
  | { readonly kind: 'found'; readonly founding: Founding }
  | { readonly kind: 'signed'; readonly founding: Founding }
  | { readonly kind: 'unwilling'; readonly refused: GroupId }
  | { readonly kind: 'founded'; readonly founding: Founding }
  /** The group of this founding has gone on to `latest`, a later view than the first, as the sender knows: it is a member. */
  | { readonly kind: 'group'; readonly founding: Founding; readonly latest: View }
  /** The sender has signed the founding of this group long ago, and it does not hold for it. */
  | { readonly kind: 'stuck'; readonly founding: GroupId }
  /** These signers have given the founding up for good, as far as the sender knows. */
  | { readonly kind: 'withdrawn'; readonly withdrawal: Withdrawal };

/**
 * Messages between the cores of one group. `watermark` is always the sender's first undecided instance; `durable`, which is
 * never above it, the first one below which its ledger holds everything, as entries or in a checkpoint, for good.
 */
export type CoreMessage =
  // Election.
  | {
      readonly kind: 'heartbeat';
      readonly ballot: Ballot;
      readonly watermark: Instance;
      readonly durable: Instance;
      /** In a fast reign that is open, the first instance that proposers may use; otherwise null. */
      readonly anyFrom: Instance | null;
      /** The number of the latest view that the sender knows to be complete. */
      readonly complete: number;
      /** The time of the group in milliseconds since 1970; null while the coordinator does not know it. */
      readonly timeMs: number | null;
    }
  | {
      readonly kind: 'heard';
      readonly ballot: Ballot;
      readonly watermark: Instance;
      readonly durable: Instance;
      /** The sender's own clock in milliseconds since 1970. */
      readonly clockMs: number | null;
    }
  | { readonly kind: 'canvass'; readonly ballot: Ballot }
  | { readonly kind: 'concur'; readonly ballot: Ballot }
  // Phase 1, for all instances not below `from`.
  | { readonly kind: 'prepare'; readonly ballot: Ballot; readonly from: Instance }
  /** A part of a promise: all votes from `from` on and below `until`; the last part where `until` is null. */
  | {
      readonly kind: 'promise';
      readonly ballot: Ballot;
      readonly watermark: Instance;
      readonly from: Instance;
      readonly until: Instance | null;
      readonly votes: readonly ReportedVote[];
    }
  | { readonly kind: 'refusal'; readonly promised: Ballot }
  // Phase 1 for one collided or stuck instance of a fast reign.
  | { readonly kind: 'inquire'; readonly ballot: Ballot; readonly instance: Instance }
  | {
      readonly kind: 'report';
      readonly ballot: Ballot;
      readonly instance: Instance;
      readonly vote: ReportedVote | null;
    }
  // Phase 2.
  | { readonly kind: 'batch'; readonly batch: Batch }
  /** The sender has proposed this batch for long, and no coordinator has given it an instance. */
  | { readonly kind: 'pending'; readonly id: BatchId }
  | { readonly kind: 'any'; readonly ballot: Ballot; readonly from: Instance }
  | { readonly kind: 'propose'; readonly ballot: Ballot; readonly instance: Instance; readonly batch: Batch }
  | { readonly kind: 'accept'; readonly ballot: Ballot; readonly items: readonly Item[] }
  | {
      readonly kind: 'accepted';
      readonly ballot: Ballot;
      readonly watermark: Instance;
      readonly items: readonly Item[];
    }
  // Repair.
  | { readonly kind: 'fetch'; readonly id: BatchId; readonly instance: Instance }
  /** Asks for the decisions from `from` on and below `to`. */
  | { readonly kind: 'catch-up'; readonly from: Instance; readonly to: Instance }
  | {
      readonly kind: 'decided';
      readonly from: Instance;
      readonly batches: readonly Batch[];
      readonly watermark: Instance;
    }
  // Linearizable reads.
  | { readonly kind: 'ask'; readonly incarnation: number; readonly round: number }
  | { readonly kind: 'answer'; readonly incarnation: number; readonly round: number; readonly until: Instance }
  | { readonly kind: 'fill'; readonly until: Instance };

/** Everything that cores tell each other. */
export type Message = FoundingMessage | CoreMessage;

export type MessageKind = Message['kind'];

/** The message of one kind. */
export type MessageOf<K extends MessageKind> = Extract<Message, { readonly kind: K }>;

export const EVERYONE = 'everyone';

/** A message and its receiver; `EVERYONE` includes the sender itself, which hears itself without the network. */
export interface Outgoing {
  readonly to: ProcessId | typeof EVERYONE;
  readonly message: Message;
}
