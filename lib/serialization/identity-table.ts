import { assert } from '../model/assert.js';
import { fingerprint } from './fingerprint.js';
import { ObjectList } from './object-list.js';

/** Slots of a segment. It is split before it is full, which takes some ten microseconds. */
const SEGMENT_SLOTS = 2_048;
const SLOTS_MASK = 2 * SEGMENT_SLOTS - 1;
const SEGMENT_OBJECTS_MAX = 1_280;
const DIRECTORY_BITS_MAX = 16;

/** The largest number of objects with one fingerprint that are compared one by one. */
const ALIKE_MAX = 4;

/** A Map doubles at once: a larger one would make everything else wait too long. */
const MAP_ENTRIES_MAX = 131_072;

/** Part of the table: the objects whose fingerprints begin with the same bits. */
interface Segment {
  /** In pairs: a fingerprint, and one more than the object's number. Both are 0 in an empty slot. */
  readonly slots: Int32Array;
  /** How many bits of the fingerprint they have in common. */
  readonly bits: number;
  size: number;
}

/**
 * Numbers objects in the order in which they come. A Map would do if it did not double: to move millions of entries at
 * once stops everything else for tenths of a second. This is extendible hashing (Fagin et al. 1979) by fingerprint: it
 * grows by one segment at a time. Objects that look alike, such as empty arrays, are found by identity, in several Maps.
 */
export class IdentityTable {
  readonly #objects = new ObjectList();
  #size = 0;
  /** The segment for each value of the first bits of a fingerprint: `#bits` of them. */
  #directory: Segment[] = [emptySegment(1), emptySegment(1)];
  #bits = 1;
  readonly #alike: Map<object, number>[] = [];

  /** The number of `object`, or -1 if it has come for the first time and has now been given the next one. */
  place(object: object): number {
    const print = fingerprint(object);
    const segment = this.#segmentOf(print);
    const { slots } = segment;
    let slot = (print << 1) & SLOTS_MASK;
    let alike = 0;
    for (let number = slots[slot + 1] ?? 0; number !== 0; number = slots[slot + 1] ?? 0) {
      if (slots[slot] === print) {
        if (this.#objects.get(number - 1) === object) return number - 1;
        alike += 1;
      }
      slot = (slot + 2) & SLOTS_MASK;
    }
    if (alike >= ALIKE_MAX || segment.size >= SEGMENT_SLOTS - 1) return this.#placeAlike(object);
    slots[slot] = print;
    slots[slot + 1] = this.#add(object) + 1;
    segment.size += 1;
    if (segment.size > SEGMENT_OBJECTS_MAX && segment.bits < DIRECTORY_BITS_MAX) this.#split(segment, print);
    return -1;
  }

  #segmentOf(print: number): Segment {
    const segment = this.#directory[print >>> (32 - this.#bits)];
    assert(segment !== undefined, 'every fingerprint has a segment', { print, bits: this.#bits });
    return segment;
  }

  #add(object: object): number {
    this.#objects.push(object);
    this.#size += 1;
    return this.#size - 1;
  }

  #placeAlike(object: object): number {
    for (const map of this.#alike) {
      const place = map.get(object);
      if (place !== undefined) return place;
    }
    let latest = this.#alike.at(-1);
    if (latest === undefined || latest.size >= MAP_ENTRIES_MAX) this.#alike.push((latest = new Map<object, number>()));
    latest.set(object, this.#add(object));
    return -1;
  }

  /** Two segments instead of the one that `print` belongs to, which have one more bit in common. */
  #split({ slots, bits }: Segment, print: number): void {
    if (bits === this.#bits) {
      this.#directory = this.#directory.flatMap((segment) => [segment, segment]);
      this.#bits += 1;
    }
    const halves = [emptySegment(bits + 1), emptySegment(bits + 1)] as const;
    for (let slot = 0; slot < slots.length; slot += 2) {
      const moved = slots[slot] ?? 0;
      const number = slots[slot + 1] ?? 0;
      if (number !== 0) insert((moved >>> (31 - bits)) & 1 ? halves[1] : halves[0], moved, number);
    }
    const share = 2 ** (this.#bits - bits);
    const first = Math.floor((print >>> (32 - this.#bits)) / share) * share;
    this.#directory.fill(halves[0], first, first + share / 2).fill(halves[1], first + share / 2, first + share);
  }
}

function emptySegment(bits: number): Segment {
  return { slots: new Int32Array(2 * SEGMENT_SLOTS), bits, size: 0 };
}

function insert(segment: Segment, print: number, number: number): void {
  let slot = (print << 1) & SLOTS_MASK;
  while (segment.slots[slot + 1] !== 0) slot = (slot + 2) & SLOTS_MASK;
  segment.slots[slot] = print;
  segment.slots[slot + 1] = number;
  segment.size += 1;
}
