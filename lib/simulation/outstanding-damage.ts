import type { Instance } from '../model/ids.js';
import type { LedgerRecord } from '../model/records.js';

/** The damage on the disk of a process, as far as the others have to make up for it. */
export class OutstandingDamage {
  /** Its votes or promises may be damaged: as the member that it was it never comes back, once it has noticed. */
  isOfVotes = false;
  /** The decisions at these instances are damaged. */
  readonly entries = new Set<Instance>();
  /** The checkpoint from which it would start is damaged. */
  isOfCheckpoint = false;

  /** Whether everything is there that it has ever told others. */
  get areHealed(): boolean {
    return !this.isOfVotes && !this.isOfCheckpoint && this.entries.size === 0;
  }

  /** These records are on the disk. */
  durable(records: readonly LedgerRecord[]): void {
    for (const record of records) {
      if (record.kind === 'repair') this.entries.delete(record.entry.instance);
      if (record.kind !== 'checkpoint') continue;
      this.isOfCheckpoint = false;
      for (const instance of this.entries) if (instance < record.checkpoint.next) this.entries.delete(instance);
    }
  }
}
