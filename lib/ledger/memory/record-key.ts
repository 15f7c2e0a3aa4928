import type { Instance } from '../../model/ids.js';
import type { LedgerRecord } from '../../model/records.js';
import type { RecordKey } from '../records/inventory.js';
import { metaKey } from '../records/record-codec.js';

/** Where a memory file keeps what a record writes: an instance of its log, or a key outside the log. */
export function keyOf(record: LedgerRecord): RecordKey {
  switch (record.kind) {
    case 'entry':
    case 'repair':
      return record.entry.instance;
    case 'truncation':
      return metaKey({ kind: 'start', start: 0 as Instance });
    case 'dissolution':
      return 'identity';
    default:
      return metaKey(record);
  }
}
