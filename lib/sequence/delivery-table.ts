import {
  type Batch,
  type BatchId,
  batchId,
  type BatchIdParts,
  isOfMessages,
  NO_OP_ID,
  partsOf,
  placeOf,
  processOf,
} from '../model/batch.js';
import { constants } from '../model/constants.js';
import { after, type Instance, laterOf, type ProcessId } from '../model/ids.js';

/** The series in which a process numbers its batches. */
export type Series = Omit<BatchIdParts, 'sequence'>;

/** The deliveries of one process: of its latest series, everything below `next` and nothing else. */
export interface DeliveryRow extends Series {
  /** The number that it is to go on with. */
  readonly next: number;
  /** The instance at which the latest of its batches was delivered or held. */
  readonly last: Instance;
}

/** A batch that was decided before its turn, and where. */
export interface HeldBatch {
  readonly instance: Instance;
  readonly batch: Batch;
}

/** A table as a value. */
export interface DeliveryState {
  /** A series that began below it and has no row is over, whether anything of it was delivered or not. */
  readonly horizon: Instance;
  /** The process that has been quiet longest first. */
  readonly rows: readonly DeliveryRow[];
  /** In the order in which they were decided. */
  readonly held: readonly HeldBatch[];
}

export const NOTHING_DELIVERED: DeliveryState = { horizon: 0 as Instance, rows: [], held: [] };

/**
 * Tells which of the batches decided are delivered, and in which order: of each process its latest series, in the order
 * of its numbers, without gaps. A batch that is decided before its turn is held until those before it have been
 * delivered; if that takes `constants.heldInstances` it is void, as if it had not been decided. All this is a function
 * of the sequence alone, so that it is the same everywhere at the same instance, also where it has been made from the
 * state of another on the way. Values that are no messages have no place in that order: to the table they are as
 * no-ops.
 */
export class DeliveryTable {
  readonly #rows = new Map<ProcessId, Row>();
  /** By its place in its series, ascending by instance: of two bodies for one place the first that is decided counts. */
  readonly #held = new Map<BatchId, HeldBatch>();
  readonly #rowsMax: number;
  #horizon: Instance;

  /** `rowsMax` is how many processes it knows; beyond, the one that has been quiet longest is forgotten. */
  constructor(state: DeliveryState = NOTHING_DELIVERED, rowsMax: number = constants.deliveryRowsMax) {
    this.#rowsMax = rowsMax;
    this.#horizon = state.horizon;
    for (const row of state.rows) this.#rows.set(row.process, { ...row });
    for (const held of state.held) this.#held.set(placeOf(held.batch.id), held);
  }

  get state(): DeliveryState {
    // No two rows have the same `last`: an instance decides one batch.
    const rows = Array.from(this.#rows.values(), (row) => ({ ...row })).sort((a, b) => a.last - b.last);
    return { horizon: this.#horizon, rows, held: [...this.#held.values()] };
  }

  /**
   * To be told of what was decided at every instance, in order. Returns what is to be delivered there: the batch and those
   * that were held for it, or nothing.
   */
  pass(batch: Batch, instance: Instance): readonly Batch[] {
    this.#voidHeldBefore(instance);
    const { id } = batch;
    if (!isOfMessages(id)) return NOTHING;
    const parts = partsOf(id);
    const { process, incarnation, since, sequence } = parts;
    const row = this.#rows.get(process);
    const order = compareSeries(parts, row);
    if (order === 0 && row !== undefined) return this.#goOn(row, sequence, batch, instance);
    if (order < 0 || since < this.#horizon || since > instance) return NOTHING;
    this.#drop(process);
    const first = { process, incarnation, since, next: 0, last: instance };
    this.#rows.set(process, first);
    const delivered = this.#goOn(first, sequence, batch, instance);
    if (this.#rows.size > this.#rowsMax) this.#forgetQuietest();
    return delivered;
  }

  /**
   * Whether the batch will not be delivered any more, wherever it is decided; or is the no-op, which never is. A value that is
   * no messages is never over: whether it is of use to decide it again is not for this table to say.
   */
  isOver(id: BatchId): boolean {
    if (!isOfMessages(id)) return id === NO_OP_ID;
    const parts = partsOf(id);
    const row = this.#rows.get(parts.process);
    const order = compareSeries(parts, row);
    if (order === 0) return parts.sequence < (row?.next ?? 0);
    return order < 0 || parts.since < this.#horizon;
  }

  /** Where the batch was decided, if it waits for its turn. */
  heldAt(id: BatchId): Instance | null {
    const held = this.#held.get(placeOf(id));
    return held?.batch.id === id ? held.instance : null;
  }

  /** Whether it is of no use to propose the batch. */
  isDone(id: BatchId): boolean {
    return this.#holds(id) || this.isOver(id);
  }

  /** Whether nothing of the series is delivered from here on, as it was forgotten, or others were before it was heard of. */
  isForgotten(series: Series): boolean {
    return series.since < this.#horizon && compareSeries(series, this.#rows.get(series.process)) !== 0;
  }

  /** Whether the place of the batch is taken by one that is held. */
  #holds(id: BatchId): boolean {
    return this.#held.size > 0 && this.#held.has(placeOf(id));
  }

  /** A batch of the series that the row is of, or begins with it. */
  #goOn(row: Row, sequence: number, batch: Batch, instance: Instance): readonly Batch[] {
    if (sequence < row.next || this.#holds(batch.id)) return NOTHING;
    row.last = instance;
    if (sequence > row.next) {
      if (this.#mayHold(row.process, batch)) this.#held.set(placeOf(batch.id), { instance, batch });
      return NOTHING;
    }
    const delivered = [batch];
    if (this.#held.size > 0) delivered.push(...this.#takeHeld(row));
    row.next += delivered.length;
    return delivered;
  }

  /** Those that are held and follow the batch that the row is to go on with. */
  #takeHeld({ process, incarnation, since, next }: DeliveryRow): Batch[] {
    const taken: Batch[] = [];
    while (this.#held.size > 0) {
      const id = batchId(process, incarnation, next + 1 + taken.length, since);
      const held = this.#held.get(id);
      if (held === undefined) break;
      this.#held.delete(id);
      taken.push(held.batch);
    }
    return taken;
  }

  /** All batches under way of a process that respects the limits of flight are held. */
  #mayHold(process: ProcessId, { body }: Batch): boolean {
    let batches = 1;
    let bytes = body.length;
    for (const { batch } of this.#held.values()) {
      if (processOf(batch.id) !== process) continue;
      batches += 1;
      bytes += batch.body.length;
    }
    return batches <= constants.heldBatchesMax && bytes <= constants.heldBytesMax;
  }

  #voidHeldBefore(instance: Instance): void {
    if (this.#held.size === 0) return;
    for (const [id, held] of this.#held) {
      if (!isVoid(held.instance, instance)) return;
      this.#held.delete(id);
    }
  }

  #drop(process: ProcessId): void {
    this.#rows.delete(process);
    for (const id of this.#held.keys()) if (processOf(id) === process) this.#held.delete(id);
  }

  /**
   * Forgets the row that has changed least recently. Everything that was delivered or held of its process began at
   * `last` or before: below the horizon, for good.
   */
  #forgetQuietest(): void {
    let quietest: Row | null = null;
    for (const row of this.#rows.values()) if (quietest === null || row.last < quietest.last) quietest = row;
    if (quietest === null) return;
    this.#drop(quietest.process);
    this.#horizon = laterOf(this.#horizon, after(quietest.last));
  }
}

/** A row that goes on in place: this is on the path of every batch. */
type Row = { -readonly [K in keyof DeliveryRow]: DeliveryRow[K] };

/** Whether a batch decided before its turn at `heldAt` is void at `instance` and from there on. */
export function isVoid(heldAt: Instance, instance: Instance): boolean {
  return heldAt + constants.heldInstances <= instance;
}

const NOTHING: readonly Batch[] = [];

/** Negative where `a` began before `b`, 0 where they are one. Every series is later than none. */
function compareSeries(a: Pick<Series, 'incarnation' | 'since'>, b: Series | undefined): number {
  if (b === undefined) return 1;
  return a.incarnation - b.incarnation || a.since - b.since;
}
