/**
 * Consensus as a pure state machine: Paxos and Fast Paxos, all roles, for one queue. It is given inputs and asked for effects;
 * it has no clock, no randomness of its own, no promises and no I/O, so that the same code runs in production and in a
 * simulator. This file only says which part handles which input, and hands the effects over.
 */
import { assert, unreachable } from '../model/assert.js';
import type { Ballot } from '../model/ballot.js';
import type { GroupId, Instance, ProcessId } from '../model/ids.js';
import type { LedgerSnapshot } from '../model/records.js';
import { type DeliveryState, DeliveryTable } from '../sequence/delivery-table.js';
import type { ConsensusOptions } from './consensus-options.js';
import type { Effects, Input, Installation } from './effects.js';
import type { GroupKeyStates } from './key-states.js';
import { adoptViews } from './membership/view-changes.js';
import type { GroupViews } from './membership/views.js';
import { MessageHandlers } from './message-handlers.js';
import { composeRoles, type Roles } from './roles.js';
import type { RoundTrips } from './round-trips.js';
import type { Shared } from './shared.js';

export class Consensus {
  readonly #deliveryRowsMax: number | undefined;
  readonly #shared: Shared;
  readonly #roles: Roles;
  readonly #handlers: MessageHandlers;
  /** The watermark that the ledger was given, perhaps in a commit that is under way. */
  #writtenWatermark: Instance;
  #isCommitUnderWay = false;

  constructor(options: ConsensusOptions, past: LedgerSnapshot) {
    this.#deliveryRowsMax = options.deliveryRowsMax;
    this.#roles = composeRoles(options, past);
    this.#shared = this.#roles.shared;
    this.#handlers = new MessageHandlers(this.#roles);
    this.#writtenWatermark = past.watermark;
  }

  /** The first instance not known to be decided. */
  get watermark(): Instance {
    return this.#shared.log.first;
  }

  /** The first instance not known to be decided by any member that this one has heard. */
  get knownWatermark(): Instance {
    return this.#roles.catchUp.known;
  }

  /** As much is known to be decided by the ledger, on stable storage. */
  get durableWatermark(): Instance {
    return this.#shared.log.durable;
  }

  /** As the last `impaired` input said. */
  get isImpaired(): boolean {
    return this.#roles.leadership.isImpaired;
  }

  /** Whether more is decided than the ledger knows. */
  get isAheadOfLedger(): boolean {
    return this.watermark > this.#writtenWatermark;
  }

  /** Whether it knows what the sequence delivers: until then it needs a `delivered` input. */
  get knowsDelivered(): boolean {
    return this.#shared.delivered !== null;
  }

  /** Whether a batch proposed now would be sent now; otherwise it is better to let it grow. */
  get hasRoom(): boolean {
    return this.#shared.views.isFounded && this.#shared.clock.isKnown && this.#roles.proposer.hasRoom;
  }

  /** The stamp of a batch proposed now, when this process's clock shows `nowMs`: both in milliseconds since 1970. */
  stamp(nowMs: number): number {
    return this.#shared.clock.stamp(nowMs);
  }

  /** The ballot in which this process coordinates, or null. */
  get reign(): Ballot | null {
    return this.#roles.coordinator.reign;
  }

  /** Whether this process coordinates, or prepares to: without a pause from one of its reigns to its next. */
  get coordinates(): boolean {
    return this.#roles.coordinator.ballot !== null;
  }

  /** The number of the latest view that is known to be complete. */
  get completeView(): number {
    return this.#shared.completion.number;
  }

  /** The ballot of the coordinator that was followed last, this process or another; null where none has been heard. */
  get followed(): Ballot | null {
    return this.reign ?? this.#roles.leadership.followed;
  }

  /** Whether `effects` would return anything to be done. */
  get hasEffects(): boolean {
    return !this.#shared.outbox.isEmpty;
  }

  step(input: Input): void {
    switch (input.kind) {
      case 'message':
        this.#handlers.receive(input.from, input.message);
        break;
      case 'tick':
        this.#shared.clock.tick(input.nowMs);
        this.#tick();
        break;
      case 'arriving':
        this.#roles.fetcher.arriving(input);
        this.#roles.catchUp.arriving(input);
        break;
      case 'round-trip':
        this.#shared.roundTrips.measured(input.process, input.ticks);
        break;
      case 'proposal':
        this.#roles.proposer.propose(input.batch);
        break;
      case 'read':
        this.#roles.reads.read(input.ticket);
        break;
      case 'impaired':
        this.#roles.leadership.impaired(input.isSo);
        break;
      case 'install':
        this.#install(input.installation);
        break;
      case 'admitted':
        this.#handlers.admitted();
        break;
      case 'delivered':
        this.#learnDelivered(input.next, input.delivered);
        break;
      case 'renewal':
        this.#roles.proposer.renew(input.batches);
        break;
      case 'durable':
        assert(this.#isCommitUnderWay, 'only what was taken becomes durable');
        this.#isCommitUnderWay = false;
        this.#shared.log.becameDurable(this.#writtenWatermark);
        this.#shared.outbox.durable();
        break;
      default:
        unreachable(input);
    }
    this.#hearMyself();
  }

  /** The group that this process belongs to from this very moment; null before it has been founded. */
  get group(): GroupId | null {
    return this.#shared.views.group;
  }

  /** Whether votes of this process may still count: it is a member of the latest complete view or of a later one. */
  mayCount(process: ProcessId): boolean {
    const { views, completion } = this.#shared;
    return views.wasMemberSince(completion.number, process);
  }

  /** As last measured. */
  get roundTrips(): RoundTrips {
    return this.#shared.roundTrips;
  }

  /** The group's views so far. */
  get views(): GroupViews {
    return this.#shared.views;
  }

  /** What is decided of the group's keys. */
  get keys(): GroupKeyStates {
    return this.#shared.keys;
  }

  /** Whether `from` is a member that has been asked for the decisions from `first` on: some questions go to everyone. */
  expects(from: ProcessId, first: Instance): boolean {
    return this.#handlers.expects(from, first);
  }

  /**
   * Everything to be done since the last call. Must be answered by a `durable` input before it is called again. The watermark
   * is usually written along with other records; `tellsWatermark` if something else will depend on it.
   */
  effects(tellsWatermark = false): Effects {
    assert(!this.#isCommitUnderWay, 'one commit at a time');
    const { outbox, log } = this.#shared;
    outbox.flushAccepts();
    this.#hearMyself();
    const effects = outbox.take(log.first, log.first > this.#writtenWatermark, tellsWatermark);
    if (effects.records.length > 0) this.#writtenWatermark = log.first;
    this.#isCommitUnderWay = true;
    return effects;
  }

  /**
   * Everything below the checkpoint's end was decided, and delivered by the process that made it. This process's votes there
   * are no longer needed; its promise and its votes from there on remain unchanged.
   */
  #install({ checkpoint, delivered, views, keys }: Installation): void {
    const { leadership, proposer, reads, learner } = this.#roles;
    const { log, pool, outbox } = this.#shared;
    const { next } = checkpoint;
    if (next <= log.first) return;
    outbox.install(checkpoint);
    leadership.resign('it goes on from a checkpoint');
    const table = this.#table(delivered);
    this.#shared.delivered = table;
    log.jump(next);
    adoptViews(this.#shared, views);
    this.#shared.keys.adopt(keys);
    pool.purge((id) => table.isDone(id));
    proposer.onInstalled(next, table);
    reads.onAdvance();
    learner.advance();
  }

  #learnDelivered(next: Instance, state: DeliveryState): void {
    const { log, pool, outbox } = this.#shared;
    if (this.knowsDelivered || next + outbox.decided.length !== log.first) return;
    const table = this.#table(state);
    for (const { instance, batch } of outbox.decided) table.pass(batch, instance);
    this.#shared.delivered = table;
    pool.purge((id) => table.isDone(id));
  }

  #table(state?: DeliveryState): DeliveryTable {
    return new DeliveryTable(state, this.#deliveryRowsMax);
  }

  #hearMyself(): void {
    const { outbox, self } = this.#shared;
    for (let message = outbox.nextLocal(); message !== undefined; message = outbox.nextLocal())
      this.#handlers.receive(self, message);
  }

  #hasEnded(): boolean {
    return this.#roles.founding.isOver;
  }

  #tick(): void {
    if (this.#hasEnded()) return;
    const { founding, fetcher, catchUp, proposer, reads, missing, coordinator, leadership } = this.#roles;
    const { views, outbox, refusals, roundTrips } = this.#shared;
    founding.tick();
    if (this.#hasEnded() || !views.isFounded) return;
    roundTrips.tick(views);
    fetcher.tick();
    catchUp.tick();
    proposer.tick();
    reads.tick();
    missing.tick(coordinator.ordersBatches);
    outbox.questions.forgetBelow(this.watermark);
    refusals.tick();
    leadership.tick();
  }
}
