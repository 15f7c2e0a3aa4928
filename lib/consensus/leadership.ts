import { compareBallots, kindOf, sameReign, type Ballot, type BallotKind } from '../model/ballot.js';
import type { Instance, ProcessId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import type { View } from '../model/view.js';
import type { Coordinator } from './coordinator.js';
import { Election } from './election.js';
import { EVERYONE, type MessageOf } from './messages.js';
import { ModeChooser, type Mode } from './mode.js';
import { Reachability } from './reachability.js';
import type { Shared } from './shared.js';

export interface LeadershipOptions {
  readonly mode: Mode;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** The highest ballot promised before this start. */
  readonly promised: Ballot;
  /** Whether others know so many more decisions that this process had better leave it to one of them to coordinate. */
  readonly isFarBehind: () => boolean;
  /** Whether it lacks something that was decided and that nobody tells it: others, who do not know of it, can decide it anew. */
  readonly isImpaired: () => boolean;
  /** A reign above all those heard of before has begun. */
  readonly onReign: (ballot: Ballot) => void;
}

/**
 * Who coordinates: when this process begins a reign, of which kind, when it changes the kind and when it gives way. What
 * a coordinator does with its reign is the coordinator's affair.
 */
export class Leadership {
  readonly #shared: Shared;
  readonly #coordinator: Coordinator;
  readonly #election: Election;
  readonly #reachability = new Reachability();
  readonly #mode: ModeChooser;
  readonly #isFarBehind: () => boolean;
  readonly #isImpaired: () => boolean;
  readonly #onReign: (ballot: Ballot) => void;
  #ticks = 0;

  constructor(shared: Shared, coordinator: Coordinator, options: LeadershipOptions) {
    this.#shared = shared;
    this.#coordinator = coordinator;
    this.#election = new Election(shared, options.random, options.promised);
    this.#mode = new ModeChooser(options.mode, shared.self);
    this.#isFarBehind = options.isFarBehind;
    this.#isImpaired = options.isImpaired;
    this.#onReign = options.onReign;
  }

  /** The lowest member of a new group begins the first reign without an election: nobody else has had a reason to. */
  beginIfFounder(): void {
    const { views, self } = this.#shared;
    if (!views.founded || this.#election.highest.reign > 0 || this.#coordinator.ballot !== null) return;
    if (this.#view.rankOf(self) === 0) this.#begin(this.#mode.initial);
  }

  /** `process` has proposed something. */
  proposed(process: ProcessId): void {
    this.#mode.proposed(process);
  }

  /** `process` has answered this coordinator. */
  heardFrom(process: ProcessId): void {
    this.#reachability.heard(process);
  }

  /** Whether the ballot belongs to the latest reign heard of. */
  isLatest(ballot: Ballot): boolean {
    return sameReign(ballot, this.#election.highest);
  }

  tick(): void {
    this.#ticks += 1;
    this.#reachability.tick();
    if (this.#coordinator.ballot !== null) this.#tickCoordinator();
    // Time goes by half as fast for who had better not coordinate: whoever may stands first.
    else if (this.#ticks % 2 === 0 || !(this.#isFarBehind() || this.#isImpaired())) this.#election.tick();
  }

  /** A ballot has been used by its coordinator: who coordinates a lower one gives way. */
  follow(from: ProcessId, ballot: Ballot): void {
    if (this.#election.note(ballot)) {
      this.#onReign(ballot);
      if (this.#coordinator.ballot !== null && from !== this.#shared.self) this.#resign('a higher reign has begun');
    }
    if (from === ballot.coordinator) this.#election.heardCoordinator(ballot);
  }

  /** Returns whether the heartbeat is that of the coordinator to follow. */
  onHeartbeat(from: ProcessId, { ballot }: MessageOf<'heartbeat'>): boolean {
    const { outbox, log } = this.#shared;
    const { highest } = this.#election;
    if (compareBallots(ballot, highest) < 0 && !sameReign(ballot, highest)) {
      outbox.send(from, { kind: 'refusal', promised: highest });
      return false;
    }
    this.follow(from, ballot);
    outbox.send(from, { kind: 'heard', ballot, watermark: log.first });
    return true;
  }

  onCanvass(from: ProcessId, ballot: Ballot): void {
    if (this.#coordinator.ballot !== null) this.#sendHeartbeat(from);
    else this.#election.onCanvass(from, ballot);
  }

  onConcur(from: ProcessId, ballot: Ballot): void {
    const agreed = this.#election.onConcur(from, ballot, this.#view);
    if (agreed && this.#coordinator.ballot === null) this.#begin(this.#mode.initial);
  }

  onRefusal(promised: Ballot): void {
    if (this.#election.note(promised)) this.#onReign(promised);
    const mine = this.#coordinator.ballot;
    if (mine !== null && compareBallots(promised, mine) > 0 && !sameReign(promised, mine))
      this.#resign('a member has promised a higher reign');
  }

  /** Gives way if it coordinates. */
  resign(why: string): void {
    if (this.#coordinator.ballot !== null) this.#resign(why);
  }

  get #view(): View {
    return this.#shared.views.at(this.#shared.log.first);
  }

  #begin(kind: BallotKind): void {
    this.#reachability.begin(this.#view);
    const ballot = this.#coordinator.start(this.#election.nextReign, kind);
    // Noted at once, not when the promise is durable: no reign number is used twice, however slow the disk.
    if (this.#election.note(ballot)) this.#onReign(ballot);
  }

  #tickCoordinator(): void {
    const view = this.#view;
    const reachable = this.#reachability.count(view, this.#shared.self);
    if (reachable < view.classicQuorum) {
      this.#resign('no majority answers');
      return;
    }
    this.#coordinator.tick(reachable);
    const { reign } = this.#coordinator;
    if (reign !== null) {
      const kind = this.#mode.tick(kindOf(reign), reachable, view);
      if (this.#isImpaired()) this.#resign('it lacks what was decided');
      else if (this.#coordinator.isFarBehind) this.#resign('others know far more decisions');
      else if (kind !== null) this.#begin(kind);
      else if (this.#coordinator.isStranded) this.#begin(kindOf(reign));
    }
    if (this.#ticks % limits.heartbeatTicks === 0) this.#sendHeartbeat(EVERYONE);
  }

  #sendHeartbeat(to: ProcessId | typeof EVERYONE): void {
    const { ballot, anyFrom } = this.#coordinator;
    const watermark: Instance = this.#shared.log.first;
    if (ballot !== null) this.#shared.outbox.send(to, { kind: 'heartbeat', ballot, watermark, anyFrom });
  }

  #resign(why: string): void {
    this.#coordinator.resign(why);
    this.#election.restart();
  }
}
