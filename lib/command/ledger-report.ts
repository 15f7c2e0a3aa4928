import { cursorAfter, openLatest } from '../backup/latest-state.js';
import { type LedgerReader, segmentsBetween, walkLog } from '../ledger/inspection.js';
import { showBallot } from '../model/ballot.js';
import type { GroupBase } from '../model/base.js';
import type { Checkpoint } from '../model/checkpoint.js';
import type { GroupId, Instance, Position, ProcessId } from '../model/ids.js';
import type { Identity, LedgerSnapshot } from '../model/records.js';
import { latestOf } from '../model/view.js';
import type { Cursor } from '../sequence/cursor.js';
import { damageOf } from './verification.js';

/** The content of the ledger of one queue, in JSON as it is here. */
export interface QueueReport {
  readonly queueId: string;
  /** Null where no process has used it yet. */
  readonly identity: Identity | null;
  readonly part: 'member' | 'observer' | 'none';
  readonly group: GroupId | null;
  /** Null where the group did not begin from a backup. */
  readonly base: GroupBase | null;
  readonly views: readonly {
    readonly number: number;
    readonly from: Instance;
    readonly members: readonly ProcessId[];
  }[];
  /** The highest ballot promised; null where there is none. */
  readonly promise: string | null;
  readonly checkpoint: Checkpoint | null;
  readonly log: LogReport;
  /** Number of messages delivered below the watermark; null where damage keeps it from being counted. */
  readonly position: Position | null;
  /** In sentences. */
  readonly damages: readonly string[];
}

interface LogReport {
  readonly start: Instance;
  /** The first instance that the process does not know to be decided. */
  readonly watermark: Instance;
  /** The number of entries from the watermark on. */
  readonly votes: number;
  /** The length of the bodies of all batches below the watermark. */
  readonly bytes: number;
  readonly segments: number;
}

/**
 * Looks into a ledger, whose process may run meanwhile.
 * @throws TreplicaError LEDGER_DAMAGED or LEDGER_VERSION where no ledger can be made out
 */
export async function reportQueue(ledger: LedgerReader, queueId: string): Promise<QueueReport> {
  const damages: string[] = [];
  const { past, cursor } = await placeOf(ledger, damages);
  const { log, position } = measure(ledger, past, cursor, damages);
  const { identity, group, base, views, promise, checkpoint } = past;
  return {
    queueId,
    identity,
    part: partOf(past),
    group,
    base: base.digest === '' ? null : base,
    views: views.map(({ view, from }) => ({ number: view.number, from, members: view.members })),
    promise: promise.reign === 0 ? null : showBallot(promise),
    checkpoint,
    log,
    position,
    damages,
  };
}

/** The cursor at the end of the checkpoint; null where that is damaged. */
async function placeOf(
  ledger: LedgerReader,
  damages: string[],
): Promise<{ readonly past: LedgerSnapshot; readonly cursor: Cursor | null }> {
  const past = ledger.load();
  try {
    const latest = await openLatest(ledger);
    try {
      return { past: latest.past, cursor: await cursorAfter(latest.chunks) };
    } finally {
      await latest.chunks?.close();
    }
  } catch (error) {
    damages.push(damageOf(error));
    return { past, cursor: null };
  }
}

function measure(
  ledger: LedgerReader,
  { start, watermark, entries }: LedgerSnapshot,
  cursor: Cursor | null,
  damages: string[],
): { readonly log: LogReport; readonly position: Position | null } {
  let bytes = 0;
  let first = start;
  let isWhole = cursor !== null;
  for (const step of walkLog(ledger, start, watermark)) {
    if (step.kind === 'entry') {
      const { instance, vote } = step.entry;
      bytes += vote?.batch.body.length ?? 0;
      if (isWhole && vote !== null && instance >= (cursor?.next ?? 0)) cursor?.pass(instance, vote.batch);
    } else if (step.kind === 'damage') {
      damages.push(step.damage.message);
      isWhole &&= step.damage.end <= (cursor?.next ?? 0);
    } else {
      first = step.next;
      bytes = 0;
      isWhole &&= step.next <= (cursor?.next ?? 0);
    }
  }
  const last = Math.max(watermark, ...entries.slice(-1).map(({ instance }) => instance + 1)) as Instance;
  return {
    log: { start: first, watermark, votes: entries.length, bytes, segments: segmentsBetween(first, last) },
    position: isWhole && cursor !== null ? cursor.state.position : null,
  };
}

function partOf({ identity, views }: LedgerSnapshot): QueueReport['part'] {
  const view = latestOf(views);
  if (identity === null || view === null) return 'none';
  return view.has(identity.process) ? 'member' : 'observer';
}
