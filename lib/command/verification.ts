import { openLatest } from '../backup/latest-state.js';
import { type LedgerReader, verifyChunks, walkLog } from '../ledger/inspection.js';
import { isDamage } from '../model/errors.js';
import type { LedgerSnapshot } from '../model/records.js';

/** Something that is not as it was written. */
export interface Finding {
  /** Null for the data file, which all queues of a directory share. */
  readonly queueId: string | null;
  readonly what: string;
  /**
   * `peers`: a running replica learns it again from the others by itself. `new id`: votes may be lost; the process may take
   * part only under a new id, with the option recover: true.
   */
  readonly remedy: 'peers' | 'new id';
}

/** How much of the ledger of one queue was read, and what was found. */
export interface QueueVerification {
  readonly queueId: string;
  /** Decided entries that are sound. */
  readonly entries: number;
  readonly votes: number;
  /** Chunks of the checkpoint that are sound. */
  readonly chunks: number;
  readonly findings: readonly Finding[];
}

/** Reads all that the ledger of a queue holds, whose process may run meanwhile. */
export async function verifyQueue(ledger: LedgerReader, queueId: string): Promise<QueueVerification> {
  const findings: Finding[] = [];
  const note = (what: string, remedy: Finding['remedy']): void => {
    findings.push({ queueId, what, remedy });
  };
  let past: LedgerSnapshot;
  try {
    past = ledger.load();
  } catch (error) {
    note(damageOf(error), 'new id');
    return { queueId, entries: 0, votes: 0, chunks: 0, findings };
  }
  let entries = 0;
  for (const step of walkLog(ledger, past.start, past.watermark)) {
    if (step.kind === 'entry') entries += 1;
    else if (step.kind === 'damage') note(step.damage.message, 'peers');
  }
  const chunks = await verifyCheckpoint(ledger, (what) => {
    note(what, 'peers');
  });
  return { queueId, entries, votes: past.entries.length, chunks, findings };
}

/** Returns how many chunks are sound. */
async function verifyCheckpoint(ledger: LedgerReader, note: (what: string) => void): Promise<number> {
  try {
    const { past, chunks } = await openLatest(ledger);
    if (past.checkpoint === null || chunks === null) return 0;
    try {
      const { sound, damages } = await verifyChunks(past.checkpoint, chunks);
      for (const { message } of damages) note(message);
      return sound;
    } finally {
      await chunks.close();
    }
  } catch (error) {
    note(damageOf(error));
    return 0;
  }
}

/** A sentence that tells what is damaged. Throws every error that is no damage. */
export function damageOf(error: unknown): string {
  if (isDamage(error)) return error.message;
  throw error;
}
