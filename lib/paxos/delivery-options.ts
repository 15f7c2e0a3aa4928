import type { Checkpoint } from '../model/checkpoint.js';
import type { DamagedLogError, TreplicaError } from '../model/errors.js';
import type { Instance } from '../model/ids.js';
import type { LogEntry } from '../model/records.js';
import type { HolderEvent } from '../queue/events.js';
import type { StateKeeper, StateSink } from '../queue/state-holder.js';
import type { Stretch } from '../sequence/cursor.js';
import type { Base } from './base.js';
import type { BatchesInFlight } from './own-tickets.js';

export interface DeliveryOptions {
  readonly batcher: BatchesInFlight;
  /** Where the local checkpoint ends; null where there is none or it cannot be read. */
  readonly base: Base | null;
  /** The beginning of the log is missing, and the checkpoint in its place cannot be read: another is to be installed. */
  readonly isAdrift: boolean;
  /** After how much a stretch of the sequence ends. */
  readonly stretch: Stretch;
  /** Processes that the table of delivered batches knows. */
  readonly deliveryRowsMax?: number | undefined;
  /** Reads the log, as `Ledger.read` does. */
  readonly read: (from: Instance, to: Instance, maxBytes: number) => LogEntry[];
  /** How much of the log is read at one go. */
  readonly catchUpBytes: number;
  /** Calls back in a later turn of the event loop. */
  readonly defer: (callback: () => void) => void;
  /**
   * Gives a checkpoint's state to a holder, in its own time, and leaves it to the caller to finish.
   * @throws TreplicaError LEDGER_DAMAGED where the checkpoint cannot be read
   */
  readonly restore: (checkpoint: Checkpoint, keeper: StateKeeper) => Promise<StateSink>;
  /** Told what the holder tells, until delivery stops. */
  readonly tell: (event: HolderEvent) => void;
  /** Told once that delivery has stopped, and why; `stop` is still to be called. */
  readonly fail: (error: Error) => void;
}

/** Calls of delivery to the parts that make checkpoints, and that learn damaged entries again. */
export interface DeliveryListener {
  /** The local checkpoint cannot be read: delivery is held until `install` or `startFromLog` is called. */
  lostCheckpoint(error: TreplicaError): void;
  /** The log cannot be read there: delivery is held until `repaired` is called. */
  damagedHere(damage: DamagedLogError): void;
  /** Something has been delivered. */
  progressed(): void;
}
