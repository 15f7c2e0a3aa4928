/** A delivery with a log, a state holder and an event loop that a spec turns by hand. */
import { expect } from '@jest/globals';

import { NO_BALLOT } from '../../lib/model/ballot.js';
import { type Batch, type BatchId, batchId, partsOf } from '../../lib/model/batch.js';
import type { Checkpoint } from '../../lib/model/checkpoint.js';
import { DamagedLogError } from '../../lib/model/errors.js';
import type { GroupId, Instance, ProcessId } from '../../lib/model/ids.js';
import type { LogEntry } from '../../lib/model/records.js';
import type { Base } from '../../lib/paxos/base.js';
import { Batcher } from '../../lib/paxos/batcher.js';
import { Delivery } from '../../lib/paxos/delivery.js';
import type { HolderEvent } from '../../lib/queue/events.js';
import type { Consumer, DeliveredBatch, StateKeeper, StateSink } from '../../lib/queue/state-holder.js';
import { packBody, unpackBody } from '../../lib/sequence/batch-body.js';
import { BEGINNING_STATE, Cursor, type Stretch } from '../../lib/sequence/cursor.js';
import { Turns } from '../../lib/simulation/checkers/turns.js';
import { ANNA } from './ids.js';

export const SELF = ANNA;
const INCARNATION = 2;
const CATCH_UP_BYTES = 100;
const ENDLESS = { bytes: Infinity, positions: Infinity };

function batchOf(id: BatchId, texts: readonly string[]): Batch {
  const messages = texts.map((text) => Buffer.from(text));
  return {
    id,
    body: packBody(
      messages,
      messages.reduce((sum, { length }) => sum + length, 0),
      77,
    ),
  };
}

/** A batch whose messages follow from its id. */
export function foreign(process: ProcessId, incarnation: number, sequence: number): Batch {
  return numbered(batchId(process, incarnation, sequence), sequence);
}

/** The only batch of an incarnation, of which there is one for each number: delivered unless a later one was before. */
export function lone(process: ProcessId, number: number): Batch {
  return numbered(batchId(process, number + 1, 0), number);
}

function numbered(id: BatchId, number: number): Batch {
  const texts = Array.from({ length: number % 4 }, (_, index) => `${id}/${String(index)}`);
  return batchOf(id, texts);
}

function batcherOfSelf(): Batcher {
  const limits = {
    pendingMessagesMax: 100,
    pendingBytesMax: 1e6,
    batchBytesMax: 1e6,
    batchesInFlightMax: 100,
    bytesInFlightMax: () => 1e9,
  };
  return new Batcher({ process: SELF, startNumber: INCARNATION, since: 0 as Instance, now: () => 77, limits });
}

/** What a holder was given, and whether it pushes back. */
export class Holder implements Consumer {
  isReady = true;
  readonly batches: DeliveredBatch[] = [];
  stops: [readonly unknown[], Error | null][] = [];
  onDeliver: (batch: DeliveredBatch) => void = () => {};
  readonly #log: readonly Batch[];

  /** A holder that pushes back where an instance may deliver several batches needs the log, and all of it from the first on. */
  constructor(log: readonly Batch[] = []) {
    this.#log = log;
  }

  deliver(batch: DeliveredBatch): void {
    expect(this.isReady || this.#isWithinInstance()).toBe(true);
    this.batches.push(batch);
    this.onDeliver(batch);
  }

  stopped(tickets: readonly unknown[], cause: Error | null): void {
    this.stops.push([tickets, cause]);
  }

  get texts(): string[] {
    return this.batches.flatMap(({ messages }) => messages.map(String));
  }

  /** What one instance delivers comes as a whole: whether the next batch is of the same one as the latest. */
  #isWithinInstance(): boolean {
    const { length } = this.batches;
    const expected = expectedOf(this.#log);
    const instance = expected[length]?.instance;
    return instance !== undefined && instance === expected[length - 1]?.instance;
  }
}

/** A holder whose state is the texts that it has been given, so that what it has been given twice or not at all is seen. */
export class KeptHolder extends Holder {
  state: string[] = [];
  readonly skipped: unknown[] = [];
  readonly keeper: StateKeeper = {
    save: () => this.state.map((text) => Buffer.from(text)).values(),
    restore: () => {
      const restored: string[] = [];
      return {
        push: (piece) => restored.push(Buffer.from(piece).toString()),
        finish: () => {
          this.state = restored;
        },
      };
    },
    skipped: (tickets) => {
      this.skipped.push(...tickets);
    },
  };

  override deliver(batch: DeliveredBatch): void {
    super.deliver(batch);
    this.state.push(...batch.messages.map(String));
  }
}

/** A restoration that waits for the spec. */
interface Restoration {
  readonly base: Base;
  readonly finish: () => Promise<void>;
  readonly fail: (error: Error) => Promise<void>;
}

/** A delivery, the log that it reads and the turns of the event loop that it has asked for. */
export class DeliverySubject {
  readonly batcher: Batcher;
  readonly delivery: Delivery;
  readonly failures: Error[] = [];
  readonly lost: Error[] = [];
  readonly damages: DamagedLogError[] = [];
  /** Restorations that have begun, oldest first. */
  readonly restorations: Restoration[] = [];
  readonly log: Batch[] = [];
  /** The log does not hold what is below, nor what is damaged. */
  start = 0;
  damaged: Instance | null = null;
  decided = 0;
  readable = 0;
  reads = 0;
  /** What the holder has told. */
  readonly told: HolderEvent[] = [];
  /** Told when something may have been delivered. */
  onProgress = () => {};
  readonly #stretch: Stretch;
  readonly #deferred: (() => void)[] = [];

  constructor(options: { readonly base?: Base; readonly isAdrift?: boolean; readonly stretch?: Stretch } = {}) {
    this.#stretch = options.stretch ?? ENDLESS;
    this.batcher = batcherOfSelf();
    this.delivery = new Delivery({
      batcher: this.batcher,
      base: options.base ?? null,
      isAdrift: options.isAdrift ?? false,
      stretch: this.#stretch,
      restore: (checkpoint, keeper) => this.#restore(checkpoint, keeper),
      read: (from, to, maxBytes) => this.#read(from, to, maxBytes),
      catchUpBytes: CATCH_UP_BYTES,
      defer: (callback) => this.#deferred.push(callback),
      tell: (event) => this.told.push(event),
      fail: (error) => this.failures.push(error),
    });
    this.delivery.begin({
      lostCheckpoint: (error) => this.lost.push(error),
      damagedHere: (damage) => this.damages.push(damage),
      progressed: () => this.onProgress(),
    });
  }

  /** Decides up to `count` instances more. */
  decide(count: number): void {
    const until = Math.min(this.log.length, this.decided + count);
    const decisions = [];
    for (; this.decided < until; this.decided += 1) {
      decisions.push({ instance: this.decided as Instance, batch: this.log[this.decided]! });
    }
    this.delivery.decided(decisions);
  }

  /** Makes up to `count` instances more readable. */
  commit(count: number): void {
    this.readable = Math.min(this.log.length, this.readable + count);
    this.delivery.readableUntil(this.readable as Instance);
  }

  /** A checkpoint of who has been given everything below `next`. */
  baseAt(next: number): Base {
    const cursor = new Cursor(BEGINNING_STATE, this.#stretch);
    for (let instance = 0; instance < next; instance += 1) cursor.pass(instance as Instance, this.log[instance]!);
    const { state } = cursor;
    const checkpoint = { next: state.next, position: state.position, chunks: 1, bytes: 1, digest: `of ${next}` };
    return { checkpoint, cursor: state, group: 'ab'.repeat(16) as GroupId, views: [], keys: [] };
  }

  /** What the core does: the checkpoint's record is durable, and decisions come from its end on. */
  install(base: Base): void {
    const { next } = base.checkpoint;
    this.delivery.install(base);
    if (next <= this.decided) return;
    this.decided = next;
    this.start = next;
    this.readable = Math.max(this.readable, next);
    this.delivery.readableUntil(next);
  }

  /** A process that starts with this log. */
  startedWith(...batches: readonly Batch[]): this {
    this.log.push(...batches);
    this.decided = this.log.length;
    this.commit(this.log.length);
    return this;
  }

  decideAndCommit(...batches: readonly Batch[]): void {
    this.log.push(...batches);
    this.decide(batches.length);
    this.commit(batches.length);
  }

  /** One turn of the event loop; returns whether anything was waiting for it. */
  turn(): boolean {
    const callback = this.#deferred.shift();
    callback?.();
    return callback !== undefined;
  }

  settle(): void {
    for (let turns = 0; this.turn(); turns += 1) expect(turns).toBeLessThan(1000);
  }

  #restore(checkpoint: Checkpoint, keeper: StateKeeper): Promise<StateSink> {
    return new Promise((resolve, reject) => {
      const settled = () => new Promise<void>((done) => setImmediate(done));
      this.restorations.push({
        base: this.baseAt(checkpoint.next),
        finish: () => {
          const sink = keeper.restore(checkpoint.position);
          for (const text of textsUntil(this.log, checkpoint.next)) sink.push(Buffer.from(text));
          resolve(sink);
          return settled();
        },
        fail: (error) => {
          reject(error);
          return settled();
        },
      });
    });
  }

  #read(from: Instance, to: Instance, maxBytes: number): LogEntry[] {
    expect(to).toBeLessThanOrEqual(this.readable);
    expect(from).toBeGreaterThanOrEqual(this.start);
    this.reads += 1;
    if (from === this.damaged) throw new DamagedLogError(from, (from + 1) as Instance, 'it is damaged');
    const entries: LogEntry[] = [];
    let bytes = 0;
    for (let instance = from; instance < to && bytes <= maxBytes; instance = (instance + 1) as Instance) {
      if (instance === this.damaged) break;
      const batch = this.log[instance];
      if (batch === undefined) break;
      bytes += batch.body.length;
      if (bytes <= maxBytes || entries.length === 0)
        entries.push({ instance, promised: NO_BALLOT, vote: { ballot: NO_BALLOT, batch } });
    }
    return entries;
  }
}

/** The texts that a holder holds after everything below `next`. */
export function textsUntil(log: readonly Batch[], next: number): string[] {
  return expectedOf(log.slice(0, next)).flatMap(({ texts }) => texts);
}

/** What must be delivered where `log` is decided, and by which instance: the naive way. */
export function expectedOf(
  log: readonly Batch[],
): { position: number; origin: ProcessId; texts: string[]; id: BatchId; instance: number }[] {
  const turns = new Turns();
  let position = 0;
  return log.flatMap(({ id, body }, instance) =>
    turns.chosen(instance, id, body.length).map((turn) => {
      const texts = unpackBody(log[turn.instance]?.body ?? new Uint8Array(0)).messages.map(String);
      position += texts.length;
      const { process } = partsOf(turn.id as BatchId);
      return { position: position - texts.length, origin: process, texts, id: turn.id as BatchId, instance };
    }),
  );
}
