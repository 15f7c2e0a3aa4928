/**
 * The ledger keeps what a process must not forget: identity, promise, votes with their batches, founding, views, the decided
 * watermark, and which checkpoint stands for the beginning of the log. A port: its implementations pass one compliance suite.
 */
import type { Instance } from '../model/ids.js';
import type { LedgerRecord, LedgerSnapshot, LogEntry } from '../model/records.js';
import type { CheckpointStore } from './checkpoint-store.js';

export interface Ledger {
  readonly checkpoints: CheckpointStore;

  /**
   * The first instance that the log holds or will hold. Rises with truncations, to a segment's border, and with checkpoints
   * beyond the watermark, to where they end.
   */
  readonly start: Instance;

  /** Of the batches in the log that are known to be decided. Comes from memory, also when the ledger is closed; 0 before `load`. */
  readonly logBytes: number;

  /**
   * The error that every commit ends with from now on: the files have been removed or replaced, say. It is known also while
   * nothing is being written. Null while all is well. The owner asks at every tick, so that asking must cost nothing.
   */
  readonly failure: Error | null;

  /**
   * The data that were durable when the ledger was opened. Called once, before the first commit. Removes the checkpoints that
   * no process needs: all but the one to start from and later ones that are being received.
   * @throws TreplicaError LEDGER_DAMAGED, naming the record, or saying that records are missing or out of date; or
   * LEDGER_VERSION.
   */
  load(): LedgerSnapshot;

  /**
   * Makes all `records` durable in one atomic step, then calls `done`: exactly once, perhaps before `commit` returns.
   * With no error, every record survives any crash from then on. With an error (TreplicaError LEDGER_FAILED), none of
   * them may be relied on and the ledger takes no further commit: the process must stop voting. A later record of the
   * same kind (and, for entries, instance) replaces an earlier one; within one commit the last wins. At most one commit is
   * under way at a time; the caller gathers what arrives meanwhile.
   *
   * The watermark never goes down and passes only instances that the log has an entry for. An instance below the watermark
   * is written again only by a `repair`, and a `repair` is of no other instance. A `checkpoint` never ends below `start`.
   * Where it ends beyond the watermark as it was, a `watermark` at or beyond its end is in the same commit: the log below
   * its end is gone, of this commit too, `start` is its end, and votes from there on stay. A `truncation` counts with the
   * watermark and the checkpoint of its own commit; it drops at most `constants.segmentsDroppedMax` segments, so that no commit
   * takes long: repeat it while `start` rises.
   *
   * A part of the log that `read` has called damaged is whole again when all of it has been repaired, by whatever
   * commits. If the process restarts before that, all of it must be repaired again. A part that is repaired without
   * having been called damaged is read as it was repaired, and its segment is not compared with its digest any more.
   */
  commit(records: readonly LedgerRecord[], done: (error: Error | null) => void): void;

  /**
   * Log entries with `from <= instance < to`, ascending, those that exist, and below the watermark all do: at least one
   * if there is one, and no more once their bodies exceed `maxBytes` together, or where what comes next is damaged. `from`
   * is not below `start`. Sees every commit that is done.
   *
   * Each entry below the watermark is checked by itself, and all of a segment together, as far as it was below the watermark
   * when it was loaded, before the first of its entries is handed out.
   * @throws DamagedLogError (LEDGER_DAMAGED) where the entry at `from` is missing, changed, or in a part that is together
   * not what was last written: it names the instances to learn again. Other TreplicaErrors LEDGER_DAMAGED where what is
   * damaged is not decided.
   */
  read(from: Instance, to: Instance, maxBytes: number): LogEntry[];

  /** Releases everything. Waits for a commit under way. Idempotent. */
  close(): Promise<void>;
}
