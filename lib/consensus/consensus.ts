/**
 * Consensus as a pure state machine: Paxos and Fast Paxos, all roles, for one queue. It is given inputs and asked for effects;
 * it has no clock, no randomness of its own, no promises and no I/O, so that the same code runs in production and in a
 * simulator. This file only says which part handles which input.
 */
import { assert, unreachable } from '../model/assert.js';
import { type Ballot, kindOf } from '../model/ballot.js';
import { type Batch, type BatchId, NO_OP_ID, processOf } from '../model/batch.js';
import { constants } from '../model/constants.js';
import type { GroupId, Instance, ProcessId } from '../model/ids.js';
import type { LedgerSnapshot } from '../model/records.js';
import type { Settings } from '../model/settings.js';
import { type DeliveryState, DeliveryTable } from '../sequence/delivery-table.js';
import { Acceptor } from './acceptor.js';
import { BatchPool } from './batch-pool.js';
import { CatchUp } from './catch-up.js';
import { Coordinator } from './coordinator.js';
import { Credibility } from './credibility.js';
import type { Effects, Input, Installation } from './effects.js';
import { Fetcher } from './fetcher.js';
import { GroupClock } from './group-clock.js';
import { InstanceLog } from './instance-log.js';
import { Leadership } from './leadership.js';
import { Learner } from './learner.js';
import { type FoundingOptions, FoundingRole } from './membership/founding.js';
import { type GroupViews, Views } from './membership/views.js';
import type { FoundingMessage, Message, MessageOf } from './messages.js';
import { MissingBatches } from './missing-batches.js';
import type { Mode } from './mode.js';
import { Outbox } from './outbox.js';
import { Proposer } from './proposer.js';
import { Reads } from './reads.js';
import { Refusals } from './refusals.js';
import { isFounding } from './routes.js';
import type { Shared } from './shared.js';

export interface ConsensusOptions extends FoundingOptions {
  readonly self: ProcessId;
  readonly settings: Settings;
  /** How often the process has been started, this time included. */
  readonly incarnation: number;
  /** Whether it may promise and vote from the beginning, and not only once the input `admitted` says so. */
  readonly isAdmitted: boolean;
  readonly mode: Mode;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Whether a proposer can have made a batch that comes from outside. Bodies are opaque here. */
  readonly isSound: (batch: Batch) => boolean;
  /** The most votes that one message of phase 1 may report, so that it fits a datagram. Default: `constants.votesAPromise`. */
  readonly votesAPromise?: number;
  /** Processes that the table of delivered batches knows: the same at every process of the group. */
  readonly deliveryRowsMax?: number | undefined;
}

export class Consensus {
  readonly #deliveryRowsMax: number | undefined;
  readonly #shared: Shared;
  readonly #founding: FoundingRole;
  readonly #leadership: Leadership;
  readonly #credibility: Credibility;
  readonly #fetcher: Fetcher;
  readonly #acceptor: Acceptor;
  readonly #learner: Learner;
  readonly #proposer: Proposer;
  readonly #coordinator: Coordinator;
  readonly #catchUp: CatchUp;
  readonly #missing: MissingBatches;
  readonly #reads: Reads;
  /** The watermark that the ledger was given, perhaps in a commit that is under way. */
  #writtenWatermark: Instance;
  #isImpaired = false;
  /** The latest question of a coordinator that this start must not answer before it is admitted. */
  #heldPrepare: { readonly from: ProcessId; readonly message: MessageOf<'prepare'> } | null = null;
  #isCommitUnderWay = false;

  constructor(options: ConsensusOptions, past: LedgerSnapshot) {
    const { self, settings, random, isSound } = options;
    const outbox = new Outbox(self);
    const log = new InstanceLog(past.watermark, past.entries, settings);
    this.#deliveryRowsMax = options.deliveryRowsMax;
    this.#shared = {
      self,
      settings,
      views: new Views(past, log),
      right: { isAdmitted: options.isAdmitted },
      log,
      pool: new BatchPool(settings),
      outbox,
      refusals: new Refusals(outbox, settings),
      isSound,
      clock: new GroupClock(self, past.views.length > 0, settings),
      // Earlier deliveries are not known, except if nothing was decided.
      delivered: past.watermark === 0 ? this.#table() : null,
      votesAPromise: options.votesAPromise ?? constants.votesAPromise,
    };
    this.#writtenWatermark = past.watermark;
    this.#founding = new FoundingRole(this.#shared, options, past);
    this.#fetcher = new Fetcher(this.#shared);
    this.#acceptor = new Acceptor(this.#shared, this.#fetcher, past.promise);
    this.#learner = new Learner(this.#shared, this.#fetcher, (instance, id) => {
      this.#onDecision(instance, id);
    });
    this.#proposer = new Proposer(this.#shared);
    this.#coordinator = new Coordinator(this.#shared, this.#acceptor);
    this.#catchUp = new CatchUp(this.#shared, (id) => this.#fetcher.isComing(id));
    this.#missing = new MissingBatches(this.#shared, this.#fetcher);
    this.#reads = new Reads(this.#shared, options.incarnation);
    this.#leadership = new Leadership(this.#shared, this.#coordinator, {
      mode: options.mode,
      random,
      promised: past.promise,
      isFarBehind: () => this.#catchUp.isFarBehind,
      isImpaired: () => this.#isImpaired,
      isDeaf: () => this.#missing.isDeaf,
      hasPromisedAbove: (ballot) => this.#acceptor.hasPromisedAbove(ballot),
      onReign: (ballot) => {
        this.#proposer.onReign(ballot);
        if (ballot.coordinator === self) this.#missing.begin();
      },
    });
    this.#credibility = new Credibility(this.#shared, this.#leadership);
  }

  /** The first instance not known to be decided. */
  get watermark(): Instance {
    return this.#shared.log.first;
  }

  /** The first instance not known to be decided by any member that this one has heard. */
  get knownWatermark(): Instance {
    return this.#catchUp.known;
  }

  /** As much is known to be decided by the ledger, on stable storage. */
  get durableWatermark(): Instance {
    return this.#shared.log.durable;
  }

  /** As the last `impaired` input said. */
  get isImpaired(): boolean {
    return this.#isImpaired;
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
    return this.#shared.views.isFounded && this.#shared.clock.isKnown && this.#proposer.hasRoom;
  }

  /** The stamp of a batch proposed now, when this process's clock shows `nowMs`: both in milliseconds since 1970. */
  stamp(nowMs: number): number {
    return this.#shared.clock.stamp(nowMs);
  }

  /** The ballot in which this process coordinates, or null. */
  get reign(): Ballot | null {
    return this.#coordinator.reign;
  }

  /** The ballot of the coordinator that was followed last, this process or another; null where none has been heard. */
  get followed(): Ballot | null {
    return this.reign ?? this.#leadership.followed;
  }

  /** Whether `effects` would return anything to be done. */
  get hasEffects(): boolean {
    return !this.#shared.outbox.isEmpty;
  }

  step(input: Input): void {
    switch (input.kind) {
      case 'message':
        this.#receive(input.from, input.message);
        break;
      case 'tick':
        this.#shared.clock.tick(input.nowMs);
        this.#tick();
        break;
      case 'arriving':
        this.#fetcher.arriving(input);
        this.#catchUp.arriving(input);
        break;
      case 'proposal':
        this.#proposer.propose(input.batch);
        break;
      case 'read':
        this.#reads.read(input.ticket);
        break;
      case 'impaired':
        this.#isImpaired = input.isSo;
        break;
      case 'install':
        this.#install(input.installation);
        break;
      case 'admitted':
        this.#onAdmitted();
        break;
      case 'delivered':
        this.#learnDelivered(input.next, input.delivered);
        break;
      case 'renewal':
        this.#proposer.renew(input.batches);
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

  /** The group's views so far. */
  get views(): GroupViews {
    return this.#shared.views;
  }

  /**
   * Everything to be done since the last call. Must be answered by a `durable` input before it is called again. The watermark
   * is usually written along with other records; `withWatermark` if something else will depend on it.
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
  #install({ checkpoint, delivered }: Installation): void {
    const { log, pool, outbox } = this.#shared;
    const { next } = checkpoint;
    if (next <= log.first) return;
    outbox.install(checkpoint);
    this.#leadership.resign('it goes on from a checkpoint');
    const table = this.#table(delivered);
    this.#shared.delivered = table;
    log.jump(next);
    pool.purge((id) => table.isDone(id));
    this.#proposer.onInstalled(next, table);
    this.#reads.onAdvance();
    this.#learner.advance();
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
      this.#receive(self, message);
  }

  #receive(from: ProcessId, message: Message): void {
    if (this.#founding.isOver) return;
    if (isFounding(message)) return this.#receiveFounding(from, message);
    if (!this.#shared.views.isFounded || !this.#credibility.admits(from, message)) return;
    switch (message.kind) {
      case 'heartbeat':
        return this.#onHeartbeat(from, message);
      case 'heard':
        this.#leadership.onHeard(from, message);
        return this.#hear(from, message.watermark);
      case 'canvass':
        return this.#leadership.onCanvass(from, message.ballot);
      case 'concur':
        return this.#leadership.onConcur(from, message.ballot);
      case 'prepare':
        this.#leadership.follow(from, message.ballot);
        return this.#onPrepare(from, message);
      case 'promise':
        this.#leadership.heardFrom(from);
        this.#hear(from, message.watermark);
        return this.#coordinator.onPromise(from, message);
      case 'refusal':
        return this.#leadership.onRefusal(message.promised);
      case 'inquire':
        this.#leadership.follow(from, message.ballot);
        return this.#acceptor.onInquire(from, message);
      case 'report':
        return this.#coordinator.onReport(from, message);
      case 'batch':
        return this.#onBatch(from, message.batch);
      case 'pending':
        if (this.#ordersBatches) this.#missing.onPending(from, message.id);
        return;
      case 'any':
        return this.#onAny(from, message.ballot, message.from);
      case 'propose':
        return this.#onPropose(from, message);
      case 'accept':
        this.#leadership.follow(from, message.ballot);
        return this.#acceptor.onAccept(from, message);
      case 'accepted':
        return this.#onAccepted(from, message);
      case 'fetch':
        return this.#fetcher.onFetch(from, message);
      case 'catch-up':
        return this.#onCatchUp(from, message);
      case 'decided':
        return this.#onDecided(from, message);
      case 'ask':
        return this.#reads.onAsk(from, message);
      case 'answer':
        return this.#reads.onAnswer(from, message);
      case 'fill':
        return this.#coordinator.onFill(message.until);
      default:
        unreachable(message);
    }
  }

  #receiveFounding(from: ProcessId, message: FoundingMessage): void {
    this.#founding.receive(from, message);
    if (message.kind === 'signed' || message.kind === 'founded') this.#leadership.beginIfFounder();
    if (message.kind === 'founded') this.#leadership.onClock();
  }

  #hasEnded(): boolean {
    return this.#founding.isOver;
  }

  #tick(): void {
    if (this.#hasEnded()) return;
    this.#founding.tick();
    if (this.#hasEnded() || !this.#shared.views.isFounded) return;
    this.#fetcher.tick();
    this.#catchUp.tick();
    this.#proposer.tick();
    this.#reads.tick();
    this.#missing.tick(this.#ordersBatches);
    this.#shared.outbox.questions.forgetBelow(this.watermark);
    this.#shared.refusals.tick();
    this.#leadership.tick();
  }

  #onPrepare(from: ProcessId, message: MessageOf<'prepare'>): void {
    if (this.#shared.right.isAdmitted) this.#acceptor.onPrepare(from, message);
    else this.#heldPrepare = { from, message };
  }

  #onAdmitted(): void {
    this.#shared.right.isAdmitted = true;
    const held = this.#heldPrepare;
    this.#heldPrepare = null;
    if (held !== null) this.#acceptor.onPrepare(held.from, held.message);
    this.#leadership.beginIfFounder();
  }

  #hear(from: ProcessId, watermark: Instance): void {
    if (from !== this.#shared.self) this.#catchUp.heard(from, watermark);
  }

  #onHeartbeat(from: ProcessId, message: MessageOf<'heartbeat'>): void {
    if (from === this.#shared.self || !this.#leadership.onHeartbeat(from, message)) return;
    this.#hear(from, message.watermark);
    if (message.anyFrom !== null && kindOf(message.ballot) === 'fast')
      this.#onAny(from, message.ballot, message.anyFrom);
  }

  #onBatch(from: ProcessId, batch: Batch): void {
    const isWanted = this.#fetcher.wants(batch.id);
    if (!isWanted && !this.#credibility.isOwnBatch(from, batch)) return;
    if (!this.#credibility.isSound(from, batch) || !this.#keep(batch)) return;
    // A batch that answers a fetch is no proposal, and its sender does not need the `any` of a fast reign.
    if (!isWanted || this.#ordersBatches) this.#coordinator.onBatch(from, batch);
  }

  #onAny(from: ProcessId, ballot: Ballot, first: Instance): void {
    this.#leadership.follow(from, ballot);
    this.#acceptor.onAny(from, ballot, first);
    if (this.#leadership.isLatest(ballot)) this.#proposer.onAny(ballot, first);
  }

  #onPropose(from: ProcessId, message: MessageOf<'propose'>): void {
    if (!this.#credibility.isOwnBatch(from, message.batch) || !this.#credibility.isSound(from, message.batch)) return;
    const isNew = this.#keep(message.batch);
    this.#acceptor.onPropose(from, message);
    if (isNew && this.#ordersBatches) this.#coordinator.onBatch(from, message.batch);
  }

  /** Decisions count only from a member that was asked for them. */
  #onDecided(from: ProcessId, message: MessageOf<'decided'>): void {
    if (!this.expects(from, message.from)) {
      if (!this.#shared.views.isMember(from)) this.#shared.refusals.count(from, 'unasked');
      return;
    }
    if (message.batches.some((batch) => batch.id !== NO_OP_ID && !this.#credibility.isSound(from, batch))) return;
    this.#hear(from, message.watermark);
    this.#learner.onDecided(message);
    this.#fetcher.answered(from);
    this.#catchUp.answered(from, message.from);
  }

  /** Whether `from` is a member that has been asked for the decisions from `first` on: some questions go to everyone. */
  expects(from: ProcessId, first: Instance): boolean {
    const { views, outbox } = this.#shared;
    return views.isMember(from) && outbox.questions.expects(from, first);
  }

  /** Whether this process coordinates a classic reign, in which every batch gets its instance from the coordinator. */
  get #ordersBatches(): boolean {
    const { reign } = this.#coordinator;
    return reign !== null && kindOf(reign) === 'classic';
  }

  /**
   * Returns false for a batch that need not be ordered any more. If it has been decided or named once more, its body is needed
   * all the same, because every vote is stored with its batch.
   */
  #keep(batch: Batch): boolean {
    const { pool, delivered } = this.#shared;
    const isDone = delivered?.isDone(batch.id) ?? false;
    if (isDone && !this.#fetcher.wants(batch.id)) return false;
    pool.add(batch);
    if (!isDone) this.#leadership.proposed(processOf(batch.id));
    if (this.#fetcher.got(batch.id)) {
      this.#acceptor.onBatch(batch);
      this.#learner.advance();
    }
    return !isDone;
  }

  #onAccepted(from: ProcessId, message: MessageOf<'accepted'>): void {
    this.#hear(from, message.watermark);
    const undecided = this.#learner.onAccepted(from, message);
    if (undecided.length > 0) this.#coordinator.onUndecided(undecided);
  }

  #onCatchUp(asker: ProcessId, { from, to }: MessageOf<'catch-up'>): void {
    if (from < to && from < this.watermark) this.#shared.outbox.supply({ to: asker, from, until: to });
  }

  #onDecision(instance: Instance, id: BatchId): void {
    this.#proposer.onDecided(instance, id);
    this.#coordinator.onDecided(instance, id);
    this.#reads.onAdvance();
  }
}
