import type { Schedule } from '../transport/memory/memory-network.js';

interface Entry {
  readonly dueTick: number;
  /** How many entries were made before. */
  readonly number: number;
  readonly action: () => void;
}

/** The actions that are to happen, in the order in which they are due; first come, first served where that is the same. */
export class Agenda {
  /** A binary heap: each entry comes before the two at twice its place. */
  readonly #heap: Entry[] = [];
  #nowTick = 0;
  #made = 0;

  get nowTick(): number {
    return this.#nowTick;
  }

  readonly add: Schedule = (action, delayTicks) => {
    const entry = { dueTick: this.#nowTick + delayTicks, number: this.#made, action };
    this.#made += 1;
    this.#rise(entry, this.#heap.length);
  };

  /** Moves on to what is due first and does it. False where there is nothing. */
  next(): boolean {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first === undefined || last === undefined) return false;
    if (first !== last) this.#sink(last);
    this.#nowTick = first.dueTick;
    first.action();
    return true;
  }

  /** Puts the entry at `place` or nearer to the front, behind everything that comes before it. */
  #rise(entry: Entry, place: number): void {
    const heap = this.#heap;
    let i = place;
    while (i > 0) {
      const above = (i - 1) >> 1;
      const other = heap[above];
      if (other === undefined || comesBefore(other, entry)) break;
      heap[i] = other;
      i = above;
    }
    heap[i] = entry;
  }

  /** Puts the entry at the front or further back, before everything that comes after it. */
  #sink(entry: Entry): void {
    const heap = this.#heap;
    let i = 0;
    for (;;) {
      let below = 2 * i + 1;
      const left = heap[below];
      if (left === undefined) break;
      const right = heap[below + 1];
      if (right !== undefined && comesBefore(right, left)) below += 1;
      const other = heap[below];
      if (other === undefined || comesBefore(entry, other)) break;
      heap[i] = other;
      i = below;
    }
    heap[i] = entry;
  }
}

function comesBefore(a: Entry, b: Entry): boolean {
  return a.dueTick < b.dueTick || (a.dueTick === b.dueTick && a.number < b.number);
}
