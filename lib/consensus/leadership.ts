import {
  type Ballot,
  type BallotKind,
  compareBallots,
  kindOf,
  NO_BALLOT,
  sameBallot,
  sameReign,
} from '../model/ballot.js';
import type { Instance, ProcessId } from '../model/ids.js';
import type { Coordinator } from './coordinator.js';
import { Election } from './election.js';
import { Heartbeats } from './heartbeats.js';
import type { MessageOf } from './messages.js';
import { type Mode, ModeChooser } from './mode.js';
import { Reachability } from './reachability.js';
import type { Shared } from './shared.js';

export interface LeadershipOptions {
  readonly mode: Mode;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** The highest ballot promised before this start. */
  readonly promised: Ballot;
  /** Whether others know so many more decisions that one of them should coordinate instead of this process. */
  readonly isFarBehind: () => boolean;
  /** Whether batches that are to be ordered have been awaited here in vain. */
  readonly isDeaf: () => boolean;
  /** A reign above all those heard of before has begun. */
  readonly onReign: (ballot: Ballot) => void;
  /** The latest reign that this process has promised. */
  readonly promisedReign: () => number;
  /** Whether this process has promised a ballot of a reign above that of `ballot`. */
  readonly hasPromisedAbove: (ballot: Ballot) => boolean;
}

/**
 * Decides when this process begins a reign, of which kind, when it changes the kind and when it resigns. The work within a
 * reign is in coordinator.ts.
 */
export class Leadership {
  readonly #shared: Shared;
  readonly #coordinator: Coordinator;
  readonly #election: Election;
  readonly #reachability: Reachability;
  readonly #heartbeats: Heartbeats;
  readonly #mode: ModeChooser;
  readonly #isFarBehind: () => boolean;
  readonly #isDeaf: () => boolean;
  readonly #onReign: (ballot: Ballot) => void;
  readonly #promisedReign: () => number;
  readonly #hasPromisedAbove: (ballot: Ballot) => boolean;
  #ticks = 0;
  #followed: Ballot | null = null;
  #isImpaired = false;
  /** The instance at which a reign of this process was last stranded. */
  #strandedAt: Instance | null = null;

  constructor(shared: Shared, coordinator: Coordinator, options: LeadershipOptions) {
    this.#shared = shared;
    this.#coordinator = coordinator;
    this.#reachability = new Reachability(shared);
    this.#election = new Election(shared, options.random, options.promised);
    this.#heartbeats = new Heartbeats(shared, coordinator);
    this.#mode = new ModeChooser(options.mode, shared);
    this.#isFarBehind = options.isFarBehind;
    this.#isDeaf = options.isDeaf;
    this.#onReign = options.onReign;
    this.#promisedReign = options.promisedReign;
    this.#hasPromisedAbove = options.hasPromisedAbove;
  }

  /** Whether this process lacks a decision that nobody tells it, as was last said. */
  get isImpaired(): boolean {
    return this.#isImpaired;
  }

  /** While it lacks one it does not coordinate: others, which do not know of the decision, can decide the same again. */
  impaired(isSo: boolean): void {
    this.#isImpaired = isSo;
  }

  /** The lowest member of a new group begins the first reign without an election: no other member has had a reason to. */
  beginIfFounder(): void {
    const { views, self, right } = this.#shared;
    if (!views.isFounded || !right.isAdmitted || this.#election.highest.reign > 0 || this.#coordinator.ballot !== null)
      return;
    if (views.latest.number === 0 && views.latest.rankOf(self) === 0) this.#begin(this.#mode.initial);
  }

  /** `process` has proposed something. */
  proposed(process: ProcessId): void {
    this.#mode.proposed(process);
  }

  /** `process` has answered this coordinator. */
  heardFrom(process: ProcessId): void {
    if (this.#shared.views.isMember(process)) this.#reachability.heard(process);
  }

  /**
   * Whether a ballot may be acted on: it must be that of a member of the current view or the latest, and its reign not too far
   * above the known ones. A refused ballot leaves no trace, so that neither a stranger nor a damaged number deposes a
   * coordinator.
   */
  admits(from: ProcessId, ballot: Ballot): boolean {
    const { self, refusals, views } = this.#shared;
    if (from === self || sameBallot(ballot, NO_BALLOT)) return true;
    if (!views.hears(ballot.coordinator)) {
      refusals.count(from, 'coordinator of no view');
      return false;
    }
    return this.admitsReign(from, ballot);
  }

  /** Whether the reign of a ballot is not too far above the known ones, whoever coordinates it. */
  admitsReign(from: ProcessId, ballot: Ballot): boolean {
    const { self, refusals } = this.#shared;
    if (from === self || sameBallot(ballot, NO_BALLOT)) return true;
    if (this.#election.isWithinReason(ballot)) return true;
    refusals.count(from, 'number beyond reason');
    if (this.#coordinator.reign === null && this.#election.climb(ballot)) this.#onReign(this.#election.highest);
    return false;
  }

  onHeard(from: ProcessId, { clockMs, durable }: MessageOf<'heard'>): void {
    this.heardFrom(from);
    if (this.#shared.views.isMember(from)) this.#shared.completion.heard(from, durable);
    this.#shared.clock.heard(from, clockMs, this.#shared.views.current);
    this.onClock();
  }

  /** Another clock counts. */
  onClock(): void {
    this.#heartbeats.onClock();
  }

  /** The ballot of the coordinator whose heartbeat was followed last; null before the first. */
  get followed(): Ballot | null {
    return this.#followed;
  }

  /** Whether the ballot belongs to the latest reign heard of. */
  isLatest(ballot: Ballot): boolean {
    return sameReign(ballot, this.#election.highest);
  }

  tick(): void {
    this.#ticks += 1;
    this.#reachability.tick();
    this.#election.pass();
    if (this.#coordinator.ballot !== null) this.#tickCoordinator();
    // A process that should not coordinate waits twice as long before it stands for election: another stands first.
    else if (this.#ticks % 2 === 0 || this.#isFit) this.#election.tick();
  }

  /** The coordinator of a ballot has used it: a coordinator of a lower ballot resigns. */
  follow(from: ProcessId, ballot: Ballot): void {
    if (this.#election.note(ballot)) {
      this.#onReign(ballot);
      if (this.#coordinator.ballot !== null && from !== this.#shared.self) this.#resign('a higher reign has begun');
    }
    if (from === ballot.coordinator) this.#election.heardCoordinator(ballot);
  }

  /** Returns whether the heartbeat is that of the coordinator to follow. */
  onHeartbeat(from: ProcessId, { ballot, complete, timeMs }: MessageOf<'heartbeat'>): boolean {
    const { outbox, log, clock, views, completion, self } = this.#shared;
    const { highest } = this.#election;
    if (compareBallots(ballot, highest) < 0 && !sameReign(ballot, highest)) {
      // The promise of a process that is no member any more binds nobody: it follows the reign of the members.
      const isBound = views.isMember(self) && views.told?.has(self) !== false;
      if (!this.#election.isAstray || (isBound && this.#hasPromisedAbove(ballot))) {
        outbox.send(from, { kind: 'refusal', promised: highest });
        return false;
      }
      this.#election.turnTo(ballot);
      this.#onReign(ballot);
    }
    this.follow(from, ballot);
    this.#followed = ballot;
    clock.follow(timeMs);
    completion.told(Math.min(complete, views.latest.number));
    const { first: watermark, durable } = log;
    outbox.send(from, { kind: 'heard', ballot, watermark, durable, clockMs: clock.nowMs });
    return true;
  }

  onCanvass(from: ProcessId, ballot: Ballot): void {
    if (this.#coordinator.ballot !== null) this.#heartbeats.send(from);
    else this.#election.onCanvass(from, ballot);
  }

  onConcur(from: ProcessId, ballot: Ballot): void {
    const hasAgreed = this.#election.onConcur(from, ballot);
    if (hasAgreed && this.#coordinator.ballot === null) this.#begin(this.#mode.initial);
  }

  onRefusal(promised: Ballot): void {
    if (this.#election.note(promised)) this.#onReign(promised);
    const mine = this.#coordinator.ballot;
    if (mine !== null && compareBallots(promised, mine) > 0 && !sameReign(promised, mine))
      this.#resign('a member has promised a higher reign');
  }

  /**
   * Another view is known: a reign knows only those that its coordinator knew when it began, and ends here. A member of the new
   * view begins another at once, with the promises that it needs; a process that is none leaves that to the members.
   */
  onView(): void {
    const { views, self } = this.#shared;
    if (this.#coordinator.ballot === null) return;
    if (views.latest.has(self)) this.#begin(this.#mode.initial);
    else this.#resign('it is no member of the latest view');
  }

  /** Gives way if it coordinates. */
  resign(why: string): void {
    if (this.#coordinator.ballot !== null) this.#resign(why);
  }

  /** Whether others should not stand for election before this process does. */
  get #isFit(): boolean {
    const lacksFirst = this.#strandedAt === this.#shared.log.first;
    return !(this.#isFarBehind() || this.#isImpaired || this.#isDeaf() || this.#coordinator.isUnheard || lacksFirst);
  }

  /** Until the latest view governs, reigns are classic: a fast one would end at the border. */
  #begin(wished: BallotKind): void {
    const reign = this.#election.nextReign(this.#promisedReign());
    if (reign === null) {
      this.#shared.outbox.notice({ kind: 'reigns-exhausted', reign: this.#election.highest.reign });
      this.resign('the numbers of reigns are used up');
      return;
    }
    const { clock, views } = this.#shared;
    const kind = views.current === views.latest ? wished : 'classic';
    this.#reachability.begin(views.current);
    this.#reachability.begin(views.latest);
    const ballot = this.#coordinator.start(reign, kind, this.#strandedAt === this.#shared.log.first);
    // Noted at once, not when the promise is durable: no reign number is used twice, however slow the disk.
    if (this.#election.note(ballot)) this.#onReign(ballot);
    // A group of one has heard all clocks.
    if (!clock.isKnown) clock.publish(views.current);
  }

  #tickCoordinator(): void {
    const { views, self } = this.#shared;
    const { current, latest } = views;
    const reachable = this.#reachability.count(current, self);
    const hasLatest = latest === current || this.#reachability.count(latest, self) >= latest.classicQuorum;
    if (reachable < current.classicQuorum || !hasLatest) {
      this.#resign('no majority answers');
      return;
    }
    this.#coordinator.tick(reachable);
    if (this.#coordinator.isOverdue) {
      this.#resign('phase 1 does not end');
      return;
    }
    const { reign } = this.#coordinator;
    if (reign !== null) {
      const kind = latest === current ? this.#mode.tick(kindOf(reign), reachable, current) : null;
      if (this.#isImpaired) this.#resign('it lacks what was decided');
      else if (this.#coordinator.isFarBehind) this.#resign('others know far more decisions');
      else if (this.#isDeaf()) this.#resign('batches do not get here');
      else if (kind !== null) this.#begin(kind);
      else if (this.#coordinator.isStranded) this.#onStranded(kindOf(reign));
    }
    this.#heartbeats.tick(this.#ticks, current);
  }

  /**
   * A new reign asks the members that are present. If that has not helped, another process may have the batch or decision that
   * this one lacks.
   */
  #onStranded(kind: BallotKind): void {
    const { first } = this.#shared.log;
    if (this.#strandedAt === first) {
      this.#resign('it does not get what was decided');
      return;
    }
    this.#strandedAt = first;
    this.#begin(kind);
  }

  #resign(why: string): void {
    this.#coordinator.resign(why);
    this.#election.restart();
  }
}
