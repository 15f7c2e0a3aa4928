import { realpathSync } from 'node:fs';

import {
  damagedPagesIn,
  hasLedger,
  type LedgerReader,
  openLmdbLedgerForReading,
  ownerIn,
} from '../ledger/inspection.js';
import { isDamage, TreplicaError } from '../model/errors.js';
import type { GroupId, ProcessId } from '../model/ids.js';
import type { LedgerSnapshot } from '../model/records.js';
import { isOfLineage } from '../model/start.js';

/** A ledger of a group that is lost, at a moment when no process uses it. */
export interface GivenLedger {
  /** For messages. */
  readonly directory: string;
  readonly reader: LedgerReader;
  readonly past: LedgerSnapshot;
  readonly process: ProcessId;
  readonly group: GroupId;
}

/** The ledgers of one group that can be read, and why others cannot. */
export interface GivenLedgers {
  readonly ledgers: readonly GivenLedger[];
  /** In sentences. */
  readonly damages: readonly string[];
  /** @throws TreplicaError DIRECTORY_IN_USE where a process has used one of them since they were opened */
  assertUnused(): void;
  close(): Promise<void>;
}

/**
 * Opens the ledgers of `queueId`, or of the only queue, in `directories`, and changes nothing in them.
 * @param skipsDamaged whether a ledger that is damaged as a whole is left out
 * @throws TreplicaError INVALID_OPTION for ledgers that are not those of different processes of one group, DIRECTORY_IN_USE,
 * LEDGER_DAMAGED, LEDGER_VERSION, DIRECTORY_NOT_WRITABLE or LEDGER_FAILED
 */
export async function openGiven(
  directories: readonly string[],
  queueId: string | undefined,
  skipsDamaged: boolean,
): Promise<GivenLedgers> {
  const ledgers: GivenLedger[] = [];
  const damages: string[] = [];
  const close = async (): Promise<void> => {
    for (const { reader } of ledgers) await reader.close();
  };
  try {
    for (const directory of new Map(directories.map((name) => [placeOf(name), name])).values()) {
      try {
        ledgers.push(await openOne(directory, queueId));
      } catch (error) {
        if (!isDamage(error)) throw error;
        damages.push(`Directory ${directory}: ${error.message}`);
      }
    }
    assertReadable(ledgers, damages, skipsDamaged);
    assertOneGroup(ledgers);
  } catch (error) {
    await close();
    throw error;
  }
  const assertUnused = (): void => {
    for (const ledger of ledgers) assertUnchanged(ledger);
  };
  return { ledgers, damages, assertUnused, close };
}

/**
 * Whether a ledger has all votes of its process: not where its directory was put back to an earlier state, or is an older copy, as
 * it knows itself or as one of the `others` knows.
 */
export function hasAllVotes({ process, past }: GivenLedger, others: readonly GivenLedger[]): boolean {
  const { own, hasLostVotes } = past.starts;
  const known = others.flatMap((other) => other.past.starts.peers.filter((peer) => peer.process === process));
  return (
    !hasLostVotes &&
    !known.some(({ starts, isForked }) => isForked || !starts.every((start) => isOfLineage(start, own)))
  );
}

async function openOne(directory: string, queueId: string | undefined): Promise<GivenLedger> {
  if (!hasLedger(directory)) throw invalid(`There is no ledger in directory ${directory}: name one that has.`);
  assertNotRunning(directory);
  const [damage] = damagedPagesIn(directory);
  // LMDB would believe the pages, or end this process over them.
  if (damage !== undefined) throw damage;
  const reader = openLmdbLedgerForReading(directory, queueId);
  try {
    const past = reader.load();
    const { identity, group } = past;
    if (identity === null || group === null)
      throw invalid(`The process with directory ${directory} has never belonged to a group: leave it out.`);
    return { directory, reader, past, process: identity.process, group };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

/** A process that runs votes and decides: what is read now would not be all that it knows later. */
function assertNotRunning(directory: string): void {
  const owner = ownerIn(directory);
  if (owner?.isAlive === true)
    throw new TreplicaError(
      'DIRECTORY_IN_USE',
      `Directory ${directory} is in use by process ${owner.pid}: stop it, and never start it with this directory again once the new group has been founded.`,
    );
}

function assertUnchanged({ directory, reader, past }: GivenLedger): void {
  assertNotRunning(directory);
  if (reader.load().identity?.incarnation === past.identity?.incarnation) return;
  throw new TreplicaError(
    'DIRECTORY_IN_USE',
    `A process was started with directory ${directory} while it was read: stop it, and begin again.`,
  );
}

function assertReadable(ledgers: readonly GivenLedger[], damages: readonly string[], skipsDamaged: boolean): void {
  const [first] = damages;
  if (first === undefined) return;
  if (ledgers.length === 0) throw damaged(`None of the ledgers can be read. ${damages.join(' ')}`);
  if (!skipsDamaged)
    throw damaged(
      `${damages.length} of ${damages.length + ledgers.length} ledgers cannot be read. ${damages.join(' ')} To go on without, set --without-damaged: their processes then count as lost.`,
    );
}

function assertOneGroup(ledgers: readonly GivenLedger[]): void {
  const seen = new Map<ProcessId, GivenLedger>();
  const [first] = ledgers;
  for (const ledger of ledgers) {
    const { directory, process, group } = ledger;
    if (first !== undefined && group !== first.group)
      throw invalid(
        `Directory ${directory} is of group ${group}, and ${first.directory} of group ${first.group}: name the ledgers of one group.`,
      );
    const twin = seen.get(process);
    if (twin !== undefined)
      throw invalid(
        `Directories ${twin.directory} and ${directory} are copies of the ledger of one process, ${process}: name the one that it has used last.`,
      );
    seen.set(process, ledger);
  }
}

function placeOf(directory: string): string {
  try {
    return realpathSync(directory);
  } catch {
    // It is not there, which is said where it is opened.
    return directory;
  }
}

function invalid(message: string): TreplicaError {
  return new TreplicaError('INVALID_OPTION', message);
}

function damaged(message: string): TreplicaError {
  return new TreplicaError('LEDGER_DAMAGED', message);
}
