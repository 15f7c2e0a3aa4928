import { type Ballot, classicStepOf, sameBallot } from '../model/ballot.js';
import type { BatchId } from '../model/batch.js';
import { after, type Instance, laterOf, type ProcessId } from '../model/ids.js';
import type { Slot } from './instance-log.js';
import { EVERYONE, type Item, type MessageOf, type ReportedVote } from './messages.js';
import { pick } from './picking.js';
import type { Shared } from './shared.js';

/** The state of one instance that a fast ballot has not decided. */
interface Inquiry {
  readonly answers: Map<ProcessId, ReportedVote | null>;
  wasAsked: boolean;
  ticks: number;
}

/**
 * Coordinated recovery of single instances of a fast reign (Fast Paxos, section 3.2). The classic ballot of the reign is
 * directly above its fast one, so that a fast vote is its sender's answer to phase 1 of that classic ballot: there is no ballot
 * between the two. Members whose votes are not known are asked.
 */
export class CollisionRecovery {
  readonly #shared: Shared;
  readonly #ballot: Ballot;
  readonly #inquiries = new Map<Instance, Inquiry>();
  /** Whether as many members as make a fast quorum have answered lately. */
  #hasFastQuorum = true;

  constructor(shared: Shared, ballot: Ballot) {
    this.#shared = shared;
    this.#ballot = ballot;
  }

  /**
   * Returns the value to propose in the classic ballot if the votes seen make a fast choice impossible, else null. If no fast
   * quorum answers, a fast choice is impossible: then the votes of a classic quorum are enough, as soon as they are here.
   */
  onVotes(slot: Slot): BatchId | null {
    const isDue = this.#inquiries.has(slot.instance) || this.#collided(slot) || this.#isAllThereWillBe(slot);
    return isDue ? this.#recover(slot) : null;
  }

  /** A member has answered for one instance. Returns the value to propose once enough have. */
  onReport(from: ProcessId, { ballot, instance, vote }: MessageOf<'report'>): BatchId | null {
    const inquiry = this.#inquiries.get(instance);
    if (inquiry === undefined || !sameBallot(ballot, classicStepOf(this.#ballot))) return null;
    if (!this.#shared.views.governing(instance).has(from)) return null;
    inquiry.answers.set(from, vote);
    return this.#pickFrom(instance, inquiry);
  }

  forget(instance: Instance): void {
    this.#inquiries.delete(instance);
  }

  /**
   * Watches every instance in use. Recovers one that stays undecided: returns the values to propose, and asks the members whose
   * votes are not known.
   */
  tick(from: Instance, hasFastQuorum: boolean, isProposed: (instance: Instance) => boolean): Item[] {
    const { log, settings, roundTrips } = this.#shared;
    const stuckTicks = settings.stuckTicks + roundTrips.toFastQuorum;
    const inquiryTicks = settings.retryTicks + roundTrips.toQuorum;
    const picks: Item[] = [];
    this.#hasFastQuorum = hasFastQuorum;
    for (let instance = laterOf(from, log.first); instance < log.end; instance = after(instance)) {
      const slot = log.open(instance);
      if (slot?.decided !== null || isProposed(instance)) continue;
      slot.watchedTicks += 1;
      if (slot.watchedTicks < stuckTicks) continue;
      const inquiry = this.#inquiries.get(instance);
      if (inquiry === undefined) this.#shared.outbox.notice({ kind: 'stuck', instance });
      else if ((inquiry.ticks += 1) % inquiryTicks === 0) inquiry.wasAsked = false;
      const id = this.#recover(slot);
      if (id !== null) picks.push({ instance, id });
    }
    return picks;
  }

  #collided(slot: Slot): boolean {
    const view = this.#shared.views.governing(slot.instance);
    let most = 0;
    let votes = 0;
    for (const tally of slot.tallies) {
      if (!sameBallot(tally.ballot, this.#ballot)) continue;
      votes += tally.count;
      most = Math.max(most, tally.count);
    }
    const isImpossible = most + (view.size - votes) < view.fastQuorum;
    if (isImpossible) this.#shared.outbox.notice({ kind: 'collision', instance: slot.instance });
    return isImpossible;
  }

  #isAllThereWillBe(slot: Slot): boolean {
    if (this.#hasFastQuorum) return false;
    const voters = slot.tallies.reduce(
      (members, tally) => (sameBallot(tally.ballot, this.#ballot) ? members | tally.members : members),
      0,
    );
    return countBits(voters) >= this.#shared.views.governing(slot.instance).classicQuorum;
  }

  #recover(slot: Slot): BatchId | null {
    const { instance } = slot;
    let inquiry = this.#inquiries.get(instance);
    if (inquiry === undefined) {
      inquiry = { answers: new Map(), wasAsked: false, ticks: 0 };
      this.#inquiries.set(instance, inquiry);
    }
    this.#takeVotes(slot, inquiry);
    const picked = this.#pickFrom(instance, inquiry);
    if (picked === null && !inquiry.wasAsked) {
      inquiry.wasAsked = true;
      this.#shared.outbox.send(EVERYONE, { kind: 'inquire', ballot: classicStepOf(this.#ballot), instance });
    }
    return picked;
  }

  /** Votes heard in the fast ballot are answers already. */
  #takeVotes(slot: Slot, inquiry: Inquiry): void {
    const { members } = this.#shared.views.governing(slot.instance);
    for (const tally of slot.tallies) {
      if (!sameBallot(tally.ballot, this.#ballot)) continue;
      members.forEach((member, rank) => {
        if ((tally.members & (1 << rank)) === 0) return;
        inquiry.answers.set(member, { instance: slot.instance, ballot: tally.ballot, id: tally.id });
      });
    }
  }

  #pickFrom(instance: Instance, inquiry: Inquiry): BatchId | null {
    const view = this.#shared.views.governing(instance);
    if (inquiry.answers.size < view.classicQuorum) return null;
    return pick([...inquiry.answers.values()], view);
  }
}

function countBits(members: number): number {
  let count = 0;
  for (let rest = members; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
