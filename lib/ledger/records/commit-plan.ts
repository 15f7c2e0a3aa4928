import { assert } from '../../model/assert.js';
import { NO_BALLOT } from '../../model/ballot.js';
import type { Checkpoint } from '../../model/checkpoint.js';
import { constants } from '../../model/constants.js';
import { after, type Instance } from '../../model/ids.js';
import type { LedgerRecord, LogEntry } from '../../model/records.js';
import { CommitRepairs, type DigestChange } from './commit-repairs.js';
import {
  type Change,
  type InventoryRecord,
  NO_TALLY,
  plus,
  type RecordKey,
  type Share,
  shareOf,
  type Tally,
  tallyWith,
} from './inventory.js';
import { firstOf, type LogState, segmentOf } from './log-state.js';
import { isOfGroup, metaKey, type RecordCodec, segmentKey } from './record-codec.js';
import type { SegmentChecks } from './segment-checks.js';

/** The effect of a commit on the log as a whole: of each kind of its records, the last. */
interface Marks {
  readonly watermark: Instance | null;
  readonly checkpoint: Checkpoint | null;
  readonly keepBytes: number | null;
}

/** Computes what a commit must write, and the state of the log once it is durable. Changes only itself. */
export class CommitPlan {
  /** The data to write. */
  readonly changes = new Map<RecordKey, Change | null>();
  readonly watermark: Instance;
  #start: Instance;
  readonly #checkpointed: Instance;
  #open: Tally;
  #decidedBytes: number;
  /** Tallies of complete segments: those that are new or changed, and null for those that go. */
  readonly #tallies = new Map<number, Tally | null>();
  /** Instances that the inventory counts no longer. */
  readonly #settled: Instance[] = [];
  /** Null where the commit repairs nothing. */
  #repairs: CommitRepairs | null = null;
  readonly #state: LogState;
  readonly #checks: SegmentChecks;
  readonly #codec: RecordCodec;
  readonly #segmentInstances: number;

  constructor(
    records: readonly LedgerRecord[],
    state: LogState,
    checks: SegmentChecks,
    codec: RecordCodec,
    segmentInstances: number,
  ) {
    this.#state = state;
    this.#checks = checks;
    this.#codec = codec;
    this.#segmentInstances = segmentInstances;
    const { watermark, checkpoint, keepBytes } = marksOf(records);
    const isInstallation = checkpoint !== null && checkpoint.next > state.watermark;
    this.watermark = watermark ?? state.watermark;
    this.#start = state.start;
    this.#open = state.open;
    this.#decidedBytes = state.decidedBytes;
    this.#checkpointed = checkpoint?.next ?? state.checkpointed;
    this.#assertPossible(checkpoint);
    for (const record of records) this.#take(record);
    if (records.some(({ kind }) => kind === 'dissolution')) this.#dissolve();
    if (isInstallation) this.#install(checkpoint.next);
    this.#decide(isInstallation ? checkpoint.next : state.watermark);
    this.#repairs?.changeDigests((instance, digestAfter) => {
      this.#setDigest(instance, digestAfter);
    });
    if (keepBytes !== null) this.#truncate(keepBytes);
    this.#writeTallies();
  }

  /** Entries below are gone. */
  get start(): Instance {
    return this.#start;
  }

  /** The inventory to be written along. */
  inventory(): InventoryRecord {
    const { shares } = this.#state;
    let { size: count } = shares;
    let { digest } = this.#state;
    const leave = (key: RecordKey): void => {
      const share = shares.get(key);
      if (share === undefined) return;
      count -= 1;
      digest = plus(digest, -share.digest);
    };
    for (const instance of this.#settled) if (!this.changes.has(instance)) leave(instance);
    for (const [key, change] of this.changes) {
      leave(key);
      if (change === null || !this.#isCounted(key)) continue;
      count += 1;
      digest = plus(digest, change.digest);
    }
    return { watermark: this.watermark, count, digest, open: this.#open };
  }

  /** For when it is durable, together with `inventory`. */
  done({ digest }: InventoryRecord): LogState {
    const { shares, sealed, start } = this.#state;
    for (const [key, change] of this.changes) {
      if (change !== null && this.#isCounted(key)) shares.set(key, { digest: change.digest, bytes: change.bytes });
      else shares.delete(key);
    }
    for (const instance of this.#settled) shares.delete(instance);
    for (const [number, tally] of this.#tallies) {
      if (tally === null) sealed.delete(number);
      else sealed.set(number, tally);
    }
    this.#repairs?.done();
    if (this.#start > start) this.#checks.startRose(this.#start);
    return {
      watermark: this.watermark,
      start: this.#start,
      checkpointed: this.#checkpointed,
      digest,
      shares,
      open: this.#open,
      sealed,
      decidedBytes: this.#decidedBytes,
    };
  }

  #assertPossible(checkpoint: Checkpoint | null): void {
    const { watermark } = this;
    const { watermark: before, start } = this.#state;
    assert(watermark >= before, 'the watermark never goes down', { watermark, before });
    if (checkpoint === null) return;
    assert(checkpoint.next >= start, 'no checkpoint ends below the start of the log', { checkpoint, start });
    assert(checkpoint.next <= watermark, 'a checkpoint holds what is decided', { checkpoint, watermark });
  }

  #take(record: LedgerRecord): void {
    switch (record.kind) {
      case 'entry':
        this.#takeEntry(record.entry);
        break;
      case 'repair':
        this.#takeRepair(record.entry);
        break;
      case 'truncation':
      case 'dissolution':
        break;
      default:
        this.#writeMeta(metaKey(record), this.#codec.encodeMeta(record));
    }
  }

  #takeEntry(entry: LogEntry): void {
    const { watermark } = this.#state;
    const { instance } = entry;
    assert(instance >= watermark, 'no entry below the watermark changes', { instance, watermark });
    this.changes.set(instance, this.#changeOf(entry));
  }

  /**
   * Everything that belongs to the group is void, in this commit too. Entries are never removed one by one: they become
   * empty.
   */
  #dissolve(): void {
    const { watermark, shares } = this.#state;
    assert(this.watermark === watermark, 'a group that has decided something is not dissolved', { watermark });
    const keys = new Set([...shares.keys(), ...this.changes.keys()]);
    for (const key of keys) {
      if (typeof key === 'number') this.#takeEntry({ instance: key, promised: NO_BALLOT, vote: null });
      else if (isOfGroup(key)) this.changes.set(key, null);
    }
  }

  #takeRepair(entry: LogEntry): void {
    const { watermark, start } = this.#state;
    const { instance, vote } = entry;
    assert(start <= instance && instance < watermark, 'what is repaired is decided', { instance, start, watermark });
    assert(vote !== null, 'what is repaired holds a batch', { instance });
    const change = this.#changeOf(entry);
    this.changes.set(instance, change);
    this.#repairs ??= new CommitRepairs(this.#checks);
    this.#repairs.add(instance, change.digest);
  }

  /** The checkpoint takes the place of the whole log below `next`, which has gaps or ends too early. */
  #install(next: Instance): void {
    for (const number of this.#state.sealed.keys()) this.#tallies.set(number, null);
    for (const key of this.#state.shares.keys()) if (typeof key === 'number' && key < next) this.#settled.push(key);
    for (const key of this.changes.keys()) if (typeof key === 'number' && key < next) this.changes.delete(key);
    this.#repairs = null;
    this.#open = NO_TALLY;
    this.#decidedBytes = 0;
    this.#riseTo(next);
  }

  /** Everything from `first` on and below the watermark belongs to the tallies now. */
  #decide(first: Instance): void {
    for (let instance = first; instance < this.watermark; instance = after(instance)) {
      const share: Share | null | undefined = this.changes.get(instance) ?? this.#state.shares.get(instance);
      assert(share !== undefined, 'the log has an entry at every decided instance', {
        instance,
        watermark: this.watermark,
      });
      this.#settled.push(instance);
      this.#open = tallyWith(this.#open, share);
      this.#decidedBytes += share.bytes;
      if (after(instance) % this.#segmentInstances !== 0) continue;
      this.#tallies.set(segmentOf(instance, this.#segmentInstances), this.#open);
      this.#open = NO_TALLY;
    }
  }

  #setDigest(instance: Instance, digestAfter: DigestChange): void {
    const number = segmentOf(instance, this.#segmentInstances);
    const tally = this.#tallies.get(number) ?? this.#state.sealed.get(number);
    if (tally) this.#tallies.set(number, { ...tally, digest: digestAfter(tally.digest) });
    else this.#open = { ...this.#open, digest: digestAfter(this.#open.digest) };
  }

  #truncate(keepBytes: number): void {
    const first = segmentOf(this.#start, this.#segmentInstances);
    const end = Math.min(segmentOf(this.#checkpointed, this.#segmentInstances), first + constants.segmentsDroppedMax);
    for (let number = first; number < end; number += 1) {
      const tally = this.#tallies.get(number) ?? this.#state.sealed.get(number);
      assert(tally !== undefined, 'a segment below the watermark has a tally', { number });
      if (this.#decidedBytes - tally.bytes < keepBytes) return;
      this.#decidedBytes -= tally.bytes;
      this.#tallies.set(number, null);
      this.#riseTo(firstOf(number + 1, this.#segmentInstances));
    }
  }

  #riseTo(start: Instance): void {
    this.#start = start;
    this.#writeMeta('start', this.#codec.encodeMeta({ kind: 'start', start }));
    for (const key of this.changes.keys()) if (typeof key === 'number' && key < start) this.changes.delete(key);
  }

  #writeTallies(): void {
    for (const [number, tally] of this.#tallies) {
      if (tally) this.#writeMeta(segmentKey(number), this.#codec.encodeMeta({ kind: 'segment', number, tally }));
      else if (this.#state.sealed.has(number)) this.changes.set(segmentKey(number), null);
    }
  }

  #writeMeta(key: string, value: Buffer): void {
    this.changes.set(key, { value, digest: shareOf(value), bytes: 0 });
  }

  #changeOf(entry: LogEntry): Change {
    const value = this.#codec.encodeEntry(entry);
    return { value, digest: shareOf(value), bytes: entry.vote?.batch.body.length ?? 0 };
  }

  #isCounted(key: RecordKey): boolean {
    return typeof key === 'string' || key >= this.watermark;
  }
}

function marksOf(records: readonly LedgerRecord[]): Marks {
  let watermark: Instance | null = null;
  let checkpoint: Checkpoint | null = null;
  let keepBytes: number | null = null;
  for (const record of records) {
    if (record.kind === 'watermark') watermark = record.watermark;
    else if (record.kind === 'checkpoint') checkpoint = record.checkpoint;
    else if (record.kind === 'truncation') keepBytes = record.keepBytes;
  }
  return { watermark, checkpoint, keepBytes };
}
