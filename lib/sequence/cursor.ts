import { assert } from '../model/assert.js';
import { type Batch, type BatchId, processOf } from '../model/batch.js';
import { after, type Instance, type Position } from '../model/ids.js';
import type { DeliveredBatch } from '../queue/state-holder.js';
import { unpackBody } from './batch-body.js';
import { type DeliveryState, DeliveryTable, NOTHING_DELIVERED, type Series } from './delivery-table.js';

/** A batch that is to be delivered, before anyone looks whose it is. */
export type Passage = Omit<DeliveredBatch, 'tickets'> & { readonly id: BatchId };

/** How far the sequence has come: everywhere the same at the same instance. */
export interface Mark {
  /** The first instance not passed yet. */
  readonly next: Instance;
  /** Messages delivered. */
  readonly position: Position;
  /** Of the bodies of all batches delivered. */
  readonly bytes: number;
}

/** Everything that it takes to go on from a place in the sequence. */
export interface CursorState extends Mark {
  readonly boundary: Mark;
  readonly delivered: DeliveryState;
}

/** Where one stretch of the sequence ends and the next begins: after so many messages or bytes, whichever is first. */
export interface Stretch {
  readonly positions: number;
  readonly bytes: number;
}

const NOTHING: readonly Passage[] = [];

const BEGINNING: Mark = { next: 0 as Instance, position: 0 as Position, bytes: 0 };

/** Where every sequence begins. */
export const BEGINNING_STATE: CursorState = { ...BEGINNING, boundary: BEGINNING, delivered: NOTHING_DELIVERED };

/** A place in the sequence of decided instances, and the data that determine the deliveries of the next one. */
export class Cursor {
  readonly #stretch: Stretch;
  #next: Instance;
  #position: Position;
  #bytes: number;
  #boundary: Mark;
  readonly #deliveryRowsMax: number | undefined;
  readonly #delivered: DeliveryTable;

  /** `deliveryRowsMax` is how many processes the table of delivered batches knows, the same everywhere. */
  constructor(state: CursorState, stretch: Stretch, deliveryRowsMax?: number) {
    this.#stretch = stretch;
    this.#next = state.next;
    this.#position = state.position;
    this.#bytes = state.bytes;
    this.#boundary = state.boundary;
    this.#deliveryRowsMax = deliveryRowsMax;
    this.#delivered = new DeliveryTable(state.delivered, deliveryRowsMax);
  }

  /** The first instance not passed yet. */
  get next(): Instance {
    return this.#next;
  }

  /** The latest end of a stretch: the same at every process that counts stretches alike. */
  get boundary(): Mark {
    return this.#boundary;
  }

  /** How much of the stretch under way has passed, as a fraction. */
  get progress(): number {
    return Math.max(
      (this.#position - this.#boundary.position) / this.#stretch.positions,
      (this.#bytes - this.#boundary.bytes) / this.#stretch.bytes,
    );
  }

  get position(): Position {
    return this.#position;
  }

  get state(): CursorState {
    return {
      next: this.#next,
      position: this.#position,
      bytes: this.#bytes,
      boundary: this.#boundary,
      delivered: this.#delivered.state,
    };
  }

  /**
   * Passes the next instance, where `batch` was decided. Returns what that delivers, in order: mostly the batch itself, with
   * what was held for it; nothing for a no-op, for what is delivered already or over, and for what is held from now on.
   * @throws TreplicaError MALFORMED_BYTES when the batch cannot be unpacked.
   */
  pass(instance: Instance, batch: Batch): readonly Passage[] {
    assert(instance === this.#next, 'instances are delivered without gaps', { instance, next: this.#next });
    this.#next = after(instance);
    const delivered = this.#delivered.pass(batch, instance);
    if (delivered.length === 0) return NOTHING;
    const passages = delivered.map((each) => this.#deliver(each));
    if (this.progress >= 1) this.#boundary = { next: this.#next, position: this.#position, bytes: this.#bytes };
    return passages;
  }

  #deliver({ id, body }: Batch): Passage {
    const { proposedAtMs, messages } = unpackBody(body);
    const position = this.#position;
    this.#position = (position + messages.length) as Position;
    this.#bytes += body.length;
    return { id, position, origin: processOf(id), proposedAtMs, messages };
  }

  /** Whether the batch has been delivered, or never will be. */
  isOver(batch: Batch['id']): boolean {
    return this.#delivered.isOver(batch);
  }

  /** Whether nothing of this series is delivered from here on, so that its process has to begin another. */
  isForgotten(series: Series): boolean {
    return this.#delivered.isForgotten(series);
  }

  /** A cursor at the same place that goes its own way from here on. */
  copy(): Cursor {
    return new Cursor(this.state, this.#stretch, this.#deliveryRowsMax);
  }
}
