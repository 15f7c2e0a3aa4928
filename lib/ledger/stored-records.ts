import { NO_BALLOT, type Ballot } from '../model/ballot.js';
import type { TreplicaError } from '../model/errors.js';
import { after, type GroupId, type Instance } from '../model/ids.js';
import type { FoundingRecord, LedgerRecord, LedgerSnapshot, LogEntry } from '../model/records.js';
import type { ViewRecord } from '../model/view.js';
import { DecidedCheck } from './decided-check.js';
import { Inventory, NOTHING, plus, shareOf, type Changes, type InventoryRecord, type RecordKey } from './inventory.js';
import { damaged } from './ledger-errors.js';
import { metaKey, type RecordCodec } from './record-codec.js';

/** One queue's encoded records, wherever they lie: what reading them needs of an implementation of the ledger. */
export interface RecordStore {
  /** All that is outside the log, by key. */
  meta(): Iterable<readonly [key: string, value: Buffer]>;
  /** The log at `from <= instance < to`, ascending. The values must stay as they are for ever: they are handed on. */
  entries(from: Instance, to: Instance): Iterable<readonly [instance: Instance, value: Buffer]>;
  inventory(): Buffer | undefined;
}

/** What one commit writes, in one atomic step. */
export interface Commit {
  readonly changes: Changes;
  /** Encoded. */
  readonly inventory: Buffer;
  readonly inventoryRecord: InventoryRecord;
}

interface Verified {
  readonly inventory: Inventory;
  readonly decidedCheck: DecidedCheck;
}

const START = 0 as Instance;
const END = Number.MAX_SAFE_INTEGER as Instance;

/** What every implementation of the ledger does with its records, and how it finds that they are not what was written. */
export class StoredRecords {
  readonly #store: RecordStore;
  readonly #codec: RecordCodec;
  /** Null until the records have been compared with their inventory. */
  #verified: Verified | null = null;

  constructor(store: RecordStore, codec: RecordCodec) {
    this.#store = store;
    this.#codec = codec;
  }

  /** Implements `Ledger.load`. */
  load(): LedgerSnapshot {
    const { snapshot, verified } = this.#load();
    this.#verified ??= verified;
    return snapshot;
  }

  /** Does what `load` does unless it has been done: nothing is read or written on top of what may be damaged. */
  verify(): Verified {
    this.#verified ??= this.#load().verified;
    return this.#verified;
  }

  /** Implements `Ledger.read`. */
  read(from: Instance, to: Instance, maxBytes: number): LogEntry[] {
    const { inventory, decidedCheck } = this.verify();
    const decidedEnd = Math.min(to, inventory.watermark);
    const entries: LogEntry[] = [];
    let bytes = 0;
    let next = from;
    for (const [instance, value] of this.#store.entries(from, to)) {
      if (next < instance && next < decidedEnd) break;
      const entry = this.#codec.decodeEntry(instance, value);
      if (entry.vote === null && instance < decidedEnd) throw this.#damagedEntry(instance, 'it holds no batch');
      bytes += entry.vote?.batch.body.length ?? 0;
      if (bytes > maxBytes && entries.length > 0) return entries;
      if (!decidedCheck.passes(instance, value)) {
        throw this.#damaged(`an entry of its log below instance ${after(instance)} is not the last that was written`);
      }
      entries.push(entry);
      next = after(instance);
    }
    if (next < decidedEnd) throw this.#damagedEntry(next, 'it is missing');
    return entries;
  }

  /** What a commit of `records` has to write. When that is durable, `committed` is to be called. */
  prepare(records: readonly LedgerRecord[]): Commit {
    const { inventory } = this.verify();
    const changes = new Map<RecordKey, Buffer>();
    let { watermark } = inventory;
    for (const record of records) {
      if (record.kind === 'entry') changes.set(record.entry.instance, this.#codec.encodeEntry(record.entry));
      else changes.set(metaKey(record), this.#codec.encodeMeta(record));
      if (record.kind === 'watermark') watermark = record.watermark;
    }
    const inventoryRecord = inventory.after(changes, watermark);
    return { changes, inventory: this.#codec.encodeInventory(inventoryRecord), inventoryRecord };
  }

  committed({ changes, inventoryRecord }: Commit): void {
    this.verify().inventory.became(inventoryRecord, changes);
  }

  #load(): { readonly snapshot: LedgerSnapshot; readonly verified: Verified } {
    const shares = new Map<RecordKey, number>();
    const meta = this.#loadMeta(shares);
    const written = this.#loadInventory(shares.size);
    const { watermark } = meta;
    if (watermark !== written.watermark) {
      throw this.#damaged(`its decided watermark is ${watermark}, and ${written.watermark} was written`);
    }
    const entries: LogEntry[] = [];
    for (const [instance, value] of this.#store.entries(watermark, END)) {
      entries.push(this.#codec.decodeEntry(instance, value));
      shares.set(instance, shareOf(value));
    }
    this.#compare(shares, written);
    const inventory = new Inventory(written, shares);
    const decidedCheck = new DecidedCheck(watermark, written.decidedDigest);
    return { snapshot: { ...meta, entries }, verified: { inventory, decidedCheck } };
  }

  #loadMeta(shares: Map<RecordKey, number>): Omit<LedgerSnapshot, 'entries'> {
    let identity: LedgerSnapshot['identity'] = null;
    let promise: Ballot = NO_BALLOT;
    let watermark = START;
    let founding: FoundingRecord = { signed: null, refused: [] };
    let group: GroupId | null = null;
    const views: ViewRecord[] = [];
    for (const [key, value] of this.#store.meta()) {
      const record = this.#codec.decodeMeta(key, value);
      shares.set(key, shareOf(value));
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
    return { identity, promise, watermark, founding, group, views };
  }

  #loadInventory(metaCount: number): InventoryRecord {
    const value = this.#store.inventory();
    if (value !== undefined) return this.#codec.decodeInventory(value);
    const [firstEntry] = this.#store.entries(START, END);
    if (metaCount === 0 && firstEntry === undefined) return NOTHING;
    throw this.#damaged('it has records, and the inventory of them is missing');
  }

  #compare(shares: ReadonlyMap<RecordKey, number>, { count, digest }: InventoryRecord): void {
    if (shares.size !== count) {
      throw this.#damaged(`records are missing or out of date: ${shares.size} are there of ${count} that were written`);
    }
    if ([...shares.values()].reduce(plus, 0) !== digest) {
      throw this.#damaged(`records are out of date: not all ${count} of them are the last that were written`);
    }
  }

  #damaged(why: string): TreplicaError {
    return damaged(this.#codec.named('ledger'), why);
  }

  #damagedEntry(instance: Instance, why: string): TreplicaError {
    return damaged(this.#codec.named(`log entry ${instance}`), `${why}, and something was decided there`);
  }
}
