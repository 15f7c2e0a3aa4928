import type { Ledger } from '../../lib/ledger/ledger.js';
import type { RecordKey } from '../../lib/ledger/records/inventory.js';
import type { Checkpoint } from '../../lib/model/checkpoint.js';
import type { LedgerRecord } from '../../lib/model/records.js';

/** A place that ledgers are kept in, which outlives them. */
export interface LedgerPlace {
  /** Instances of one segment of the logs there. */
  readonly segmentInstances: number;
  /** Opens the ledger of one queue there. */
  open(queueId: string): Ledger;
  /** All that is stored of `QUEUE`, whether it is open or not: its records, and its inventory as 'inventory'. */
  values(): Promise<Map<RecordKey, Buffer>>;
  /** Replaces one of these while the queue is closed, or removes it. */
  put(key: RecordKey, value: Buffer | null): Promise<void>;
  /** Replaces one chunk of a complete checkpoint of `QUEUE`, stored after the 8 bytes that belong to it. */
  changeChunk(checkpoint: Checkpoint, index: number, change: (stored: Buffer) => Buffer): void;
  /** As `changeChunk`, of a checkpoint that is being received. */
  changeReceived(checkpoint: Checkpoint, index: number, change: (stored: Buffer) => Buffer): void;
  /** How many checkpoints of `QUEUE` there are, complete or not. */
  checkpointCount(): number;
  dispose(): void;
}

export const QUEUE = '239.255.0.1:7400';

/** Resolves when `records` are durable in `ledger`. */
export function committed(ledger: Ledger, ...records: readonly LedgerRecord[]): Promise<void> {
  return new Promise((resolve, reject) => {
    ledger.commit(records, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
