import { limits } from '../../model/limits.js';

/** A batch id taken apart. */
interface Numbered {
  readonly id: string;
  readonly process: string;
  readonly incarnation: number;
  readonly since: number;
  readonly sequence: number;
}

interface Row extends Numbered {
  /** The latest instance at which something of the process was delivered or held. */
  last: number;
  /** What was delivered of the series. */
  readonly delivered: string[];
}

/** A batch that is delivered, and where it was chosen. */
export interface Turn {
  readonly id: string;
  readonly instance: number;
}

/**
 * A second implementation of which batches are delivered where, so that the product's is not checked against itself: the
 * batches of a process in the order of their numbers, each once, those that come too early as soon as it is their turn.
 */
export class Turns {
  readonly #rowsMax: number;
  #rows: readonly Row[] = [];
  #held: readonly { readonly numbered: Numbered; readonly instance: number }[] = [];
  #horizon = 0;

  constructor(rowsMax: number = limits.deliveryRowsMax) {
    this.#rowsMax = rowsMax;
  }

  /** To be told of every instance in order. Returns what is delivered there. */
  chosen(instance: number, id: string): Turn[] {
    this.#held = this.#held.filter((held) => instance - held.instance < limits.heldInstances);
    if (id[16] !== '.') return []; // A no-op, or a value that holds no messages.
    const numbered = numberedOf(id);
    const row = this.#rowFor(numbered, instance);
    if (row === null || row.delivered.includes(id) || this.#held.some((held) => held.numbered.id === id)) return [];
    row.last = instance;
    this.#held = [...this.#held, { numbered, instance }];
    return this.#take(row);
  }

  /** All of those that are held whose turn it is. */
  #take(row: Row): Turn[] {
    const turns: Turn[] = [];
    for (;;) {
      const next = this.#held.find(
        ({ numbered }) => numbered.process === row.process && numbered.sequence === row.delivered.length,
      );
      if (next === undefined) return turns;
      this.#held = this.#held.filter((held) => held !== next);
      row.delivered.push(next.numbered.id);
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
    const row = { ...numbered, last: instance, delivered: [] };
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

export function numberedOf(id: string): Numbered {
  const [process = '', incarnation, since, number = ''] = id.split('.');
  const [sequence] = number.split('-');
  return { id, process, incarnation: Number(incarnation), since: Number(since), sequence: Number(sequence) };
}
