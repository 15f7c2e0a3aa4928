import type { Database } from 'lmdb';

import { constants } from '../../model/constants.js';
import type { Instance } from '../../model/ids.js';
import { firstOf, segmentOf } from '../records/log-state.js';

type Segment = Database<Buffer, number>;

/** The services that the segments of a log need of their environment. */
export interface SegmentPlace {
  openDatabase(name: string, keyEncoding: 'uint32'): Segment;
  closeDatabase(database: Segment): void;
  /** Within a transaction. */
  dropDatabase(database: Segment): void;
  /** The names of existing databases with `start <= name < end`. */
  databaseNames(start: string, end: string): string[];
}

const { segmentInstances } = constants;

/**
 * One queue's log, cut into segments of a fixed number of instances, each in a named database of its own. Dropping a
 * database takes a millisecond; deleting its entries would take many. The key of an entry is its place in the segment.
 */
export class LogSegments {
  readonly #place: SegmentPlace;
  readonly #prefix: string;
  /** The segments that exist, ascending. */
  #numbers: number[];
  /** Open segments; the one that was used longest ago comes first. */
  readonly #open = new Map<number, Segment>();
  #start = 0 as Instance;

  constructor(place: SegmentPlace, queueName: string) {
    this.#place = place;
    this.#prefix = logPrefix(queueName);
    const names = place.databaseNames(this.#prefix, endOfLog(queueName));
    this.#numbers = names.map((name) => numberIn(name, this.#prefix)).sort((a, b) => a - b);
  }

  /** Within a transaction, after which `closeUnused` is to be called. */
  put(instance: Instance, value: Buffer): void {
    const number = segmentOf(instance, segmentInstances);
    if (!this.#open.has(number)) this.#learn(number);
    this.#segment(number).putSync(instance % segmentInstances, value);
  }

  /**
   * Removes what lies below `start`: at once in the segment of `start`, and whole segments a few with each call. Within a
   * transaction.
   */
  removeBelow(start: Instance): void {
    const border = segmentOf(start, segmentInstances);
    const unneeded = this.#numbers.slice(0, Math.min(this.#placeOf(border), constants.segmentsDroppedMax));
    for (const number of unneeded) this.#drop(number);
    if (unneeded.length > 0) this.#numbers = this.#numbers.slice(unneeded.length);
    if (start <= this.#start) return;
    this.#start = start;
    if (this.#numbers[0] !== border) return;
    const segment = this.#segment(border);
    const keys = [...segment.getKeys({ start: 0, end: start - firstOf(border, segmentInstances) })];
    for (const key of keys) segment.removeSync(key);
  }

  /** The entries with `from <= instance < to`, ascending; the values are copies. */
  *entries(from: Instance, to: Instance): Generator<readonly [Instance, Buffer]> {
    const numbers = this.#numbers;
    for (let i = this.#placeOf(segmentOf(from, segmentInstances)); i < numbers.length; i += 1) {
      const number = numbers[i] ?? 0;
      const first = firstOf(number, segmentInstances);
      if (first >= to) return;
      const start = Math.max(0, from - first);
      const end = Math.min(segmentInstances, to - first);
      this.closeUnused();
      for (const { key, value } of this.#segment(number).getRange({ start, end })) {
        yield [(first + key) as Instance, value];
      }
    }
  }

  /** Must not be called within a transaction, where LMDB forbids it. */
  closeUnused(): void {
    for (const [number, segment] of this.#open) {
      if (this.#open.size <= constants.openSegmentsMax) return;
      this.#open.delete(number);
      this.#place.closeDatabase(segment);
    }
  }

  close(): void {
    for (const segment of this.#open.values()) this.#place.closeDatabase(segment);
    this.#open.clear();
  }

  #learn(number: number): void {
    const place = this.#placeOf(number);
    if (this.#numbers[place] !== number) this.#numbers.splice(place, 0, number);
  }

  /** How many segments lie below `number`. */
  #placeOf(number: number): number {
    let low = 0;
    let high = this.#numbers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#numbers[middle] ?? Infinity) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #drop(number: number): void {
    this.#place.dropDatabase(this.#segment(number));
    this.#open.delete(number);
  }

  #segment(number: number): Segment {
    const segment = this.#open.get(number) ?? this.#place.openDatabase(this.#name(number), 'uint32');
    this.#open.delete(number);
    this.#open.set(number, segment);
    return segment;
  }

  #name(number: number): string {
    return segmentName(this.#prefix, number);
  }
}

/** The beginning of the names of all segments of a queue's log. */
export function logPrefix(queueName: string): string {
  return `${queueName}/log/`;
}

/** Behind the names of all segments of a queue's log. */
export function endOfLog(queueName: string): string {
  return `${queueName}/log0`;
}

export function segmentName(prefix: string, number: number): string {
  return `${prefix}${number.toString(16).padStart(10, '0')}`;
}

export function numberIn(segmentName: string, prefix: string): number {
  return Number.parseInt(segmentName.slice(prefix.length), 16);
}
