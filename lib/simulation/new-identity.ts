import type { MemoryDisk } from '../ledger/memory/memory-ledger.js';
import type { ProcessId } from '../model/ids.js';
import type { Random } from './random.js';

/** Draws an id for a process, so that it comes from the seed. */
export function drawnId(random: Random): ProcessId {
  return Array.from({ length: 16 }, () => random.below(16).toString(16)).join('') as ProcessId;
}

/** Writes the id of a process on its empty disk, on which commits are durable at once. `founds` as in the ledger's record. */
export function writeIdentity(disk: MemoryDisk, queueId: string, process: ProcessId, founds: boolean): void {
  const ledger = disk.open(queueId);
  ledger.load();
  ledger.commit([{ kind: 'identity', process, incarnation: 1, founds }], () => undefined);
  void ledger.close();
}
