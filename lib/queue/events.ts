/**
 * The events of a queue, as values: `subscribe` hands each event to a listener when it happens. The log is one listener;
 * metrics, consoles and benchmarks are others. There is none for an operation or an instance without trouble. Errors in events
 * are the original ones, usually a `TreplicaError` with its code.
 */
import type { Ballot, BallotKind } from '../model/ballot.js';
import type { Checkpoint } from '../model/checkpoint.js';
import type { Facts } from '../model/facts.js';
import type { GroupId, Instance, Position, ProcessId } from '../model/ids.js';
import type { FoundingEvent, KeyEvent, MembershipEvent } from './group-events.js';

/** The life of the queue in this process. */
export type LifeEvent =
  /**
   * The ledger has been read and the sockets are bound: other processes are heard from now on. `incarnation` counts the starts
   * of this process; `place` says for people where others reach it: interface, address and port.
   */
  | { readonly kind: 'opened'; readonly process: ProcessId; readonly incarnation: number; readonly place: string }
  /** Others than its owner may read or write the file of keys; `mode` are its permissions. */
  | { readonly kind: 'keys-exposed'; readonly path: string; readonly mode: number }
  /** The state holder has thrown when it was told that the queue had stopped; the queue closes all the same. */
  | { readonly kind: 'holder-failed'; readonly error: unknown }
  /**
   * The queue has stopped: closed by its owner where `cause` is null. `counts` are what was sent, received and dropped since
   * the start, by name. Told once.
   */
  | { readonly kind: 'stopped'; readonly cause: Error | null; readonly counts: Readonly<Record<string, number>> }
  /** Operators do not reach this process by the socket in its directory; the queue works all the same. */
  | { readonly kind: 'operators-cut-off'; readonly error: Error }
  /** After `stopped`: what else has failed while everything was released. */
  | { readonly kind: 'failed-later'; readonly error: Error }
  /**
   * A listener has thrown, or returned a promise that was rejected. The others are told of the first time, and it is told
   * further events all the same.
   */
  | { readonly kind: 'listener-failed'; readonly error: unknown };

/** The process that coordinates, the mode, and whether a majority is there. */
export type ReignEvent =
  /** This process has begun phase 1. */
  | { readonly kind: 'reign'; readonly ballot: Ballot }
  /** Phase 1 has ended: this process coordinates. Told for each of its reigns, one of another kind included. */
  | { readonly kind: 'coordinating'; readonly ballot: Ballot }
  | { readonly kind: 'resigned'; readonly ballot: Ballot; readonly why: string }
  /** The group makes order in another way than this process knew, whoever coordinates. First told for the first reign. */
  | { readonly kind: 'mode'; readonly mode: BallotKind; readonly ballot: Ballot }
  /** No reigns are left for this process: it can coordinate no more. */
  | { readonly kind: 'reigns-exhausted'; readonly reign: number }
  /** Proposals have met at one instance of a fast reign. Told by the coordinator. */
  | { readonly kind: 'collision'; readonly instance: Instance }
  /** An instance was not decided in time: the coordinator recovers it. */
  | { readonly kind: 'stuck'; readonly instance: Instance }
  | {
      readonly kind: 'no-quorum';
      readonly members: number;
      /** How many of them are heard, this process included where it is one. */
      readonly heard: number;
      readonly needed: number;
      readonly missing: readonly ProcessId[];
    }
  /** After `no-quorum`: a process coordinates again. */
  | { readonly kind: 'quorum'; readonly members: number };

/** The checkpoints that this process makes. */
export type CheckpointEvent =
  | { readonly kind: 'checkpoint-made'; readonly checkpoint: Checkpoint }
  | { readonly kind: 'checkpoint-failed'; readonly error: unknown }
  /** None could be made since the last that failed; `messages` are in the log alone. */
  | { readonly kind: 'checkpoint-overdue'; readonly error: unknown; readonly messages: number }
  /** The one that is being made gets no further: `step` is what it is at, and it is ended after so many seconds. */
  | {
      readonly kind: 'checkpoint-quiet';
      readonly step: string;
      readonly seconds: number;
      readonly endsAfterSeconds: number;
    }
  /** The data of which the next checkpoint would be made is damaged: it is made of the state in memory. */
  | { readonly kind: 'checkpoint-source-damaged'; readonly error: unknown }
  /** Two processes hold different states at one place of the sequence. `facts` names them, for people. */
  | { readonly kind: 'states-differ'; readonly facts: object };

/** How this process comes level: what it lacks, fetches and goes on from. */
export type RecoveryEvent =
  /** Others have decided `instances` more than were delivered here, and that for a second or longer. */
  | { readonly kind: 'behind'; readonly instances: number }
  /** After `behind`: all that was known to be decided elsewhere a moment ago has been delivered here. */
  | { readonly kind: 'level' }
  /** A checkpoint of other processes is being fetched. `received` of its chunks are here already. */
  | {
      readonly kind: 'fetching';
      readonly checkpoint: Checkpoint;
      readonly received: number;
      readonly sources: readonly ProcessId[];
    }
  /** No process sends that checkpoint any more: `stored` of its chunks are here, and are kept. */
  | { readonly kind: 'fetch-abandoned'; readonly checkpoint: Checkpoint; readonly stored: number }
  /** A state of another process has been taken: this one goes on from there. */
  | { readonly kind: 'installed'; readonly checkpoint: Checkpoint };

/** Data that cannot be read or relied on. */
export type DamageEvent =
  /**
   * `what` is damaged: the log, which is learnt again from others; the checkpoint to begin from, in whose place comes the log
   * or another process's; the checkpoint of this process as it is read for others, which is made anew; one that has been
   * received (`received`), or is not what was offered (`offered`): it is fetched again.
   */
  | {
      readonly kind: 'damaged';
      readonly what: 'log' | 'base' | 'checkpoint' | 'received' | 'offered';
      readonly error: unknown;
    }
  /** The entries that were damaged in the log have been learnt again. */
  | { readonly kind: 'repaired' }
  /** The ledger is damaged or has lost votes: it is kept at the path `kept`, and this process comes back under another id. */
  | {
      readonly kind: 'set-aside';
      readonly cause: 'damaged' | 'votes-lost';
      readonly error: unknown;
      readonly kept: string;
    };

/** Messages that count for nothing. Counts are since the start. */
export type RefusalEvent =
  /** Messages that no process of this group and release sends: how many for each reason, and which process sent the latest. */
  | { readonly kind: 'refused'; readonly counts: Readonly<Record<string, number>>; readonly latest: ProcessId }
  /** Intact frames with messages that this release does not know. */
  | { readonly kind: 'malformed'; readonly count: number; readonly latest: ProcessId }
  /** Another group uses the same address: told once for each of the first few. */
  | { readonly kind: 'foreign-group'; readonly group: GroupId };

/** The things that this process lacks and has asked others for. */
export type Missing =
  /** Below `until` others have decided. */
  | { readonly kind: 'decisions'; readonly from: Instance; readonly until: Instance }
  | {
      readonly kind: 'chunks';
      readonly stored: number;
      readonly chunks: number;
      /** The processes that have offered them. */
      readonly sources: readonly ProcessId[];
    }
  /** Of the log, where it is damaged here; `end` is the first instance that is not. */
  | { readonly kind: 'entries'; readonly from: Instance; readonly end: Instance; readonly asked: readonly ProcessId[] }
  /** In place of the one that is lost here. */
  | { readonly kind: 'checkpoint'; readonly asked: readonly ProcessId[] };

/** Something that is waited for and has got no further for so many seconds. Told again and again while it lasts. */
export type WaitEvent =
  | { readonly kind: 'unanswered'; readonly what: Missing; readonly seconds: number }
  /** Callers wait until something of the `messages` and `bytes` that are pending here becomes a batch. */
  | { readonly kind: 'no-room'; readonly messages: number; readonly bytes: number; readonly seconds: number }
  /** Decided time, in milliseconds since 1970, is ahead of this process's clock. */
  | { readonly kind: 'time-ahead'; readonly decidedMs: number; readonly aheadMs: number }
  /** The clock of a member is off the median of all clocks by so many milliseconds: told by the coordinator, now and then. */
  | { readonly kind: 'clock-strays'; readonly process: ProcessId; readonly offsetMs: number };

/** What the holder that the queue is bound to tells: see `HolderContext`. */
export interface HolderEvent {
  /**
   * A state machine has passed over a message that is no operation, as every replica does: something else writes to its queue.
   * `head` is the first byte of the message, null for a message of no bytes. `count` is the number of these messages that this
   * replica has passed over since it was bound. Told of the first, second, fourth, eighth and so on.
   */
  readonly kind: 'message-skipped';
  readonly position: Position;
  readonly head: number | null;
  readonly count: number;
}

/** A process publishes other facts of itself than before; null where it was started anew and has published nothing yet. */
export interface FactsEvent {
  readonly kind: 'facts-changed';
  readonly process: ProcessId;
  readonly facts: Facts | null;
}

/**
 * Events of the network: that a process is reached by one lane alone, what the kernel has granted, frames that another
 * version has sent. `text` says what, `facts` of which process and how much.
 */
export interface NetworkEvent {
  readonly kind: 'network';
  readonly level: 'debug' | 'info' | 'warn';
  readonly facts: object;
  readonly text: string;
}

export type QueueEvent =
  | NetworkEvent
  | FactsEvent
  | LifeEvent
  | FoundingEvent
  | MembershipEvent
  | KeyEvent
  | ReignEvent
  | CheckpointEvent
  | RecoveryEvent
  | DamageEvent
  | RefusalEvent
  | HolderEvent
  | WaitEvent;

/** The event of one kind. */
export type QueueEventOf<K extends QueueEvent['kind']> = Extract<QueueEvent, { readonly kind: K }>;

/**
 * Called synchronously, on the queue's own thread of control, so that an event is told before anything that follows
 * from it: it is to be short. It may call the queue, `close` included. An error that it throws harms neither the queue
 * nor other listeners: see `listener-failed`.
 */
export type QueueListener = (event: QueueEvent) => void;
