import { assert } from '../../model/assert.js';
import type { TreplicaError } from '../../model/errors.js';
import { DamagedLogError, isDamage } from '../../model/errors.js';
import { after, type Instance } from '../../model/ids.js';
import type { LedgerRecord, LedgerSnapshot, LogEntry } from '../../model/records.js';
import { damaged, damagedLog } from '../ledger-errors.js';
import { CommitPlan } from './commit-plan.js';
import { type Changes, type InventoryRecord, NOTHING, plus, type RecordKey, type Share, shareOf } from './inventory.js';
import type { LogState } from './log-state.js';
import type { RecordCodec } from './record-codec.js';
import { type Doubt, SegmentChecks } from './segment-checks.js';
import { StoredMeta } from './stored-meta.js';

/** One queue's encoded records, wherever they lie: what reading them needs of an implementation of the ledger. */
export interface RecordStore {
  /** Of the log that is held here. */
  readonly segmentInstances: number;
  /** All that is outside the log, by key. */
  meta(): Iterable<readonly [key: string, value: Buffer]>;
  /** The log at `from <= instance < to`, ascending. The values must stay as they are for ever: they are handed on. */
  entries(from: Instance, to: Instance): Iterable<readonly [instance: Instance, value: Buffer]>;
  inventory(): Buffer | undefined;
}

/** The writes of one commit, in one atomic step. */
export interface Commit {
  readonly changes: Changes;
  /** Encoded. */
  readonly inventory: Buffer;
  readonly inventoryRecord: InventoryRecord;
  /**
   * Entries below are to be removed: those of the segment that it lies in along with the changes, whole segments there
   * or later.
   */
  readonly start: Instance;
  readonly plan: CommitPlan;
}

interface Verified {
  readonly checks: SegmentChecks;
  state: LogState;
}

const START = 0 as Instance;
const END = Number.MAX_SAFE_INTEGER as Instance;

/** The handling of records in every implementation of the ledger, and the checks that they are as they were written. */
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

  /** Implements `Ledger.start`. */
  get start(): Instance {
    return this.verify().state.start;
  }

  /** Implements `Ledger.logBytes`. */
  get logBytes(): number {
    return this.#verified?.state.decidedBytes ?? 0;
  }

  /** Does what `load` does unless it has been done: nothing is read or written on top of what may be damaged. */
  verify(): Verified {
    this.#verified ??= this.#load().verified;
    return this.#verified;
  }

  /** Implements `Ledger.read`. */
  read(from: Instance, to: Instance, maxBytes: number): LogEntry[] {
    const { start, watermark } = this.verify().state;
    assert(from >= start, 'the log is read from its start on', { from, start });
    const decidedEnd = Math.min(to, watermark);
    const entries: LogEntry[] = [];
    let bytes = 0;
    let next = from;
    try {
      for (const [instance, value] of this.#store.entries(from, to)) {
        if (next < instance && next < decidedEnd) break;
        const entry = this.#decode(instance, value);
        bytes += entry.vote?.batch.body.length ?? 0;
        if (bytes > maxBytes && entries.length > 0) return entries;
        if (instance < watermark) this.#check(instance);
        entries.push(entry);
        next = after(instance);
      }
      if (next < decidedEnd) throw this.#damagedEntry(next, 'it is missing');
    } catch (error) {
      const sound = error instanceof DamagedLogError ? this.#withoutDoubt(entries) : [];
      if (sound.length === 0) throw error;
      return sound;
    }
    return entries;
  }

  /** The writes of a commit of `records`. When they are durable, `committed` is to be called. */
  prepare(records: readonly LedgerRecord[]): Commit {
    const { state, checks } = this.verify();
    const plan = new CommitPlan(records, state, checks, this.#codec, this.#store.segmentInstances);
    const inventoryRecord = plan.inventory();
    const inventory = this.#codec.encodeInventory(inventoryRecord);
    return { changes: plan.changes, inventory, inventoryRecord, start: plan.start, plan };
  }

  committed({ plan, inventoryRecord }: Commit): void {
    const verified = this.verify();
    verified.state = plan.done(inventoryRecord);
  }

  #load(): { readonly snapshot: LedgerSnapshot; readonly verified: Verified } {
    const meta = new StoredMeta(this.#store.meta(), this.#codec);
    const { shares, start, watermark, sealed } = meta;
    const written = this.#loadInventory(shares.size);
    if (watermark !== written.watermark) {
      throw this.#damaged(`its decided watermark is ${watermark}, and ${written.watermark} was written`);
    }
    const entries: LogEntry[] = [];
    for (const [instance, value] of this.#store.entries(watermark, END)) {
      const entry = this.#codec.decodeEntry(instance, value);
      entries.push(entry);
      shares.set(instance, { digest: shareOf(value), bytes: entry.vote?.batch.body.length ?? 0 });
    }
    this.#compare(shares, written);
    const { digest, open } = written;
    const decidedBytes = [...sealed.values()].reduce((sum, { bytes }) => sum + bytes, open.bytes);
    const checkpointed = meta.snapshot.checkpoint?.next ?? START;
    const state = { watermark, start, checkpointed, digest, shares, open, sealed, decidedBytes };
    const checks = new SegmentChecks(this.#store.segmentInstances, state);
    return { snapshot: { ...meta.snapshot, entries }, verified: { state, checks } };
  }

  #loadInventory(metaCount: number): InventoryRecord {
    const value = this.#store.inventory();
    if (value !== undefined) return this.#codec.decodeInventory(value);
    const [firstEntry] = this.#store.entries(START, END);
    if (metaCount === 0 && firstEntry === undefined) return NOTHING;
    throw this.#damaged('it has records, and the inventory of them is missing');
  }

  #compare(shares: ReadonlyMap<RecordKey, Share>, { count, digest }: InventoryRecord): void {
    if (shares.size !== count) {
      throw this.#damaged(`records are missing or out of date: ${shares.size} are there of ${count} that were written`);
    }
    if ([...shares.values()].reduce((sum, share) => plus(sum, share.digest), 0) !== digest) {
      throw this.#damaged(`records are out of date: not all ${count} of them are the last that were written`);
    }
  }

  /** @throws DamagedLogError where it is below the watermark, any other TreplicaError elsewhere */
  #decode(instance: Instance, value: Buffer): LogEntry {
    const isDecided = instance < this.verify().state.watermark;
    let entry: LogEntry;
    try {
      entry = this.#codec.decodeEntry(instance, value);
    } catch (error) {
      const isDamaged = isDamage(error);
      throw isDecided && isDamaged ? this.#damagedEntry(instance, 'it is not what was written', error) : error;
    }
    if (isDecided && entry.vote === null) throw this.#damagedEntry(instance, 'it holds no batch');
    return entry;
  }

  /** @throws DamagedLogError where the entry is one of those that are together not what was written */
  #check(instance: Instance): void {
    this.#examineSegmentOf(instance);
    const doubt = this.verify().checks.doubtAt(instance);
    if (doubt) throw this.#doubtful(doubt);
  }

  /**
   * Before the first entry of a segment is handed out, all of them are compared with their digest: otherwise an earlier
   * version of one could be executed before it is found. An entry that is not sound by itself is found when it is read.
   */
  #examineSegmentOf(instance: Instance): void {
    const { checks, state } = this.verify();
    const extent = checks.toExamine(instance, state);
    if (extent === null) return;
    let digest = 0;
    let next = extent.from;
    for (const [at, value] of this.#store.entries(extent.from, extent.end)) {
      if (at !== next || !this.#codec.isSound(at, value)) return;
      digest = plus(digest, shareOf(value));
      next = after(at);
    }
    if (next === extent.end) checks.examined(extent, digest, state);
  }

  #withoutDoubt(entries: readonly LogEntry[]): LogEntry[] {
    const { checks } = this.verify();
    return entries.filter(({ instance }) => checks.doubtAt(instance) === null);
  }

  #doubtful({ from, end }: Doubt): DamagedLogError {
    const name = this.#codec.named(`log from instance ${from} to ${end - 1}`);
    return damagedLog(name, from, end, 'one of its entries is not the last that was written');
  }

  #damaged(why: string): TreplicaError {
    return damaged(this.#codec.named('ledger'), why);
  }

  #damagedEntry(instance: Instance, why: string, cause?: unknown): DamagedLogError {
    return damagedLog(this.#codec.named(`log entry ${instance}`), instance, after(instance), why, cause);
  }
}
