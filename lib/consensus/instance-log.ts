import { type Ballot, compareBallots, NO_BALLOT, sameBallot } from '../model/ballot.js';
import type { Batch, BatchId } from '../model/batch.js';
import { constants } from '../model/constants.js';
import { after, type Instance } from '../model/ids.js';
import type { LogEntry, Vote } from '../model/records.js';
import type { Settings } from '../model/settings.js';

/** The members, by rank, that are known to have voted for one batch in one ballot. */
export interface Tally {
  readonly ballot: Ballot;
  readonly id: BatchId;
  /** One bit a member, so that a repeated vote counts once. */
  members: number;
  count: number;
}

/** All that is known of one undecided instance. */
export class Slot {
  /** This acceptor's latest vote. */
  vote: Vote | null = null;
  /** Promised for this instance alone, when a collision was recovered. */
  promised: Ballot = NO_BALLOT;
  readonly tallies: Tally[] = [];
  decided: BatchId | null = null;
  /** The decision here, as another process tells it. */
  learnt: Batch | null = null;
  /** An `accept` that waits for its batch. */
  awaited: { readonly ballot: Ballot; readonly id: BatchId } | null = null;
  /** How long a fast coordinator has watched this slot without a decision. */
  watchedTicks = 0;

  constructor(readonly instance: Instance) {}

  tallyOf(ballot: Ballot, id: BatchId): Tally {
    for (const tally of this.tallies) {
      if (tally.id === id && sameBallot(tally.ballot, ballot)) return tally;
    }
    const tally: Tally = { ballot, id, members: 0, count: 0 };
    this.tallies.push(tally);
    if (this.tallies.length > constants.talliesMax) this.#forgetLowest(tally);
    return tally;
  }

  /** The later a vote, the likelier others join it. A decision whose votes are no longer counted here is learnt from others. */
  #forgetLowest(latest: Tally): void {
    let lowest = 0;
    this.tallies.forEach((tally, i) => {
      const known = this.tallies[lowest];
      if (tally !== latest && known !== undefined && compareBallots(tally.ballot, known.ballot) < 0) lowest = i;
    });
    this.tallies.splice(lowest, 1);
  }

  toEntry(): LogEntry {
    return { instance: this.instance, promised: this.promised, vote: this.vote };
  }
}

/**
 * The undecided part of the sequence: the window of α instances from the first undecided one (section 3 of The
 * Part-Time Parliament bounds it likewise). Nothing is kept beyond it, so that no peer can make memory grow.
 */
export class InstanceLog {
  readonly #slots = new Map<Instance, Slot>();
  readonly #windowInstances: number;
  #first: Instance;
  #durable: Instance;
  #end: Instance;

  constructor(watermark: Instance, entries: readonly LogEntry[], { windowInstances }: Settings) {
    this.#windowInstances = windowInstances;
    this.#first = watermark;
    this.#durable = watermark;
    this.#end = watermark;
    for (const entry of entries) {
      const slot = new Slot(entry.instance);
      slot.vote = entry.vote;
      slot.promised = entry.promised;
      this.#slots.set(entry.instance, slot);
      this.note(entry.instance);
    }
  }

  /** The first undecided instance: the watermark. */
  get first(): Instance {
    return this.#first;
  }

  /** The first instance below which the ledger holds everything, and knows that it is decided. */
  get durable(): Instance {
    return this.#durable;
  }

  /** The commit is done in which the ledger was told that everything below `watermark` is decided. */
  becameDurable(watermark: Instance): void {
    this.#durable = watermark;
  }

  /** The instance after the last one that anything is known of. */
  get end(): Instance {
    return this.#end;
  }

  /** The first instance beyond the window. */
  get limit(): Instance {
    return after(this.#first, this.#windowInstances);
  }

  inWindow(instance: Instance): boolean {
    return instance >= this.#first && instance < this.limit;
  }

  /** Takes notice that a process uses `instance`. */
  note(instance: Instance): void {
    if (instance >= this.#end) this.#end = after(instance);
  }

  find(instance: Instance): Slot | undefined {
    return this.#slots.get(instance);
  }

  /** The slot of an instance in the window; null outside it. */
  open(instance: Instance): Slot | null {
    const known = this.#slots.get(instance);
    if (known !== undefined) return known;
    if (!this.inWindow(instance)) return null;
    const slot = new Slot(instance);
    this.#slots.set(instance, slot);
    this.note(instance);
    return slot;
  }

  /** Slots with anything in them, at `from` or later, ascending. */
  *slotsFrom(from: Instance): Generator<Slot> {
    for (let i = from > this.#first ? from : this.#first; i < this.#end; i = after(i)) {
      const slot = this.#slots.get(i);
      if (slot !== undefined) yield slot;
    }
  }

  /** Everything below `first` is known to be decided, in one step and without having been handed over here. */
  jump(first: Instance): void {
    for (const instance of this.#slots.keys()) if (instance < first) this.#slots.delete(instance);
    this.#first = first;
    if (this.#end < first) this.#end = first;
  }

  /** The first instance is decided and handed over: the window moves. */
  advance(): void {
    this.#slots.delete(this.#first);
    this.#first = after(this.#first);
    if (this.#end < this.#first) this.#end = this.#first;
  }
}
