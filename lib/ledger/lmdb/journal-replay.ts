import { Journal, JOURNAL_GAP, readJournal } from '../journal/journal.js';
import type { JournaledCommit } from '../journal/journaled-commit.js';
import type { InventoryTable } from './inventory-table.js';
import { QueueTables, type TablePlace } from './queue-tables.js';

export interface JournalReplay {
  readonly directory: string;
  readonly databases: TablePlace;
  readonly inventories: InventoryTable;
  /** The number of the last commit that LMDB has; 0 where it has none. */
  readonly applied: number;
  /** Runs an action in a transaction of the owner's. */
  readonly owned: <T>(action: () => T) => T;
}

/**
 * Brings to LMDB what an earlier process has left in the journal, and begins another journal.
 * @throws TreplicaError LEDGER_DAMAGED, LEDGER_VERSION or DIRECTORY_IN_USE; what the system and LMDB throw
 */
export function replayJournal(replay: JournalReplay): Journal {
  const { directory, applied, owned } = replay;
  const { commits, last } = readJournal(directory, () => applied);
  const sequence = last + JOURNAL_GAP;
  // Under LMDB's write lock: an owner that was stopped here and taken for dead must not rename its own over the next one's.
  const create = (): Journal => owned(() => Journal.create(directory, sequence));
  // If LMDB has any commit, a journal must exist.
  const journal = applied === 0 ? create() : null;
  const written = owned(() => write(replay, commits, sequence));
  for (const tables of written) tables.close();
  return journal ?? create();
}

/** Within a transaction. Returns the tables that it has opened. */
function write(
  { databases, inventories }: JournalReplay,
  commits: readonly JournaledCommit[],
  sequence: number,
): readonly QueueTables[] {
  const tables = new Map<string, QueueTables>();
  for (const { queueName, values, inventory, start } of commits) {
    const queue = tables.get(queueName) ?? new QueueTables(databases, queueName);
    tables.set(queueName, queue);
    queue.write(values, start);
    inventories.put(queueName, inventory);
  }
  inventories.noteTransaction(sequence);
  return [...tables.values()];
}
