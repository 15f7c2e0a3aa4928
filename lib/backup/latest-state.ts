import type { CheckpointReader } from '../ledger/checkpoint-store.js';
import type { LedgerReader } from '../ledger/inspection.js';
import { refuted } from '../ledger/ledger-errors.js';
import type { LedgerSnapshot } from '../model/records.js';
import { decodeHead } from '../sequence/checkpoint-head.js';
import { BEGINNING_STATE, Cursor } from '../sequence/cursor.js';

/** A ledger at one moment. */
export interface LatestState {
  readonly past: LedgerSnapshot;
  /** The chunks of its checkpoint, which can be read to the end even if it is removed; null where there is no checkpoint. */
  readonly chunks: CheckpointReader | null;
}

/**
 * The state of a ledger, whose process may go on writing it meanwhile.
 * @throws TreplicaError LEDGER_DAMAGED, also where its state has been refuted, or LEDGER_VERSION
 */
export async function openLatest(ledger: LedgerReader): Promise<LatestState> {
  for (;;) {
    const past = ledger.load();
    const { checkpoint, verdict } = past;
    if (verdict !== null) throw refuted(verdict, ledger.queueId);
    if (checkpoint === null) return { past, chunks: null };
    try {
      return { past, chunks: await ledger.checkpoints.open(checkpoint) };
    } catch (error) {
      // A checkpoint that another one has replaced is removed.
      if (ledger.load().checkpoint?.next === checkpoint.next) throw error;
    }
  }
}

/** A cursor at the end of a checkpoint, or at the beginning of the sequence. It counts no stretches. */
export async function cursorAfter(chunks: CheckpointReader | null): Promise<Cursor> {
  const state = chunks === null ? BEGINNING_STATE : decodeHead(await chunks.chunk(0)).cursor;
  return new Cursor(state, { positions: Infinity, bytes: Infinity });
}
