import { assert } from '../model/assert.js';
import { type Ballot, type BallotKind, compareBallots, kindOf, sameBallot, sameReign } from '../model/ballot.js';
import type { Batch, BatchId } from '../model/batch.js';
import { type Instance, laterOf, type ProcessId } from '../model/ids.js';
import type { Fetcher } from './fetcher.js';
import type { Slot } from './instance-log.js';
import type { MessageOf, ReportedVote } from './messages.js';
import { amMember, batchOf, type Shared } from './shared.js';

/**
 * Votes and promises. An acceptor votes in no ballot below its promise, at most once in each ballot at each instance, and sends
 * no vote or promise before it is durable (The Part-Time Parliament, section 2.3; Fast Paxos, section 2.1).
 */
export class Acceptor {
  readonly #shared: Shared;
  readonly #fetcher: Fetcher;
  #promised: Ballot;
  /** The open fast reign: acceptors may vote for proposals of all proposers, from an instance on. */
  #any: { readonly ballot: Ballot; readonly from: Instance } | null = null;

  constructor(shared: Shared, fetcher: Fetcher, promised: Ballot) {
    this.#shared = shared;
    this.#fetcher = fetcher;
    this.#promised = promised;
  }

  /**
   * Phase 1b, for the instances from `from` on, as far as one message holds the votes there. For decided instances it tells the
   * watermark instead of votes.
   */
  onPrepare(from: ProcessId, { ballot, from: first }: MessageOf<'prepare'>): void {
    if (!this.#mayServe(from, ballot)) return;
    this.promise(ballot);
    const { log, outbox, votesAPromise } = this.#shared;
    const votes: ReportedVote[] = [];
    let until: Instance | null = null;
    for (const slot of log.slotsFrom(laterOf(first, log.first))) {
      const vote = reported(slot);
      if (vote === null) continue;
      if (votes.length === votesAPromise) {
        until = slot.instance;
        break;
      }
      votes.push(vote);
    }
    outbox.sendOnceDurable(from, { kind: 'promise', ballot, watermark: log.first, from: first, until, votes });
  }

  /** The latest reign promised; this process's own are among those promised. */
  get promisedReign(): number {
    return this.#promised.reign;
  }

  /** Whether a reign above that of `ballot` has been promised. */
  hasPromisedAbove(ballot: Ballot): boolean {
    return compareBallots(ballot, this.#promised) < 0 && !sameReign(ballot, this.#promised);
  }

  /**
   * Phase 1b for one instance of a fast reign, in the classic ballot of that reign. The reign is promised as well: otherwise
   * this acceptor would serve lower reigns after a restart, and at this instance neither vote in them nor say why.
   */
  onInquire(from: ProcessId, { ballot, instance }: MessageOf<'inquire'>): void {
    if (!this.#isOfKind(from, ballot, 'classic') || !this.#mayServe(from, ballot)) return;
    const { log, outbox } = this.#shared;
    if (instance < log.first) {
      outbox.supply({ to: from, from: instance, until: null });
      return;
    }
    const slot = log.open(instance);
    if (slot === null) return;
    this.#promiseReignOf(ballot);
    if (compareBallots(slot.promised, ballot) < 0) {
      slot.promised = ballot;
      outbox.persist({ kind: 'entry', entry: slot.toEntry() });
    }
    outbox.sendOnceDurable(from, { kind: 'report', ballot, instance, vote: reported(slot) });
  }

  /** Phase 2b of a value that the coordinator has picked. */
  onAccept(from: ProcessId, { ballot, items }: MessageOf<'accept'>): void {
    if (!this.#isOfKind(from, ballot, 'classic') || !this.#mayServe(from, ballot)) return;
    this.#promiseReignOf(ballot);
    for (const { instance, id } of items) {
      const slot = this.#votable(instance, ballot);
      if (slot === null) continue;
      const batch = batchOf(this.#shared, slot, id);
      if (batch === undefined) this.#await(slot, ballot, id);
      else this.#vote(slot, ballot, batch);
    }
  }

  /** A fast reign is open from `from` on. */
  onAny(coordinator: ProcessId, ballot: Ballot, from: Instance): void {
    if (!this.#isOfKind(coordinator, ballot, 'fast') || !this.#mayServe(coordinator, ballot)) return;
    if (!sameReign(ballot, this.#promised)) this.promise(ballot);
    if (this.#any !== null && sameBallot(this.#any.ballot, ballot)) {
      assert(this.#any.from === from, 'a fast reign opens at one instance only', {
        ballot,
        from,
        known: this.#any.from,
      });
      return;
    }
    this.#any = { ballot, from };
  }

  /**
   * Phase 2b of a fast ballot: the acceptor votes for the first proposal that it sees at the instance, and repeats the vote if
   * the proposal is repeated.
   */
  onPropose(from: ProcessId, { ballot, instance, batch }: MessageOf<'propose'>): void {
    if (!amMember(this.#shared)) return;
    if (compareBallots(ballot, this.#promised) < 0) {
      this.#shared.outbox.send(from, { kind: 'refusal', promised: this.#promised });
      return;
    }
    if (this.#shared.log.inWindow(instance)) this.#shared.log.note(instance);
    const any = this.#any;
    if (any === null || !sameBallot(any.ballot, ballot) || !sameBallot(ballot, this.#promised) || instance < any.from)
      return;
    // The reign has promises of the members of the view in which it was opened, and of no later one.
    const border = this.#shared.views.borderBehind(any.from);
    if (border !== null && instance >= border) return;
    const slot = this.#votable(instance, ballot);
    if (slot === null) return;
    const vote = slot.vote;
    // Another batch comes too late, and the vote has been sent. If it was lost, the coordinator finds the instance undecided
    // and recovers it: so votes need not be repeated in every collision.
    if (vote !== null && sameBallot(vote.ballot, ballot) && vote.batch.id !== batch.id) return;
    this.#vote(slot, ballot, batch);
  }

  /** A batch that was asked for has arrived: votes that waited for it are cast, if they still may be. */
  onBatch(batch: Batch): void {
    for (const slot of this.#shared.log.slotsFrom(this.#shared.log.first)) this.#castAwaited(slot, batch);
  }

  /** From now on this acceptor votes in no ballot below. It tells others of the promise only once it is durable. */
  promise(ballot: Ballot): void {
    if (compareBallots(ballot, this.#promised) <= 0) return;
    this.#promised = ballot;
    this.#any = null;
    this.#shared.outbox.persist({ kind: 'promise', ballot });
  }

  /** The reign may be a fast one whose `prepare` was lost: the promise must leave its fast ballot open. */
  #promiseReignOf(ballot: Ballot): void {
    if (!sameReign(ballot, this.#promised)) this.promise({ ...ballot, step: 0 });
  }

  /** Whether a coordinator's message may be acted on: only at a member, and in no ballot below the promise. */
  #mayServe(coordinator: ProcessId, ballot: Ballot): boolean {
    if (!amMember(this.#shared) || coordinator !== ballot.coordinator) return false;
    if (compareBallots(ballot, this.#promised) >= 0) return true;
    this.#shared.outbox.send(coordinator, { kind: 'refusal', promised: this.#promised });
    return false;
  }

  /** In classic ballots only the coordinator proposes, in fast ones every process does. */
  #isOfKind(from: ProcessId, ballot: Ballot, kind: BallotKind): boolean {
    if (kindOf(ballot) === kind) return true;
    this.#shared.refusals.count(from, 'against the protocol');
    return false;
  }

  #castAwaited(slot: Slot, batch: Batch): void {
    const { awaited } = slot;
    if (awaited?.id !== batch.id || compareBallots(awaited.ballot, this.#promised) < 0) return;
    if (this.#votable(slot.instance, awaited.ballot) === null) return;
    slot.awaited = null;
    this.#vote(slot, awaited.ballot, batch);
  }

  /** The slot, if this acceptor has a vote at `instance` and may still give it in `ballot`. */
  #votable(instance: Instance, ballot: Ballot): Slot | null {
    const { log, self, views } = this.#shared;
    if (instance < log.first || !views.governing(instance).has(self)) return null;
    const slot = log.open(instance);
    if (slot === null) return null;
    if (compareBallots(slot.promised, ballot) > 0) return null;
    if (slot.vote !== null && compareBallots(slot.vote.ballot, ballot) > 0) return null;
    return slot;
  }

  #vote(slot: Slot, ballot: Ballot, batch: Batch): void {
    const { outbox } = this.#shared;
    const { instance } = slot;
    const item = { instance, id: batch.id };
    if (slot.vote !== null && sameBallot(slot.vote.ballot, ballot)) {
      assert(slot.vote.batch.id === batch.id, 'one vote a ballot', {
        instance,
        ballot,
        voted: slot.vote.batch.id,
        asked: batch.id,
      });
      outbox.voteAgain(ballot, item);
    } else {
      slot.vote = { ballot, batch };
      slot.awaited = null;
      outbox.persist({ kind: 'entry', entry: slot.toEntry() });
      outbox.vote(ballot, item);
    }
  }

  #await(slot: Slot, ballot: Ballot, id: BatchId): void {
    assert(kindOf(ballot) === 'classic', 'only a coordinator names a batch without its body', { ballot, id });
    slot.awaited = { ballot, id };
    this.#fetcher.want(id, slot.instance);
  }
}

function reported(slot: Slot): ReportedVote | null {
  return slot.vote === null ? null : { instance: slot.instance, ballot: slot.vote.ballot, id: slot.vote.batch.id };
}
