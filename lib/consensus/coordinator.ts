import { assert } from '../model/assert.js';
import { type Ballot, type BallotKind, ballotOf, kindOf, sameBallot } from '../model/ballot.js';
import type { Batch, BatchId } from '../model/batch.js';
import { after, earlierOf, type Instance, type ProcessId } from '../model/ids.js';
import type { View } from '../model/view.js';
import type { Acceptor } from './acceptor.js';
import { BatchOrder } from './batch-order.js';
import { CollisionRecovery } from './collision-recovery.js';
import { FirstWatch } from './first-watch.js';
import { ForcedValues } from './forced-values.js';
import type { Slot } from './instance-log.js';
import { EVERYONE, type MessageOf } from './messages.js';
import { OpenProposals } from './open-proposals.js';
import { Patience } from './patience.js';
import { Preparation, type PromisesOfView } from './preparation.js';
import { batchOf, type Shared } from './shared.js';

type Phase =
  | { readonly kind: 'idle' }
  | { readonly kind: 'preparing'; readonly ballot: Ballot; readonly preparation: Preparation }
  | { readonly kind: 'classic'; readonly ballot: Ballot }
  | { readonly kind: 'fast'; readonly ballot: Ballot; readonly from: Instance; readonly recovery: CollisionRecovery };

const IDLE: Phase = { kind: 'idle' };

/**
 * The coordinator's part of both protocols: phase 1 for all instances at once, the values that phase 1 forces, order in
 * a classic reign, `any` and recovery in a fast one. Ballots make two coordinators harmless; the election makes one likely.
 */
export class Coordinator {
  readonly #shared: Shared;
  readonly #acceptor: Acceptor;
  #phase: Phase = IDLE;
  /** Everything below is decided, as a member has said whose promise this reign depends on. */
  #base = 0 as Instance;
  #forced: ForcedValues | null = null;
  /** Whether what phase 1 forces has been proposed, and proposers have been told where a fast reign begins. */
  #isBegun = false;
  /** The patience for further promises, in phase 1. */
  readonly #promisesAwaited: Patience;
  /** Whether phase 1 has gone without them for too long. */
  #isOverdue = false;
  /** The latest view that was known when this reign began: with another one it ends. */
  #latest: View | null = null;
  readonly #firstWatch: FirstWatch;
  readonly #open: OpenProposals;
  readonly #order: BatchOrder;

  constructor(shared: Shared, acceptor: Acceptor) {
    this.#shared = shared;
    const { preparePatienceTicks, patienceTicksMax } = shared.settings;
    this.#promisesAwaited = new Patience(preparePatienceTicks, patienceTicksMax);
    this.#firstWatch = new FirstWatch(shared.settings);
    this.#acceptor = acceptor;
    this.#open = new OpenProposals(shared);
    this.#order = new BatchOrder(shared, (instance, id) => {
      this.#propose(instance, id);
    });
  }

  /** The ballot of the reign under way or begun, null when this process coordinates nothing. */
  get ballot(): Ballot | null {
    return this.#phase.kind === 'idle' ? null : this.#phase.ballot;
  }

  /** The ballot of the reign once phase 1 has ended, otherwise null. */
  get reign(): Ballot | null {
    return this.#phase.kind === 'preparing' ? null : this.ballot;
  }

  /** Whether this process coordinates a classic reign, in which every batch gets its instance from the coordinator. */
  get ordersBatches(): boolean {
    return this.#phase.kind === 'classic';
  }

  /**
   * Whether this reign is stranded: it proposes nothing at an instance that a member has called decided, and nobody tells it
   * the decision; or it has to propose a batch that a member has voted for, and nobody sends it the batch. The member that has
   * it may be gone; a new reign asks the members that are present.
   */
  get isStranded(): boolean {
    return this.reign !== null && this.#firstWatch.isStranded;
  }

  /** Whether phase 1 makes no progress: the members that answer are not heard, or too few. */
  get isOverdue(): boolean {
    return this.#phase.kind === 'preparing' && this.#isOverdue;
  }

  /** Whether the last phase 1 has not ended: then another process should try. */
  get isUnheard(): boolean {
    return this.#promisesAwaited.isStrained;
  }

  /**
   * Whether a member is so many decisions ahead, as phase 1 has shown, that nothing can be proposed before most of them are
   * here.
   */
  get isFarBehind(): boolean {
    return this.reign !== null && this.#base >= this.#shared.log.limit;
  }

  /** Where proposers may begin in a fast reign: null in a classic one, and until a fast one is open. */
  get anyFrom(): Instance | null {
    return this.#phase.kind === 'fast' && this.#isBegun ? this.#phase.from : null;
  }

  /**
   * Whether all decisions before the reign are known here, and with them the views that govern what follows; and everything that
   * phase 1 forces has been proposed. Only then are proposers told where to begin.
   */
  get #isOpen(): boolean {
    const { log, views } = this.#shared;
    if (this.#forced !== null || log.first < this.#base) return false;
    return this.#phase.kind !== 'fast' || this.#phase.from < after(log.first, views.borderInstances);
  }

  /**
   * Phase 1a. `reign` must be above every reign heard of. The coordinator's own promise is durable before anyone hears of the
   * ballot, so that no later incarnation uses the ballot again and takes late answers for its own. Returns the ballot.
   */
  start(reign: number, kind: BallotKind, isWary: boolean): Ballot {
    const { self, outbox, views } = this.#shared;
    const ballot = ballotOf(reign, self, kind);
    assert(this.ballot === null || this.ballot.reign < reign, 'reigns of one coordinator rise', {
      reign,
      current: this.ballot,
    });
    const preparation = new Preparation(ballot, this.#shared, isWary);
    this.#latest = views.latest;
    this.#reset({ kind: 'preparing', ballot, preparation });
    outbox.notice({ kind: 'reign', ballot });
    this.#acceptor.promise(ballot);
    preparation.begin();
    return ballot;
  }

  resign(why: string): void {
    if (this.#phase.kind === 'idle') return;
    this.#shared.outbox.notice({ kind: 'resigned', ballot: this.#phase.ballot, why });
    this.#reset(IDLE);
  }

  onPromise(from: ProcessId, promise: MessageOf<'promise'>): void {
    const phase = this.#phase;
    if (phase.kind !== 'preparing' || !sameBallot(phase.ballot, promise.ballot)) return;
    if (phase.preparation.onPromise(from, promise)) this.#promisesAwaited.progressed();
    this.#beginIfPromised(phase);
  }

  /** A batch has arrived: in a classic reign it gets the next instance. */
  onBatch(from: ProcessId, batch: Batch): void {
    const phase = this.#phase;
    if (phase.kind === 'classic') this.#order.add(batch.id);
    else if (phase.kind === 'fast' && this.#isBegun && from !== this.#shared.self) {
      this.#shared.outbox.send(from, { kind: 'any', ballot: phase.ballot, from: phase.from });
    }
  }

  onReport(from: ProcessId, report: MessageOf<'report'>): void {
    if (this.#phase.kind !== 'fast' || this.#open.has(report.instance)) return;
    const picked = this.#phase.recovery.onReport(from, report);
    if (picked !== null) this.#propose(report.instance, picked);
  }

  /** Counted votes have decided nothing: in a fast reign they may show a collision. */
  onUndecided(slots: readonly Slot[]): void {
    if (this.#phase.kind !== 'fast') return;
    for (const slot of slots) {
      if (slot.instance < this.#phase.from || this.#open.has(slot.instance)) continue;
      const picked = this.#phase.recovery.onVotes(slot);
      if (picked !== null) this.#propose(slot.instance, picked);
    }
  }

  onDecided(instance: Instance, id: BatchId): void {
    if (this.#phase.kind === 'idle') return;
    this.#open.decided(instance);
    this.#order.decided(id);
    if (this.#phase.kind === 'fast') this.#phase.recovery.forget(instance);
    if (!this.#isBegun) this.#proceed();
    if (this.#phase.kind === 'classic') this.#order.addWaiting();
  }

  /** A reader waits for instances that perhaps no batch will ever use: fills them with no-ops. */
  onFill(until: Instance): void {
    const { log } = this.#shared;
    const end = earlierOf(until, log.limit);
    if (this.#phase.kind === 'fast' && end > log.first) log.note(after(end, -1));
    if (this.#phase.kind === 'classic') this.#order.fill(end);
  }

  /** `reachable` is how many members of the current view answer, this process included. */
  tick(reachable: number): void {
    const phase = this.#phase;
    if (phase.kind === 'preparing') {
      phase.preparation.tick();
      if (this.#promisesAwaited.tick(this.#shared.roundTrips.toFarthest)) this.#isOverdue = true;
      this.#beginIfPromised(phase);
      return;
    }
    if (phase.kind === 'idle') return;
    this.#watchFirst();
    this.#open.tick(phase.ballot);
    if (phase.kind === 'fast') {
      const hasFastQuorum = reachable >= this.#shared.views.current.fastQuorum;
      const picks = phase.recovery.tick(phase.from, hasFastQuorum, (instance) => this.#open.has(instance));
      for (const { instance, id } of picks) this.#propose(instance, id);
    }
  }

  /**
   * Classic quorums have promised. Below the highest watermark everything is decided; from there to the highest vote the
   * picking rule gives the values to propose, in the reign's classic step, where a value needs only a classic quorum.
   */
  #begin(ballot: Ballot, quorums: readonly PromisesOfView[]): void {
    const { log, outbox } = this.#shared;
    const forced = new ForcedValues(quorums, log.first);
    const { base, end } = forced;
    const isFast = kindOf(ballot) === 'fast';
    this.#base = base;
    this.#reset(
      isFast
        ? { kind: 'fast', ballot, from: end, recovery: new CollisionRecovery(this.#shared, ballot) }
        : { kind: 'classic', ballot },
    );
    this.#forced = forced;
    this.#order.begin(base, end);
    outbox.notice({ kind: 'coordinating', ballot });
    this.#proceed();
    if (!isFast) for (const id of this.#shared.pool.ids()) this.#order.add(id);
  }

  /**
   * Proposes what phase 1 forces, as far as this process knows which view governs: a view is decided α instances before it
   * governs, so that the known ones are all that there are below its own watermark and α. Then it opens a fast reign.
   */
  #proceed(): void {
    const { log, views, outbox } = this.#shared;
    const forced = this.#forced;
    if (forced !== null) {
      const limit = after(log.first, views.borderInstances);
      for (const { instance, id } of forced.take(limit, views)) this.#propose(instance, id);
      if (forced.areTaken) this.#forced = null;
    }
    const phase = this.#phase;
    this.#isBegun = this.#isOpen;
    if (phase.kind === 'fast' && this.#isBegun)
      outbox.send(EVERYONE, { kind: 'any', ballot: phase.ballot, from: phase.from });
    if (phase.kind === 'classic') this.#order.fillToBorder();
  }

  #beginIfPromised({ ballot, preparation }: Extract<Phase, { kind: 'preparing' }>): void {
    const { quorums } = preparation;
    if (quorums === null) return;
    this.#promisesAwaited.ended();
    this.#begin(ballot, quorums);
  }

  #watchFirst(): void {
    const { log, roundTrips } = this.#shared;
    const { first } = log;
    this.#firstWatch.tick(first, first < this.#base || this.#lacksBatchAt(first), roundTrips.toFarthest);
  }

  #lacksBatchAt(instance: Instance): boolean {
    const id = this.#open.idAt(instance);
    const slot = id === undefined ? null : this.#shared.log.open(instance);
    return id !== undefined && slot !== null && batchOf(this.#shared, slot, id) === undefined;
  }

  /** Phase 2a in the reign's classic step. */
  #propose(instance: Instance, id: BatchId): void {
    if (this.#phase.kind === 'idle' || instance < this.#shared.log.first) return;
    assert(this.#shared.views.latest === this.#latest, 'a reign proposes while it knows the latest view', {
      instance,
      id,
    });
    if (this.#open.propose(this.#phase.ballot, instance, id)) this.#order.proposed(id);
  }

  #reset(phase: Phase): void {
    this.#phase = phase;
    this.#forced = null;
    this.#isBegun = false;
    this.#isOverdue = false;
    this.#promisesAwaited.progressed();
    this.#firstWatch.begin();
    this.#open.clear();
    this.#order.clear();
  }
}
