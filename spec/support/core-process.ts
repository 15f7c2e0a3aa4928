import { Consensus } from '../../lib/consensus/consensus.js';
import type { ConsensusOptions } from '../../lib/consensus/consensus-options.js';
import type { Effects, Installation, Notice } from '../../lib/consensus/effects.js';
import type { Mode } from '../../lib/consensus/mode.js';
import { NO_BALLOT } from '../../lib/model/ballot.js';
import { NO_BASE } from '../../lib/model/base.js';
import { type Batch, type BatchId, batchId, ofKind, type ValueKind } from '../../lib/model/batch.js';
import type { Checkpoint } from '../../lib/model/checkpoint.js';
import type { Instance, Position, ProcessId } from '../../lib/model/ids.js';
import { type LedgerRecord, type LedgerSnapshot, type LogEntry, NO_FOUNDING } from '../../lib/model/records.js';
import { defaults } from '../../lib/model/settings.js';
import { NO_STARTS, type Nonce, startNumber } from '../../lib/model/start.js';
import { DeliveryTable } from '../../lib/sequence/delivery-table.js';
import { idOf } from './ids.js';

/** No directory is put back here. */
export const NO_NONCE = '0'.repeat(32) as Nonce;

/** What survives a crash: the records of one process, applied in order. */
class Disk {
  promise = NO_BALLOT;
  watermark = 0 as Instance;
  founding: LedgerSnapshot['founding'] = NO_FOUNDING;
  views: LedgerSnapshot['views'] = [];
  group: LedgerSnapshot['group'] = null;
  borderInstances: LedgerSnapshot['borderInstances'] = null;
  keys: LedgerSnapshot['keys'] = [];
  base = NO_BASE;
  incarnation = 1;
  readonly log = new Map<Instance, LogEntry>();
  checkpoint: Checkpoint | null = null;
  /** The first instance that the log holds. */
  start = 0 as Instance;

  apply(records: readonly LedgerRecord[]): void {
    for (const record of records) {
      if (record.kind === 'promise') this.promise = record.ballot;
      else if (record.kind === 'entry') this.log.set(record.entry.instance, record.entry);
      else if (record.kind === 'watermark') this.watermark = record.watermark;
      else if (record.kind === 'checkpoint') this.#goOnFrom(record.checkpoint);
      else if (record.kind === 'founding') this.founding = record.founding;
      else if (record.kind === 'base') this.base = record.base;
      else if (record.kind === 'keys') this.keys = [...this.keys, record.record];
      else if (record.kind === 'dissolution') this.#dissolve();
      else if (record.kind === 'view') {
        this.views = [...this.views, record.record];
        this.group = record.group;
        this.borderInstances = record.borderInstances;
      }
    }
  }

  #dissolve(): void {
    this.promise = NO_BALLOT;
    this.views = [];
    this.group = null;
    this.borderInstances = null;
    this.incarnation = 1;
    for (const instance of [...this.log.keys()]) if (instance >= this.watermark) this.log.delete(instance);
  }

  /** A checkpoint of all that is known to be decided takes the place of the log below its end. */
  cut(): void {
    this.#goOnFrom(checkpointAt(this.watermark));
  }

  #goOnFrom(checkpoint: Checkpoint): void {
    this.checkpoint = checkpoint;
    this.start = checkpoint.next;
    if (checkpoint.next > this.watermark) this.watermark = checkpoint.next;
    for (const instance of [...this.log.keys()]) if (instance < this.start) this.log.delete(instance);
  }

  /** What was decided at an instance below the watermark. */
  batchAt(instance: Instance): Batch {
    const batch = this.log.get(instance)?.vote?.batch;
    if (batch === undefined) throw new Error(`the log lacks instance ${instance}, which is below the watermark`);
    return batch;
  }

  snapshot(process: ProcessId): LedgerSnapshot {
    const entries = [...this.log.values()]
      .filter((entry) => entry.instance >= this.watermark)
      .sort((a, b) => a.instance - b.instance);
    return {
      identity: { process, incarnation: this.incarnation, founds: true },
      promise: this.promise,
      watermark: this.watermark,
      founding: this.founding,
      group: this.group,
      borderInstances: this.borderInstances,
      views: this.views,
      entries,
      start: this.start,
      checkpoint: this.checkpoint,
      verdict: null,
      base: this.base,
      starts: NO_STARTS,
      keys: this.keys,
    };
  }
}

/** What a process that has delivered everything below `next` has: on a disk as small as this its name is all of it. */
export function checkpointAt(next: Instance): Checkpoint {
  return { next, position: next as number as Position, chunks: 1, bytes: 1, digest: `${next}`.padStart(32, '0') };
}

/** What a process wants done, and up to where its log may be read once that is done. */
export interface Turn {
  readonly effects: Effects;
  readonly readable: Instance;
}

export interface ProcessOptions extends Partial<
  Pick<ConsensusOptions, 'founds' | 'observes' | 'votesAPromise' | 'isSound' | 'borderInstances' | 'settings'>
> {
  readonly replicas: number;
  readonly mode: Mode;
  readonly random: () => number;
  readonly deliveryRowsMax?: number | undefined;
}

/** One process: a core, its disk, and what it has decided, in order. */
export class CoreProcess {
  readonly id: ProcessId;
  /** Decisions of all incarnations. */
  readonly decided = new Map<Instance, BatchId>();
  /** Those of them that were delivered. */
  readonly decidedIds = new Set<BatchId>();
  /** What it has delivered, as a table. */
  table: DeliveryTable;
  /** The table has been told of everything below. */
  passed = 0 as Instance;
  /** What it has proposed in this life and not delivered. */
  inFlight: Batch[] = [];
  /** What was in flight when it went on from a checkpoint that does not tell whether it was delivered. */
  readonly unknown: Batch[] = [];
  readonly notices: Notice[] = [];
  /** Reads that were served, and how much had been decided by then. */
  readonly readable: { readonly ticket: number; readonly decided: Instance }[] = [];
  /** Null while the process is down. */
  core: Consensus | null = null;
  /** A checkpoint of another process that has come and is to be gone on from. */
  installation: Installation | null = null;
  /** The commit that is under way. */
  commit: (Turn & { readonly due: number }) | null = null;
  /** How far its clock is from the right one, in milliseconds. */
  clockOffsetMs = 0;
  #sequence = 0;
  #since = 0 as Instance;

  constructor(
    readonly number: number,
    readonly options: ProcessOptions,
    readonly disk = new Disk(),
  ) {
    this.id = idOf(number);
    this.table = new DeliveryTable(undefined, options.deliveryRowsMax);
    this.start();
  }

  start(): void {
    this.#sequence = 0;
    this.#since = this.disk.watermark;
    this.inFlight = [];
    this.commit = null;
    this.installation = null;
    this.core = new Consensus(
      {
        self: this.id,
        settings: defaults,
        incarnation: this.disk.incarnation,
        isAdmitted: true,
        founds: true,
        observes: false,
        isSound,
        ...this.options,
      },
      this.disk.snapshot(this.id),
    );
  }

  /** What was not durable is lost. */
  crash(): void {
    this.core = null;
    this.commit = null;
  }

  newBatch(text: string): Batch {
    const batch = { id: this.#nextId(), body: Buffer.from(text) };
    this.inFlight.push(batch);
    return batch;
  }

  /** Has no number in the series of this process, and is not what its callers wait for. */
  newValue(kind: Exclude<ValueKind, 'messages'>, body: Uint8Array, which: number): Batch {
    return { id: ofKind(kind, batchId(this.id, this.#startNumber, which)), body };
  }

  /** What is in flight under other ids, where nothing of the series under way is delivered any more; otherwise null. */
  renewed(): readonly Batch[] | null {
    if (
      this.core === null ||
      !this.table.isForgotten({ process: this.id, incarnation: this.#startNumber, since: this.#since })
    )
      return null;
    this.#since = this.core.watermark;
    this.#sequence = 0;
    this.inFlight = this.inFlight.map(({ body }) => ({ id: this.#nextId(), body }));
    return this.inFlight;
  }

  get #startNumber(): number {
    return startNumber({ incarnation: this.disk.incarnation, nonce: NO_NONCE });
  }

  #nextId(): BatchId {
    const id = batchId(this.id, this.#startNumber, this.#sequence, this.#since);
    this.#sequence += 1;
    return id;
  }

  noticed<K extends Notice['kind']>(kind: K): Extract<Notice, { kind: K }>[] {
    return this.notices.filter((notice): notice is Extract<Notice, { kind: K }> => notice.kind === kind);
  }
}

/** What the bodies of specs are: texts, of which those that begin with an exclamation mark are no bodies at all. */
function isSound({ body }: Batch): boolean {
  return body.length > 0 && body[0] !== '!'.charCodeAt(0);
}
