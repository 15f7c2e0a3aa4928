import { assert } from '../model/assert.js';
import { type Ballot, kindOf } from '../model/ballot.js';
import { type Batch, type BatchId, isOfEngine, isOfView } from '../model/batch.js';
import { after, type Instance, type ProcessId } from '../model/ids.js';
import type { Fetcher } from './fetcher.js';
import type { Slot } from './instance-log.js';
import { applyChange } from './membership/view-changes.js';
import type { MessageOf } from './messages.js';
import { batchOf, type Shared } from './shared.js';

/** Told of every decision, in instance order, and whether another view is known by it. */
export type DecisionListener = (instance: Instance, id: BatchId, hasNewView: boolean) => void;

/**
 * Counts votes, by member, and hands decisions over in instance order. Every process learns from the votes themselves.
 */
export class Learner {
  readonly #shared: Shared;
  readonly #fetcher: Fetcher;
  readonly #listener: DecisionListener;

  constructor(shared: Shared, fetcher: Fetcher, listener: DecisionListener) {
    this.#shared = shared;
    this.#fetcher = fetcher;
    this.#listener = listener;
  }

  /** Phase 2b arrives. Returns the slots whose tallies changed without a decision. */
  onAccepted(from: ProcessId, { ballot, items }: MessageOf<'accepted'>): Slot[] {
    const { log } = this.#shared;
    const undecided: Slot[] = [];
    let isDecided = false;
    for (const { instance, id } of items) {
      const slot = instance < log.first ? null : log.open(instance);
      if (slot === null) continue;
      if (this.#count(from, slot, ballot, id)) isDecided = true;
      else if (slot.decided === null) undecided.push(slot);
    }
    if (isDecided) this.advance();
    return undecided;
  }

  /** A process tells the decisions from `from` on. */
  onDecided({ from, batches }: MessageOf<'decided'>): void {
    const { log } = this.#shared;
    batches.forEach((batch, offset) => {
      const instance = after(from, offset);
      const slot = instance < log.first ? null : log.open(instance);
      if (slot === null) return;
      this.#decide(slot, batch.id);
      slot.learnt = batch;
      this.#fetcher.got(batch.id);
    });
    this.advance();
  }

  /** Hands over every decision that is next in order and whose batch is here. */
  advance(): void {
    const { log } = this.#shared;
    for (;;) {
      const instance = log.first;
      const slot = log.find(instance);
      if (slot === undefined || slot.decided === null) return;
      const batch = batchOf(this.#shared, slot, slot.decided);
      if (batch === undefined) {
        this.#fetcher.want(slot.decided, instance);
        return;
      }
      this.#handOver(slot, batch);
    }
  }

  /** Returns whether the vote decides the instance. */
  #count(from: ProcessId, slot: Slot, ballot: Ballot, id: BatchId): boolean {
    const view = this.#shared.views.governing(slot.instance);
    const rank = view.rankOf(from);
    if (rank < 0) return false;
    const tally = slot.tallyOf(ballot, id);
    const bit = 1 << rank;
    if ((tally.members & bit) !== 0) return false;
    tally.members |= bit;
    tally.count += 1;
    if (tally.count < view.quorum(kindOf(ballot))) return false;
    this.#decide(slot, id);
    return true;
  }

  #decide(slot: Slot, id: BatchId): void {
    const { instance } = slot;
    assert(slot.decided === null || slot.decided === id, 'one value is chosen at an instance', {
      instance,
      first: slot.decided,
      second: id,
    });
    slot.decided = id;
  }

  #handOver(slot: Slot, batch: Batch): void {
    const { log, pool, outbox, delivered } = this.#shared;
    const { instance } = slot;
    if (slot.vote?.batch.id !== batch.id) {
      // Below the watermark the log holds only decisions: a vote for another batch is no longer needed.
      const ballot = slot.vote?.ballot ?? slot.promised;
      outbox.persist({ kind: 'entry', entry: { instance, promised: slot.promised, vote: { ballot, batch } } });
    }
    log.advance();
    delivered?.pass(batch, instance);
    pool.drop(batch.id);
    outbox.decide({ instance, batch });
    if (isOfEngine(batch.id) && this.#shared.views.isOfGroup(instance)) this.#shared.keys.decide(instance, batch);
    this.#listener(instance, batch.id, isOfView(batch.id) && applyChange(this.#shared, instance, batch));
  }
}
