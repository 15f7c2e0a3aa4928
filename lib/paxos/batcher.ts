import { assert } from '../model/assert.js';
import type { Batch, BatchId } from '../model/batch.js';
import { TreplicaError } from '../model/errors.js';
import type { Instance, ProcessId } from '../model/ids.js';
import { Fifo } from '../queue/fifo.js';
import { MESSAGE_HEAD_BYTES, packBody } from '../sequence/batch-body.js';
import type { Series } from '../sequence/delivery-table.js';
import { idOfBody } from '../sequence/sound-batch.js';
import { WaitingRoom } from './waiting-room.js';

interface BatcherOptions {
  readonly process: ProcessId;
  /** Names this start of the process in the ids of its batches. */
  readonly startNumber: number;
  /** Everything below is known to be decided. */
  readonly since: Instance;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly limits: {
    readonly pendingMessagesMax: number;
    readonly pendingBytesMax: number;
    readonly batchBytesMax: number;
    readonly batchesInFlightMax: number;
    /** Called once there is a group: it depends on how many members share a receiver's buffer. */
    readonly bytesInFlightMax: () => number;
  };
}

/** The messages of a batch that has not been made yet. */
class Parcel {
  readonly messages: Uint8Array[] = [];
  readonly tickets: unknown[] = [];
  /** Of the messages alone. */
  bytes = 0;

  get packedBytes(): number {
    return this.bytes + MESSAGE_HEAD_BYTES * this.messages.length;
  }

  add(message: Uint8Array, ticket: unknown): void {
    this.messages.push(message);
    this.tickets.push(ticket);
    this.bytes += message.length;
  }
}

interface InFlight {
  readonly tickets: unknown[];
  readonly bytes: number;
  readonly body: Uint8Array;
}

/**
 * The undelivered messages that were put here: pending messages, gathered into batches in the order in which they came, and the
 * batches in flight. While the limits of flight are reached messages gather, so that batches grow with the load.
 */
export class Batcher {
  readonly #options: BatcherOptions;
  readonly #parcels = new Fifo<Parcel>();
  readonly #waiting: WaitingRoom;
  /** In the order of their numbers. */
  #inFlight = new Map<BatchId, InFlight>();
  #series: Series;
  #last: Parcel | null = null;
  #pendingMessages = 0;
  #pendingBytes = 0;
  #bytesInFlight = 0;
  #sequence = 0;
  #isClosed = false;

  constructor(options: BatcherOptions) {
    this.#options = options;
    this.#series = { process: options.process, incarnation: options.startNumber, since: options.since };
    this.#waiting = new WaitingRoom((messages, bytes) => this.#hasRoom(messages, bytes));
  }

  /** Messages that are in no batch yet. */
  get pendingMessages(): number {
    return this.#pendingMessages;
  }

  /** The waiting room of callers without room, and how many have got in so far; null while nobody waits. */
  get waiting(): { readonly admitted: number; readonly messages: number; readonly bytes: number } | null {
    if (this.#waiting.isEmpty) return null;
    return { admitted: this.#waiting.admitted, messages: this.#pendingMessages, bytes: this.#pendingBytes };
  }

  /** All that was put here and is not delivered yet, in batches or not. Bytes are those of the messages, and some for each in a batch. */
  get undelivered(): { readonly messages: number; readonly bytes: number } {
    let messages = this.#pendingMessages;
    for (const { tickets } of this.#inFlight.values()) messages += tickets.length;
    return { messages, bytes: this.#pendingBytes + this.#bytesInFlight };
  }

  get batchesInFlight(): number {
    return this.#inFlight.size;
  }

  /** Whether everything that was put has been delivered. */
  get isIdle(): boolean {
    return this.#pendingMessages === 0 && this.#inFlight.size === 0;
  }

  /**
   * Takes the message, which must not be changed afterwards, and returns undefined. Where the limits are reached it
   * takes nothing and returns a promise that resolves when this very message will be taken: submit it again at once.
   * Those who wait are served first come, first served. A place that is not claimed by the next turn of the event loop
   * goes to the next.
   * @throws TreplicaError QUEUE_CLOSED, as the promise rejects.
   */
  submit(message: Uint8Array, ticket: unknown): Promise<void> | undefined {
    if (this.#isClosed) throw closedError();
    if (!this.#waiting.mayEnter(message)) return this.#waiting.wait(message);
    const parcel = this.#parcelFor(message);
    parcel.add(message, ticket);
    this.#pendingMessages += 1;
    this.#pendingBytes += message.length;
    return undefined;
  }

  /** The next batch to propose; null while nothing is pending or the limits of flight are reached. */
  nextBatch(): Batch | null {
    this.#waiting.lapse();
    const batch = this.#mayFly() ? this.#launch() : null;
    this.#waiting.admit();
    return batch;
  }

  /** The series of its batches. */
  get series(): Series {
    return this.#series;
  }

  /**
   * Begins another series: nothing of the one under way is delivered any more. Returns the batches in flight, which have
   * not been delivered, under their new ids.
   */
  renew(since: Instance): Batch[] {
    const { since: current } = this.#series;
    assert(since > current, 'series of one incarnation follow each other', { since, current });
    this.#series = { ...this.#series, since };
    this.#sequence = 0;
    const inFlight = Array.from(this.#inFlight.values(), (batch) => ({ id: this.#nextId(batch.body), batch }));
    this.#inFlight = new Map(inFlight.map(({ id, batch }) => [id, batch]));
    return inFlight.map(({ id, batch: { body } }) => ({ id, body }));
  }

  /** The batch has been delivered: its tickets in order. Null if it is not one in flight from here. */
  delivered(id: BatchId): readonly unknown[] | null {
    const batch = this.#inFlight.get(id);
    if (batch === undefined) return null;
    this.#inFlight.delete(id);
    this.#bytesInFlight -= batch.bytes;
    return batch.tickets;
  }

  /** The batches in flight, oldest first. */
  get idsInFlight(): readonly BatchId[] {
    return [...this.#inFlight.keys()];
  }

  /** Takes nothing from now on, and returns the tickets of everything that was taken and not delivered, in order. */
  abandon(): unknown[] {
    this.#isClosed = true;
    const tickets = Array.from(this.#inFlight.values(), (batch) => batch.tickets);
    for (let parcel = this.#parcels.shift(); parcel !== undefined; parcel = this.#parcels.shift()) {
      tickets.push(parcel.tickets);
    }
    this.#inFlight.clear();
    this.#last = null;
    this.#pendingMessages = 0;
    this.#pendingBytes = 0;
    this.#bytesInFlight = 0;
    this.#waiting.close(closedError);
    return tickets.flat();
  }

  #parcelFor(message: Uint8Array): Parcel {
    const { batchBytesMax } = this.#options.limits;
    const last = this.#last;
    if (last !== null && last.packedBytes + MESSAGE_HEAD_BYTES + message.length <= batchBytesMax) return last;
    const parcel = new Parcel();
    this.#parcels.push(parcel);
    this.#last = parcel;
    return parcel;
  }

  #mayFly(): boolean {
    const { batchesInFlightMax, bytesInFlightMax } = this.#options.limits;
    if (this.#inFlight.size === 0) return true;
    const next = this.#parcels.at(0)?.packedBytes ?? 0;
    return this.#inFlight.size < batchesInFlightMax && this.#bytesInFlight + next <= bytesInFlightMax();
  }

  #launch(): Batch | null {
    const parcel = this.#parcels.shift();
    if (parcel === undefined) return null;
    if (parcel === this.#last) this.#last = null;
    this.#pendingMessages -= parcel.messages.length;
    this.#pendingBytes -= parcel.bytes;
    const body = packBody(parcel.messages, parcel.bytes, this.#options.now());
    const id = this.#nextId(body);
    this.#inFlight.set(id, { tickets: parcel.tickets, bytes: parcel.packedBytes, body });
    this.#bytesInFlight += parcel.packedBytes;
    return { id, body };
  }

  #nextId(body: Uint8Array): BatchId {
    const id = idOfBody(this.#series, this.#sequence, body);
    this.#sequence += 1;
    return id;
  }

  /** Whether `messages` of `bytes` together could become pending: one always may, whatever its size. */
  #hasRoom(messages: number, bytes: number): boolean {
    const { pendingMessagesMax, pendingBytesMax } = this.#options.limits;
    const total = this.#pendingMessages + messages;
    return total === 1 || (total <= pendingMessagesMax && this.#pendingBytes + bytes <= pendingBytesMax);
  }
}

function closedError(): TreplicaError {
  return new TreplicaError('QUEUE_CLOSED', 'The queue is closed and takes no more messages.');
}
