import { NO_BALLOT, type Ballot } from '../model/ballot.js';
import type { GroupId, Instance } from '../model/ids.js';
import type { FoundingRecord, LedgerSnapshot, LogEntry } from '../model/records.js';
import type { ViewRecord } from '../model/view.js';
import type { RecordCodec } from './record-codec.js';

/** One queue's encoded records, wherever they lie: what reading them needs of an implementation of the ledger. */
export interface StoredRecords {
  /** All that is outside the log, by key. */
  meta(): Iterable<readonly [key: string, value: Buffer]>;
  /** The log at `from <= instance < to`, ascending. The values must stay as they are for ever: they are handed on. */
  entries(from: Instance, to: Instance): Iterable<readonly [instance: Instance, value: Buffer]>;
}

const END = Number.MAX_SAFE_INTEGER as Instance;

/** Implements `Ledger.load`. */
export function loadSnapshot(stored: StoredRecords, codec: RecordCodec): LedgerSnapshot {
  let identity: LedgerSnapshot['identity'] = null;
  let promise: Ballot = NO_BALLOT;
  let watermark = 0 as Instance;
  let founding: FoundingRecord = { signed: null, refused: [] };
  let group: GroupId | null = null;
  const views: ViewRecord[] = [];
  for (const [key, value] of stored.meta()) {
    const record = codec.decodeMeta(key, value);
    switch (record.kind) {
      case 'identity':
        identity = { process: record.process, incarnation: record.incarnation };
        break;
      case 'promise':
        promise = record.ballot;
        break;
      case 'watermark':
        watermark = record.watermark;
        break;
      case 'founding':
        founding = record.founding;
        break;
      case 'view':
        group = record.group;
        views.push(record.record);
        break;
    }
  }
  views.sort((a, b) => a.from - b.from);
  const entries = readEntries(stored, codec, watermark, END, Infinity);
  return { identity, promise, watermark, founding, group, views, entries };
}

/** Implements `Ledger.read`. */
export function readEntries(
  stored: StoredRecords,
  codec: RecordCodec,
  from: Instance,
  to: Instance,
  maxBytes: number,
): LogEntry[] {
  const entries: LogEntry[] = [];
  let bytes = 0;
  for (const [instance, value] of stored.entries(from, to)) {
    const entry = codec.decodeEntry(instance, value);
    bytes += entry.vote?.batch.body.length ?? 0;
    if (bytes > maxBytes && entries.length > 0) break;
    entries.push(entry);
  }
  return entries;
}
