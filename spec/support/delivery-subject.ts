/** A delivery with a log, a state holder and an event loop that a spec turns by hand. */
import { expect } from '@jest/globals';

import { NO_BALLOT } from '../../lib/model/ballot.js';
import { batchId, NO_OP_ID, partsOf, type Batch, type BatchId } from '../../lib/model/batch.js';
import type { Instance, ProcessId } from '../../lib/model/ids.js';
import type { LogEntry } from '../../lib/model/records.js';
import { packBody, unpackBody } from '../../lib/queue/batch-body.js';
import { Batcher } from '../../lib/queue/batcher.js';
import { Delivery, type Consumer } from '../../lib/queue/delivery.js';
import type { DeliveredBatch } from '../../lib/queue/state-holder.js';

export const SELF = 'aaaaaaaaaaaaaaaa' as ProcessId;
export const BERT = 'bbbbbbbbbbbbbbbb' as ProcessId;
const INCARNATION = 2;
const CATCH_UP_BYTES = 100;

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
  const id = batchId(process, incarnation, sequence);
  return batchOf(
    id,
    Array.from({ length: sequence % 4 }, (_, index) => `${id}/${index}`),
  );
}

function batcherOfSelf(): Batcher {
  const limits = {
    pendingMessagesMax: 100,
    pendingBytesMax: 1e6,
    batchBytesMax: 1e6,
    batchesInFlightMax: 100,
    bytesInFlightMax: 1e9,
  };
  return new Batcher({ process: SELF, incarnation: INCARNATION, now: () => 77, limits });
}

/** What a holder was given, and whether it pushes back. */
export class Holder implements Consumer {
  ready = true;
  readonly batches: DeliveredBatch[] = [];
  stops: [readonly unknown[], Error | null][] = [];
  onDeliver: (batch: DeliveredBatch) => void = () => {};

  deliver(batch: DeliveredBatch): void {
    expect(this.ready).toBe(true);
    this.batches.push(batch);
    this.onDeliver(batch);
  }

  stopped(tickets: readonly unknown[], cause: Error | null): void {
    this.stops.push([tickets, cause]);
  }

  get texts(): string[] {
    return this.batches.flatMap(({ messages }) => messages.map(String));
  }
}

/** A delivery, the log that it reads and the turns of the event loop that it has asked for. */
export class DeliverySubject {
  readonly batcher: Batcher;
  readonly delivery: Delivery;
  readonly failures: Error[] = [];
  readonly log: Batch[] = [];
  decided = 0;
  readable = 0;
  reads = 0;
  readonly #deferred: (() => void)[] = [];

  constructor(batcher = batcherOfSelf()) {
    this.batcher = batcher;
    this.delivery = new Delivery({
      batcher,
      read: (from, to, maxBytes) => this.#read(from, to, maxBytes),
      catchUpBytes: CATCH_UP_BYTES,
      defer: (callback) => this.#deferred.push(callback),
      fail: (error) => this.failures.push(error),
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

  #read(from: Instance, to: Instance, maxBytes: number): LogEntry[] {
    expect(to).toBeLessThanOrEqual(this.readable);
    this.reads += 1;
    const entries: LogEntry[] = [];
    let bytes = 0;
    for (let instance = from; instance < to && bytes <= maxBytes; instance = (instance + 1) as Instance) {
      const batch = this.log[instance];
      if (batch === undefined) break;
      bytes += batch.body.length;
      if (bytes <= maxBytes || entries.length === 0)
        entries.push({ instance, promised: NO_BALLOT, vote: { ballot: NO_BALLOT, batch } });
    }
    return entries;
  }
}

/** What must be delivered where `log` is decided: the naive way. */
export function expectedOf(
  log: readonly Batch[],
): { position: number; origin: ProcessId; texts: string[]; id: BatchId }[] {
  const delivered: BatchId[] = [];
  let position = 0;
  return log.flatMap(({ id, body }) => {
    if (id === NO_OP_ID || delivered.includes(id)) return [];
    const { process, incarnation } = partsOf(id);
    if (delivered.map(partsOf).some((other) => other.process === process && other.incarnation > incarnation)) return [];
    delivered.push(id);
    const texts = unpackBody(body).messages.map(String);
    position += texts.length;
    return [{ position: position - texts.length, origin: process, texts, id }];
  });
}
