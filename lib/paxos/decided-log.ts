import type { Decision } from '../consensus/effects.js';
import { assert } from '../model/assert.js';
import { after, type Instance, laterOf } from '../model/ids.js';
import type { LogEntry } from '../model/records.js';
import { Fifo } from '../queue/fifo.js';

/** Instances read at one go, however small they are, so that heartbeats go on meanwhile. */
const SLICE_INSTANCES = 1024;

/**
 * The decided entries: in the log, or, as long as they cannot be read from there, in memory, where the commit under way holds
 * them anyway.
 */
export class DecidedLog {
  readonly #read: (from: Instance, to: Instance, maxBytes: number) => LogEntry[];
  readonly #sliceBytes: number;
  #end = 0 as Instance;
  #readable = 0 as Instance;
  readonly #unreadable = new Fifo<Decision>();
  /** The instance of the next decision; null before the first. */
  #expected: Instance | null = null;

  /** `read` reads the log, as `Ledger.read` does; `sliceBytes` is how much of it is read at one go. */
  constructor(read: (from: Instance, to: Instance, maxBytes: number) => LogEntry[], sliceBytes: number) {
    this.#read = read;
    this.#sliceBytes = sliceBytes;
  }

  /** Everything below is decided. */
  get end(): Instance {
    return this.#end;
  }

  append(decision: Decision): void {
    const { instance } = decision;
    const expected = this.#expected ?? instance;
    assert(instance === expected, 'decisions come without gaps', { instance, expected });
    this.#expected = after(instance);
    this.#end = laterOf(this.#end, this.#expected);
    if (instance >= this.#readable) this.#unreadable.push(decision);
  }

  /** The log below `instance` is decided and can be read. */
  readableUntil(instance: Instance): void {
    this.#readable = laterOf(this.#readable, instance);
    this.#end = laterOf(this.#end, instance);
    while (this.#firstUnreadable < this.#readable) this.#unreadable.shift();
  }

  /** Nothing below `next` is wanted any more: a checkpoint holds it. */
  jump(next: Instance): void {
    if (this.#expected !== null) this.#expected = laterOf(this.#expected, next);
    this.readableUntil(next);
  }

  /** Whether the decision at `instance` is at hand. */
  has(instance: Instance): boolean {
    return instance < this.#end && (instance < this.#readable || this.#firstUnreadable <= instance);
  }

  /** Some of the decisions from `from` on and below `end`: at least the first, which must be at hand. */
  slice(from: Instance, end: Instance): Decision[] {
    if (from >= this.#readable) {
      const first = this.#firstUnreadable;
      return Array.from({ length: end - from }, (_, offset) => this.#unreadable.at(from - first + offset)).filter(
        (decision) => decision !== undefined,
      );
    }
    const to = Math.min(end, this.#readable, from + SLICE_INSTANCES) as Instance;
    const slice = this.#read(from, to, this.#sliceBytes).map(({ instance, vote }) => {
      assert(vote !== null, 'the log holds a batch at every decided instance', { instance });
      return { instance, batch: vote.batch };
    });
    assert(slice.length > 0, 'the log holds every decided instance', { from, to });
    return slice;
  }

  get #firstUnreadable(): number {
    return this.#unreadable.at(0)?.instance ?? Infinity;
  }
}
