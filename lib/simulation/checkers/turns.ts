import { constants } from '../../model/constants.js';

/** A batch id taken apart. */
interface Numbered {
  readonly id: string;
  readonly process: string;
  readonly incarnation: number;
  readonly since: number;
  readonly sequence: number;
}

interface Row extends Numbered {
  /** The latest instance at which something of the process came that was not delivered or held already. */
  last: number;
  /** How many of the series have been delivered. */
  delivered: number;
}

interface Held {
  readonly numbered: Numbered;
  readonly instance: number;
  readonly bytes: number;
}

/** A batch that is delivered, and where it was chosen. */
export interface Turn {
  readonly id: string;
  readonly instance: number;
}

/**
 * A second implementation of which batches are delivered where, so that the product's is not checked against itself: the
 * batches of a process in the order of their numbers, each once, those that come too early as soon as it is their turn. Of
 * those, so many are held of one process and no more: the next counts as not chosen there.
 */
export class Turns {
  readonly #rowsMax: number;
  #rows: readonly Row[] = [];
  #held: readonly Held[] = [];
  #horizon = 0;

  constructor(rowsMax: number = constants.deliveryRowsMax) {
    this.#rowsMax = rowsMax;
  }

  /** To be told of every instance in order, with the length of the batch's body. Returns what is delivered there. */
  chosen(instance: number, id: string, bytes: number): Turn[] {
    this.#held = this.#held.filter((held) => instance - held.instance < constants.heldInstances);
    if (id[16] !== '.') return []; // A no-op, or a value that holds no messages.
    const numbered = numberedOf(id);
    const { process, sequence } = numbered;
    const row = this.#rowFor(numbered, instance);
    if (row === null || sequence < row.delivered) return [];
    const early = this.#held.filter((held) => held.numbered.process === process);
    if (early.some((held) => held.numbered.sequence === sequence)) return [];
    row.last = instance;
    const come = { numbered, instance, bytes };
    if (sequence > row.delivered && exceeds([...early, come])) return [];
    this.#held = [...this.#held, come];
    return this.#take(row);
  }

  /** All of those that are held whose turn it is. */
  #take(row: Row): Turn[] {
    const turns: Turn[] = [];
    for (;;) {
      const next = this.#held.find(
        ({ numbered }) => numbered.process === row.process && numbered.sequence === row.delivered,
      );
      if (next === undefined) return turns;
      this.#held = this.#held.filter((held) => held !== next);
      row.delivered += 1;
      turns.push({ id: next.numbered.id, instance: next.instance });
    }
  }

  /** Null where the batch comes from a series that is over, or that nobody can know not to be. */
  #rowFor(numbered: Numbered, instance: number): Row | null {
    const { process, incarnation, since } = numbered;
    const known = this.#rows.find((row) => row.process === process);
    if (known?.incarnation === incarnation && known.since === since) return known;
    const isLater =
      known === undefined ||
      incarnation > known.incarnation ||
      (incarnation === known.incarnation && since > known.since);
    if (!isLater || since < this.#horizon || since > instance) return null;
    const row = { ...numbered, last: instance, delivered: 0 };
    this.#forget(process);
    this.#rows = [...this.#rows, row];
    if (this.#rows.length > this.#rowsMax) {
      const quietest = this.#rows.reduce((a, b) => (b.last < a.last ? b : a));
      this.#forget(quietest.process);
      this.#horizon = Math.max(this.#horizon, quietest.last + 1);
    }
    return row;
  }

  #forget(process: string): void {
    this.#rows = this.#rows.filter((row) => row.process !== process);
    this.#held = this.#held.filter(({ numbered }) => numbered.process !== process);
  }
}

/** Whether it is more than what a process that keeps to the limits may have in flight. */
function exceeds(held: readonly Held[]): boolean {
  const bytes = held.reduce((sum, each) => sum + each.bytes, 0);
  return held.length > constants.heldBatchesMax || bytes > constants.heldBytesMax;
}

export function numberedOf(id: string): Numbered {
  const [process = '', incarnation, since, number = ''] = id.split('.');
  const [sequence] = number.split('-');
  return { id, process, incarnation: Number(incarnation), since: Number(since), sequence: Number(sequence) };
}
