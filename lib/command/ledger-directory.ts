import {
  damagedPagesIn,
  type DirectoryOwner,
  hasLedger,
  type LedgerReader,
  type LedgerSizes,
  listLedgers,
  openLmdbLedgerForReading,
  ownerIn,
  setAsideIn,
  sizesIn,
} from '../ledger/inspection.js';
import { TreplicaError } from '../model/errors.js';
import { type QueueReport, reportQueue } from './ledger-report.js';
import { damageOf, type Finding, type QueueVerification, verifyQueue } from './verification.js';

/** The content of a ledger directory, in JSON as it is here. */
export interface DirectoryReport extends LedgerSizes {
  readonly directory: string;
  /** The process that has taken the directory; null where the last one gave it back. */
  readonly owner: DirectoryOwner | null;
  /** Directories inside it with ledgers that were damaged. */
  readonly setAside: readonly string[];
  readonly queues: readonly QueueReport[];
  /** Why ledgers could not be read, in sentences. */
  readonly damages: readonly string[];
}

/** How much of a ledger directory was read, and what was found. */
export interface DirectoryVerification {
  readonly directory: string;
  /** `not read`: a process writes the data file, and its pages may change at any moment. */
  readonly pages: 'sound' | 'damaged' | 'not read';
  readonly queues: readonly QueueVerification[];
  readonly findings: readonly Finding[];
}

/**
 * Looks at the ledger of `queueId`, or at all of a directory, whose process may run meanwhile.
 * @throws TreplicaError INVALID_OPTION, LEDGER_VERSION or LEDGER_FAILED
 */
export async function reportDirectory(directory: string, queueId: string | undefined): Promise<DirectoryReport> {
  assertLedger(directory);
  const damages: string[] = [];
  const queues: QueueReport[] = [];
  const note = (error: unknown): void => {
    damages.push(damageOf(error));
  };
  const owner = readOwner(directory, note);
  await forEachQueue(directory, queueId, note, async (ledger) => {
    queues.push(await reportQueue(ledger, ledger.queueId));
  });
  return {
    directory,
    owner,
    ...sizesIn(directory),
    setAside: setAsideIn(directory),
    queues,
    damages,
  };
}

/**
 * Reads the ledger of `queueId`, or all of a directory, and finds what is damaged.
 * @throws TreplicaError INVALID_OPTION, LEDGER_VERSION or LEDGER_FAILED
 */
export async function verifyDirectory(directory: string, queueId: string | undefined): Promise<DirectoryVerification> {
  assertLedger(directory);
  const findings: Finding[] = [];
  const note = (error: unknown): void => {
    findings.push({ queueId: null, what: damageOf(error), remedy: 'new id' });
  };
  const isRunning = readOwner(directory, note)?.isAlive === true;
  if (findings.length === 0 && !isRunning) for (const damage of damagedPagesIn(directory)) note(damage);
  // LMDB would believe the pages, or end this process over them.
  if (findings.length > 0) return { directory, pages: 'damaged', queues: [], findings };
  const queues: QueueVerification[] = [];
  await forEachQueue(directory, queueId, note, async (ledger) => {
    queues.push(await verifyQueue(ledger, ledger.queueId));
  });
  const found = [...findings, ...queues.flatMap((queue) => queue.findings)];
  return { directory, pages: isRunning ? 'not read' : 'sound', queues, findings: found };
}

/** Calls `note` for a ledger that is damaged as a whole. */
async function forEachQueue(
  directory: string,
  queueId: string | undefined,
  note: (error: unknown) => void,
  look: (ledger: LedgerReader) => Promise<void>,
): Promise<void> {
  try {
    const queues = queueId === undefined ? await listLedgers(directory) : [queueId];
    for (const queue of queues) {
      const ledger = openLmdbLedgerForReading(directory, queue);
      try {
        await look(ledger);
      } catch (error) {
        note(error);
      } finally {
        await ledger.close();
      }
    }
  } catch (error) {
    note(error);
  }
}

function readOwner(directory: string, note: (error: unknown) => void): DirectoryOwner | null {
  try {
    return ownerIn(directory);
  } catch (error) {
    note(error);
    return null;
  }
}

/** @throws TreplicaError INVALID_OPTION */
export function assertLedger(directory: string): void {
  if (hasLedger(directory)) return;
  throw new TreplicaError('INVALID_OPTION', `There is no ledger in directory ${directory}: name one that has.`);
}
