import { type Ballot, compareBallots, sameBallot } from '../model/ballot.js';
import { constants } from '../model/constants.js';
import { COUNTER_MAX, type ProcessId } from '../model/ids.js';
import type { View } from '../model/view.js';
import { EVERYONE } from './messages.js';
import { amMember, type Shared } from './shared.js';

/**
 * Makes one stable coordinator likely. A member of the latest view stands for election only after a randomised silence, and
 * begins a reign only when a majority of that view agrees that the coordinator is silent, so that a process with a bad link cannot depose one that the others hear.
 */
export class Election {
  readonly #shared: Shared;
  readonly #random: () => number;
  /** The highest ballot heard of, or a lower one, if the coordinator of the highest is not heard. Never below the promise. */
  #highest: Ballot;
  #silentTicks = 0;
  #timeoutTicks: number;
  /** And so many round trips. */
  #timeoutTrips: number;
  /** Ticks until the highest reign may rise by another step without having been reached. */
  #stepTicks = 0;
  /** Of the members of one view, as it was when they were asked. */
  #canvass: {
    readonly ballot: Ballot;
    readonly view: View;
    readonly supporters: Set<ProcessId>;
    ticks: number;
  } | null = null;

  constructor(shared: Shared, random: () => number, promised: Ballot) {
    this.#shared = shared;
    this.#random = random;
    this.#highest = promised;
    this.#timeoutTicks = this.#firstTimeout();
    this.#timeoutTrips = this.#firstTrips();
  }

  /**
   * A reign number above every one heard of and above the reign `promised` by this process, its own former reigns among them;
   * null where the numbers are used up. A process that was no member for a while may follow a lower reign than it has promised.
   */
  nextReign(promised: number): number | null {
    const next = Math.max(this.#highest.reign, promised) + 1;
    return next <= COUNTER_MAX ? next : null;
  }

  /** The ballot of the reign that this process follows, NO_BALLOT before it has heard of any. */
  get highest(): Ballot {
    return this.#highest;
  }

  /** A ballot has been mentioned. Returns whether it is above every one heard of before. */
  note(ballot: Ballot): boolean {
    if (compareBallots(ballot, this.#highest) <= 0) return false;
    this.#highest = ballot;
    return true;
  }

  /** Whether the reign of a ballot is at most `constants.reignStep` above the highest heard of. */
  isWithinReason(ballot: Ballot): boolean {
    return ballot.reign <= this.#highest.reign + constants.reignStep;
  }

  /**
   * A process claims a reign above that limit. If no coordinator is heard, the sender may be a member that has promised it and
   * without which there is no majority: the highest rises towards it, so slowly that it takes days to use up the numbers.
   */
  climb(ballot: Ballot): boolean {
    if (this.#stepTicks > 0 || this.#silentTicks < this.#shared.settings.silenceTicks / 2) return false;
    this.#stepTicks = constants.reignStepTicks;
    return this.note({ ...ballot, reign: this.#highest.reign + constants.reignStep });
  }

  /** One tick, whether this process follows or coordinates. */
  pass(): void {
    if (this.#stepTicks > 0) this.#stepTicks -= 1;
  }

  /** The coordinator of `ballot` has made itself heard. */
  heardCoordinator(ballot: Ballot): void {
    if (ballot.reign < this.#highest.reign) return;
    this.restart();
  }

  /** The silence begins anew: a coordinator has been heard, or this process has ceased to be one. */
  restart(): void {
    this.#silentTicks = 0;
    this.#canvass = null;
    const share = this.#random();
    this.#timeoutTicks = this.#shared.settings.silenceTicks * (1 + share);
    this.#timeoutTrips = share;
  }

  /** Whether the coordinator of the highest reign heard of is not heard. */
  get isAstray(): boolean {
    return this.#silentTicks >= this.#shared.settings.silenceTicks;
  }

  /** Follows a lower reign than the highest heard of: one that this process has not promised to leave alone. */
  turnTo(ballot: Ballot): void {
    this.#highest = ballot;
  }

  tick(): void {
    const { right, self, views, roundTrips, settings } = this.#shared;
    const hasVote = views.latest.has(self);
    if (hasVote && !right.isAdmitted) return;
    this.#silentTicks += 1;
    if (!hasVote) return;
    if (this.#canvass !== null) {
      this.#canvass.ticks += 1;
      if (this.#canvass.ticks < settings.canvassTicks + roundTrips.toQuorum) return;
      this.#canvass = null;
    }
    if (this.#silentTicks < this.#timeoutTicks + this.#timeoutTrips * roundTrips.toFarthest) return;
    this.#canvass = { ballot: this.#highest, view: views.latest, supporters: new Set(), ticks: 0 };
    this.#shared.outbox.send(EVERYONE, { kind: 'canvass', ballot: this.#highest });
  }

  onCanvass(from: ProcessId, ballot: Ballot): void {
    const { self, views } = this.#shared;
    const isMember = amMember(this.#shared);
    // A process that was a member tells what it knows all the same: the one that asks may have missed that the view changed.
    if (!isMember && !views.wasMemberSince(0, self)) return;
    const finds = from === self || this.#silentTicks >= this.#shared.settings.silenceTicks / 2;
    if (isMember && finds) this.#shared.outbox.send(from, { kind: 'concur', ballot });
    // The process that asks does not hear the coordinator's watermark either: this reply tells it that it has missed something.
    else {
      const { outbox, log, clock } = this.#shared;
      const { first: watermark, durable } = log;
      outbox.send(from, { kind: 'heard', ballot: this.#highest, watermark, durable, clockMs: clock.nowMs });
    }
  }

  /** Returns whether this process may now begin a reign. */
  onConcur(from: ProcessId, ballot: Ballot): boolean {
    const canvass = this.#canvass;
    if (canvass === null || !sameBallot(ballot, canvass.ballot)) return false;
    const { view, supporters } = canvass;
    if (view !== this.#shared.views.latest || !view.has(from)) return false;
    supporters.add(from);
    if (supporters.size < view.classicQuorum) return false;
    this.restart();
    return true;
  }

  /** Each by one later: by then it has heard that the one before stands. */
  #firstTrips(): number {
    const { views, self } = this.#shared;
    return views.isFounded ? Math.max(0, views.latest.rankOf(self)) : 0;
  }

  /** After a start the members stand in the order of their ranks, so that a group that was all down does not duel. */
  #firstTimeout(): number {
    const { views, self } = this.#shared;
    if (!views.isFounded) return this.#shared.settings.silenceTicks;
    const view = views.latest;
    return view.size === 1
      ? 1
      : this.#shared.settings.silenceTicks / 2 +
          2 * this.#shared.settings.heartbeatTicks * Math.max(0, view.rankOf(self));
  }
}
