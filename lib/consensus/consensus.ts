/**
 * Consensus as a pure state machine: Paxos and Fast Paxos, all roles, for one queue. It is given inputs and asked for
 * effects; it has no clock, no randomness of its own, no promises and no I/O, so that the same code runs in production
 * and in a simulator. This file only says who handles what.
 */
import { assert, unreachable } from '../model/assert.js';
import { kindOf, type Ballot } from '../model/ballot.js';
import { partsOf, type Batch, type BatchId } from '../model/batch.js';
import type { Instance, ProcessId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import type { LedgerSnapshot } from '../model/records.js';
import type { ViewRecord } from '../model/view.js';
import { Acceptor } from './acceptor.js';
import { BatchPool } from './batch-pool.js';
import { CatchUp } from './catch-up.js';
import { Coordinator } from './coordinator.js';
import { DeliveryTable } from './delivery-table.js';
import type { Effects, Input, Installation } from './effects.js';
import { Fetcher } from './fetcher.js';
import { FoundingRole, type FoundingOptions } from './founding.js';
import { InstanceLog } from './instance-log.js';
import { Leadership } from './leadership.js';
import { Learner } from './learner.js';
import type { Message, MessageOf } from './messages.js';
import type { Mode } from './mode.js';
import { Outbox } from './outbox.js';
import { Proposer } from './proposer.js';
import { Reads } from './reads.js';
import { standInFor, type Shared } from './shared.js';
import { Views } from './views.js';

export interface ConsensusOptions extends FoundingOptions {
  readonly self: ProcessId;
  /** How often the process has been started, this time included. */
  readonly incarnation: number;
  readonly mode: Mode;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export class Consensus {
  readonly #shared: Shared;
  readonly #founding: FoundingRole;
  readonly #leadership: Leadership;
  readonly #fetcher: Fetcher;
  readonly #acceptor: Acceptor;
  readonly #learner: Learner;
  readonly #proposer: Proposer;
  readonly #coordinator: Coordinator;
  readonly #catchUp: CatchUp;
  readonly #reads: Reads;
  #writtenWatermark: Instance;
  #isImpaired = false;
  #commitUnderWay = false;

  constructor(options: ConsensusOptions, past: LedgerSnapshot) {
    const { self, random } = options;
    this.#shared = {
      self,
      views: new Views(past.views),
      log: new InstanceLog(past.watermark, past.entries),
      pool: new BatchPool(),
      outbox: new Outbox(self),
      delivered: new DeliveryTable(limits.decidedBatchesKept),
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
    this.#catchUp = new CatchUp(this.#shared);
    this.#reads = new Reads(this.#shared, options.incarnation);
    this.#leadership = new Leadership(this.#shared, this.#coordinator, {
      mode: options.mode,
      random,
      promised: past.promise,
      isFarBehind: () => this.#catchUp.isFarBehind,
      isImpaired: () => this.#isImpaired,
      onReign: (ballot) => {
        this.#proposer.onReign(ballot);
      },
    });
  }

  /** The first instance not known to be decided. */
  get watermark(): Instance {
    return this.#shared.log.first;
  }

  /** As the last `impaired` input said. */
  get isImpaired(): boolean {
    return this.#isImpaired;
  }

  /** Whether more is decided than the ledger knows. */
  get isAheadOfLedger(): boolean {
    return this.watermark > this.#writtenWatermark;
  }

  /** Whether a batch proposed now would leave now; otherwise it is better to let it grow. */
  get hasRoom(): boolean {
    return this.#shared.views.founded && this.#proposer.hasRoom;
  }

  /** The ballot in which this process coordinates, or null. */
  get reign(): Ballot | null {
    return this.#coordinator.reign;
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
        this.#tick();
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
      case 'durable':
        assert(this.#commitUnderWay, 'only what was taken becomes durable');
        this.#commitUnderWay = false;
        this.#shared.outbox.durable();
        break;
      default:
        unreachable(input);
    }
    this.#hearMyself();
  }

  /** The group's views so far, ascending. */
  get views(): readonly ViewRecord[] {
    return this.#shared.views.records;
  }

  /**
   * Everything to be done since the last call. Must be answered by a `durable` input before it is called again. The
   * watermark is mostly written along with other records; `withWatermark` where something else is going to rest on it.
   */
  effects(withWatermark = false): Effects {
    assert(!this.#commitUnderWay, 'one commit at a time');
    const { outbox, log } = this.#shared;
    outbox.flushAccepts();
    this.#hearMyself();
    const effects = outbox.take(log.first, log.first > this.#writtenWatermark, withWatermark);
    if (effects.records.length > 0) this.#writtenWatermark = log.first;
    this.#commitUnderWay = true;
    return effects;
  }

  /**
   * Everything below the checkpoint's end was decided, and delivered by the process that made it. This one's votes there
   * have done their duty; its promise and its votes from there on stand as they do.
   */
  #install({ checkpoint, delivered }: Installation): void {
    const { log, pool, outbox, delivered: known } = this.#shared;
    const { next } = checkpoint;
    if (next <= log.first) return;
    outbox.install(checkpoint);
    this.#leadership.resign('it goes on from a checkpoint');
    known.adopt(delivered);
    log.jump(next);
    for (const id of [...pool.ids()]) if (known.has(id)) pool.drop(id);
    this.#proposer.onInstalled(next, (id) => known.has(id));
    this.#reads.onAdvance();
    this.#learner.advance();
  }

  #hearMyself(): void {
    const { outbox, self } = this.#shared;
    for (let message = outbox.nextLocal(); message !== undefined; message = outbox.nextLocal())
      this.#receive(self, message);
  }

  #receive(from: ProcessId, message: Message): void {
    if (this.#receiveFounding(from, message) || !this.#shared.views.founded) return;
    switch (message.kind) {
      case 'heartbeat':
        return this.#onHeartbeat(from, message);
      case 'heard':
        this.#leadership.heardFrom(from);
        return this.#hear(from, message.watermark);
      case 'canvass':
        return this.#leadership.onCanvass(from, message.ballot);
      case 'concur':
        return this.#leadership.onConcur(from, message.ballot);
      case 'prepare':
        this.#leadership.follow(from, message.ballot);
        return this.#acceptor.onPrepare(from, message);
      case 'promise':
        this.#leadership.heardFrom(from);
        this.#hear(from, message.watermark);
        return this.#coordinator.onPromise(from, message);
      case 'refusal':
        return this.#leadership.onRefusal(message.promised);
      case 'inquire':
        return this.#acceptor.onInquire(from, message);
      case 'report':
        return this.#coordinator.onReport(from, message);
      case 'batch':
        return this.#onBatch(from, message.batch);
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
      case 'duplicate':
        return this.#onDuplicate(message);
      case 'catch-up':
        return this.#onCatchUp(from, message);
      case 'decided':
        this.#hear(from, message.watermark);
        this.#learner.onDecided(message);
        return this.#catchUp.answered(from, message.from);
      case 'ask':
        return this.#reads.onAsk(from, message.round);
      case 'answer':
        return this.#reads.onAnswer(from, message);
      case 'fill':
        return this.#coordinator.onFill(message.until);
      case 'hello':
      case 'found':
      case 'signed':
      case 'unwilling':
      case 'founded':
        return;
      default:
        unreachable(message);
    }
  }

  #receiveFounding(from: ProcessId, message: Message): boolean {
    switch (message.kind) {
      case 'hello':
        this.#founding.onHello(from, message);
        return true;
      case 'found':
        this.#founding.onFound(from, message);
        return true;
      case 'signed':
        this.#founding.onSigned(from, message);
        this.#leadership.beginIfFounder();
        return true;
      case 'unwilling':
        this.#founding.onUnwilling(from, message);
        return true;
      case 'founded':
        this.#founding.onFounded(from, message);
        this.#leadership.beginIfFounder();
        return true;
      default:
        return false;
    }
  }

  #tick(): void {
    this.#founding.tick();
    if (!this.#shared.views.founded) return;
    this.#fetcher.tick();
    this.#catchUp.tick();
    this.#proposer.tick();
    this.#reads.tick();
    this.#leadership.tick();
  }

  #hear(from: ProcessId, watermark: Instance): void {
    if (from !== this.#shared.self) this.#catchUp.heard(from, watermark);
  }

  #onHeartbeat(from: ProcessId, message: MessageOf<'heartbeat'>): void {
    if (from === this.#shared.self || !this.#leadership.onHeartbeat(from, message)) return;
    this.#hear(from, message.watermark);
    if (message.anyFrom !== null) this.#onAny(from, message.ballot, message.anyFrom);
  }

  #onBatch(from: ProcessId, batch: Batch): void {
    const wanted = this.#fetcher.wants(batch.id);
    if (!this.#keep(batch)) return;
    // Who answers a question proposes nothing, and has no use for the `any` of a fast reign.
    if (!wanted || this.#ordersBatches) this.#coordinator.onBatch(from, batch);
  }

  /** Somebody knows that what is wanted at an instance repeats an earlier one. */
  #onDuplicate({ id, instance }: MessageOf<'duplicate'>): void {
    const slot = instance < this.watermark ? null : this.#shared.log.open(instance);
    if (slot === null || !this.#fetcher.got(id)) return;
    slot.learnt ??= standInFor(id);
    this.#acceptor.onDuplicate(slot, slot.learnt);
    this.#learner.advance();
  }

  #onAny(from: ProcessId, ballot: Ballot, first: Instance): void {
    this.#leadership.follow(from, ballot);
    this.#acceptor.onAny(from, ballot, first);
    if (this.#leadership.isLatest(ballot)) this.#proposer.onAny(ballot, first);
  }

  #onPropose(from: ProcessId, message: MessageOf<'propose'>): void {
    const isNew = this.#keep(message.batch);
    this.#acceptor.onPropose(from, message);
    if (isNew && this.#ordersBatches) this.#coordinator.onBatch(from, message.batch);
  }

  /** Whether this process coordinates a classic reign, in which every batch gets its instance from the coordinator. */
  get #ordersBatches(): boolean {
    const { reign } = this.#coordinator;
    return reign !== null && kindOf(reign) === 'classic';
  }

  /** Returns false for a batch that has been decided already and is of no further use. */
  #keep(batch: Batch): boolean {
    const { pool, delivered } = this.#shared;
    if (delivered.has(batch.id)) return false;
    pool.add(batch);
    this.#leadership.proposed(partsOf(batch.id).process);
    if (this.#fetcher.got(batch.id)) {
      this.#acceptor.onBatch(batch);
      this.#learner.advance();
    }
    return true;
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
