import type { Ballot } from '../model/ballot.js';
import type { Batch } from '../model/batch.js';
import type { Checkpoint } from '../model/checkpoint.js';
import type { GroupId, Instance, ProcessId } from '../model/ids.js';
import type { KeyRecord, KeyState } from '../model/keys.js';
import type { Part } from '../model/part.js';
import type { LedgerRecord } from '../model/records.js';
import type { View, ViewRecord } from '../model/view.js';
import type { DeliveryState } from '../sequence/delivery-table.js';
import type { Arriving } from './arriving.js';
import type { Message, Outgoing } from './messages.js';

/** An input of the core. Messages must come from processes of the same group. */
export type Input =
  | { readonly kind: 'message'; readonly from: ProcessId; readonly message: Message }
  /** `nowMs` is this process's clock in milliseconds since 1970: told to others, and never used to measure a wait. */
  | { readonly kind: 'tick'; readonly nowMs: number }
  | ({ readonly kind: 'arriving' } & Arriving)
  /** A message to a process and the answer to it are under way for so long, as measured of late: 0 for less than a tick. */
  | { readonly kind: 'round-trip'; readonly process: ProcessId; readonly ticks: number }
  | { readonly kind: 'proposal'; readonly batch: Batch }
  | { readonly kind: 'read'; readonly ticket: number }
  /** Whether this process lacks a decision that nobody tells it: then it should not coordinate. */
  | { readonly kind: 'impaired'; readonly isSo: boolean }
  /** There must be no effects that have not been taken. */
  | { readonly kind: 'install'; readonly installation: Installation }
  /** This start has lost no vote of an earlier one, as far as enough others can tell: it may promise and vote. */
  | { readonly kind: 'admitted' }
  /**
   * The table of what the sequence has delivered below `next`, for a core that does not know it, if that core has handed over
   * decisions up to the same place.
   */
  | { readonly kind: 'delivered'; readonly next: Instance; readonly delivered: DeliveryState }
  /** The batches of this process that are under way can never be delivered: the same anew, under other ids. */
  | { readonly kind: 'renewal'; readonly batches: readonly Batch[] }
  | { readonly kind: 'durable' };

/** A checkpoint of another process, whose chunks are durable here, and the parts of it that the core has to know. */
export interface Installation {
  readonly checkpoint: Checkpoint;
  /** The batches that have been delivered by then. */
  readonly delivered: DeliveryState;
  /** The group's views that are decided below its end, ascending. */
  readonly views: readonly ViewRecord[];
  /** The states of the group's keys that are decided below its end, ascending. */
  readonly keys: readonly KeyRecord[];
}

/** A value decided at its instance. Duplicates and no-ops are among them: delivery filters them. */
export interface Decision {
  readonly instance: Instance;
  readonly batch: Batch;
}

/**
 * A process that is behind asks for the decisions from `from` on and, if `until` is not null, below `until`: to be read from
 * the ledger and sent as `decided`, as far as they fit one answer.
 */
export interface Supply {
  readonly to: ProcessId;
  readonly from: Instance;
  readonly until: Instance | null;
}

/**
 * Of what one process asks for up to the same place, the answer from the lowest instance on tells all, or most. Returns whether
 * it has asked for that before.
 */
export function isMergedInto(supplies: Supply[], supply: Supply): boolean {
  const i = supplies.findIndex(({ to, until }) => to === supply.to && until === supply.until);
  const known = supplies[i];
  if (known !== undefined && supply.from < known.from) supplies[i] = supply;
  return known !== undefined;
}

/** Something that is worth an event of the queue, or that the queue must know. */
export type Notice =
  /** The group exists, and this process is one of its founders, learns from it, or has come too late. */
  | { readonly kind: 'founded'; readonly group: GroupId; readonly view: View; readonly part: Part }
  /** The view that governs from `record.from` on is decided. */
  | { readonly kind: 'view'; readonly record: ViewRecord }
  /** A classic quorum of this view, or of a later one, holds everything that was decided before it. */
  | { readonly kind: 'view-complete'; readonly number: number }
  /** A change of the view was decided in vain: `view` is the latest. */
  | { readonly kind: 'view-void'; readonly instance: Instance; readonly view: View }
  /** A change of the keys is decided. */
  | { readonly kind: 'keys'; readonly state: KeyState }
  /** A change of the keys was decided in vain: `state` is the latest. */
  | { readonly kind: 'keys-void'; readonly state: KeyState }
  | { readonly kind: 'replicas-differ'; readonly process: ProcessId; readonly replicas: number }
  /** A process, or a group, has begun from another backup than this process; `base` is its digest, empty for none. */
  | { readonly kind: 'bases-differ'; readonly process: ProcessId; readonly base: string; readonly own: string }
  /**
   * A process founds groups with another α than this one; or it belongs to a group whose α is smaller than the window that this
   * one works in. `own` is the α of this process or its window.
   */
  | {
      readonly kind: 'borders-differ';
      readonly process: ProcessId;
      readonly borderInstances: number;
      readonly own: number;
    }
  | { readonly kind: 'awaiting-signatures'; readonly missing: readonly ProcessId[] }
  /**
   * The group was never able to decide anything and never will be, or it continues without this process, which has given up its
   * part in it: once the records are durable, the process has lost its identity and has to begin anew.
   */
  | { readonly kind: 'dissolved'; readonly group: GroupId; readonly isDead: boolean }
  /** The process is a member of this group, and its ledger does not know: its signatures and votes are forgotten. */
  | { readonly kind: 'votes-lost'; readonly group: GroupId }
  /** This process may only join a group, and has heard of none. */
  | { readonly kind: 'awaiting-group' }
  | { readonly kind: 'reign'; readonly ballot: Ballot }
  | { readonly kind: 'coordinating'; readonly ballot: Ballot }
  | { readonly kind: 'resigned'; readonly ballot: Ballot; readonly why: string }
  | { readonly kind: 'collision'; readonly instance: Instance }
  | { readonly kind: 'stuck'; readonly instance: Instance }
  /** Messages have been refused: how many since the start, and the sender of the latest. */
  | { readonly kind: 'refused'; readonly counts: Readonly<Record<string, number>>; readonly latest: ProcessId }
  /** The reigns are used up: this process can coordinate no more. */
  | { readonly kind: 'reigns-exhausted'; readonly reign: number }
  /** The clock of a member is off the median of all by so many milliseconds: told by the coordinator, now and then. */
  | { readonly kind: 'clock-strays'; readonly process: ProcessId; readonly offsetMs: number };

/**
 * The work that the core wants done since the last call, in this order: send `messages`; make `records` durable; only then send
 * `votes`, hand over `decided` and `readable`, and tell the core `durable`. Nothing else may be taken from the core between the
 * first and the last of these steps.
 */
export interface Effects {
  /** May leave at once: they rest on nothing that is not durable. */
  readonly messages: readonly Outgoing[];
  /** To be made durable in one commit. */
  readonly records: readonly LedgerRecord[];
  /** Votes and promises: must not be heard by anyone before the records are durable. */
  readonly votes: readonly Outgoing[];
  /** Once the records are durable, delivery continues from this checkpoint; usually null. The decisions come after it. */
  readonly installed: Checkpoint | null;
  /** In instance order, without gaps from one call to the next but where a checkpoint was installed. */
  readonly decided: readonly Decision[];
  /** Tickets of reads that may now be served from a state that has executed everything decided so far. */
  readonly readable: readonly number[];
  readonly supplies: readonly Supply[];
  readonly notices: readonly Notice[];
}
