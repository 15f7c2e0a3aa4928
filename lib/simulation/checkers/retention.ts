import type { MemoryFile } from '../../ledger/memory/memory-ledger.js';
import { after, type Instance } from '../../model/ids.js';
import type { OutstandingDamage } from '../outstanding-damage.js';
import type { OnDisk } from './monotonicity.js';

type Report = (text: string) => void;

/**
 * Retention: every batch that a process calls decided is on its disk, in the log or in the checkpoint to start from.
 * Looks at the very bytes, and takes account of those that were damaged.
 */
export class Retention {
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  holds(name: string, file: MemoryFile, { watermark, checkpoint }: OnDisk, damage: OutstandingDamage): void {
    if (damage.isOfCheckpoint || damage.isOfVotes) return;
    let first = 0 as Instance;
    if (checkpoint !== null) {
      const isThere = [...file.checkpoints.complete.values()].some(
        (stored) => stored.checkpoint.digest === checkpoint.digest && stored.chunks.length === checkpoint.chunks,
      );
      if (!isThere)
        this.#report(`${name} is to start from a checkpoint at ${checkpoint.next}, which is not on its disk`);
      first = checkpoint.next;
    }
    for (let instance = first; instance < watermark; instance = after(instance)) {
      if (file.entries.has(instance) || damage.entries.has(instance)) continue;
      this.#report(`${name} has neither the log at ${instance} nor a checkpoint beyond it`);
      return;
    }
  }
}
