import type { Position } from '../../lib/model/ids.js';

/** What puts messages on the list, and delivers it. */
interface Deliverer<Q> {
  /** An entry that it has put has its place. */
  ordered(entry: MemoryEntry<Q>, position: Position): void;
  /** There may be more to deliver. */
  catchUp(): void;
}

/** A message that `queue` has put. */
export interface MemoryEntry<Q> {
  readonly message: Buffer;
  readonly queue: Q;
  readonly ticket: unknown;
  readonly proposedAtMs: number;
}

/** An ordered list of messages in memory, and those who deliver it. */
export class MemoryEntries<Q extends Deliverer<Q>> {
  /** Messages that may be on their way at one moment. */
  capacity = Infinity;
  /** While it is held, what is put stays on its way. */
  isHeld = false;
  readonly entries: MemoryEntry<Q>[] = [];
  readonly #queues = new Set<Q>();
  #delivered = 0;
  #waiting: { readonly queue: Q; readonly resolve: () => void; readonly reject: (why: Error) => void }[] = [];

  get delivered(): number {
    return this.#delivered;
  }

  /** Returns a promise where there is no room. */
  append(entry: MemoryEntry<Q>): Promise<void> | undefined {
    if (this.entries.length - this.#delivered >= this.capacity) {
      const { queue } = entry;
      return new Promise((resolve, reject) => this.#waiting.push({ queue, resolve, reject }));
    }
    this.entries.push(entry);
    if (!this.isHeld) queueMicrotask(() => this.deliver());
    return undefined;
  }

  deliver(): void {
    const before = this.#delivered;
    this.#delivered = this.entries.length;
    for (let i = before; i < this.#delivered; i += 1) this.entries[i]!.queue.ordered(this.entries[i]!, i as Position);
    for (const queue of this.#queues) queue.catchUp();
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  attach(queue: Q): void {
    this.#queues.add(queue);
    queue.catchUp();
  }

  detach(queue: Q, why: Error): void {
    this.#queues.delete(queue);
    const gone = this.#waiting.filter((waiting) => waiting.queue === queue);
    this.#waiting = this.#waiting.filter((waiting) => waiting.queue !== queue);
    for (const { reject } of gone) reject(why);
  }
}
