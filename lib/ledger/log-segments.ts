import type { Database } from 'lmdb';

import type { Instance } from '../model/ids.js';
import { limits } from '../model/limits.js';
import type { Environment } from './environment.js';

type Segment = Database<Buffer, number>;

/**
 * One queue's log, cut into segments of a fixed number of instances, each in a named database of its own: to drop one
 * takes a millisecond, to delete its entries would take minutes. A segment's entries are keyed by their place in it.
 */
export class LogSegments {
  readonly #environment: Environment;
  readonly #prefix: string;
  /** The segments that exist, ascending. */
  readonly #numbers: number[];
  /** The longest unused first. */
  readonly #open = new Map<number, Segment>();

  constructor(environment: Environment, queueName: string) {
    this.#environment = environment;
    this.#prefix = `${queueName}/log/`;
    this.#numbers = environment
      .databaseNames(this.#prefix, `${queueName}/log0`)
      .map((name) => Number.parseInt(name.slice(this.#prefix.length), 16));
  }

  /** Within a transaction, after which `closeUnused` is to be called. */
  put(instance: Instance, value: Buffer): void {
    const number = Math.floor(instance / limits.segmentInstances);
    if (!this.#open.has(number)) this.#learn(number);
    this.#segment(number).putSync(instance % limits.segmentInstances, value);
  }

  /** The entries with `from <= instance < to`, ascending; the values are copies. */
  *entries(from: Instance, to: Instance): Generator<readonly [Instance, Buffer]> {
    for (const number of [...this.#numbers]) {
      const first = number * limits.segmentInstances;
      if (first >= to) return;
      if (first + limits.segmentInstances <= from) continue;
      const start = Math.max(0, from - first);
      const end = Math.min(limits.segmentInstances, to - first);
      this.closeUnused();
      for (const { key, value } of this.#segment(number).getRange({ start, end })) {
        yield [(first + key) as Instance, value];
      }
    }
  }

  /** Must not be called within a transaction, where LMDB forbids it. */
  closeUnused(): void {
    for (const [number, segment] of this.#open) {
      if (this.#open.size <= limits.openSegmentsMax) return;
      this.#open.delete(number);
      void segment.close();
    }
  }

  close(): void {
    for (const segment of this.#open.values()) void segment.close();
    this.#open.clear();
  }

  #learn(number: number): void {
    if (this.#numbers.includes(number)) return;
    this.#numbers.push(number);
    this.#numbers.sort((a, b) => a - b);
  }

  #segment(number: number): Segment {
    const segment = this.#open.get(number) ?? this.#environment.openDatabase<number>(this.#name(number), 'uint32');
    this.#open.delete(number);
    this.#open.set(number, segment);
    return segment;
  }

  #name(number: number): string {
    return `${this.#prefix}${number.toString(16).padStart(10, '0')}`;
  }
}
