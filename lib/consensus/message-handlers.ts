import { unreachable } from '../model/assert.js';
import { type Ballot, kindOf } from '../model/ballot.js';
import { type Batch, NO_OP_ID, processOf } from '../model/batch.js';
import type { Instance, ProcessId } from '../model/ids.js';
import type { FoundingMessage, Message, MessageOf } from './messages.js';
import type { Roles } from './roles.js';
import { isFounding } from './routes.js';

/** Gives each message of a process to the role that handles it, or to several in their order. */
export class MessageHandlers {
  // A field each, and not the roles as one: every message passes here.
  readonly #shared: Roles['shared'];
  readonly #founding: Roles['founding'];
  readonly #fetcher: Roles['fetcher'];
  readonly #acceptor: Roles['acceptor'];
  readonly #proposer: Roles['proposer'];
  readonly #coordinator: Roles['coordinator'];
  readonly #reads: Roles['reads'];
  readonly #learner: Roles['learner'];
  readonly #catchUp: Roles['catchUp'];
  readonly #missing: Roles['missing'];
  readonly #leadership: Roles['leadership'];
  readonly #credibility: Roles['credibility'];
  /** The latest question of a coordinator that this start must not answer before it is admitted. */
  #heldPrepare: { readonly from: ProcessId; readonly message: MessageOf<'prepare'> } | null = null;

  constructor(roles: Roles) {
    this.#shared = roles.shared;
    this.#founding = roles.founding;
    this.#fetcher = roles.fetcher;
    this.#acceptor = roles.acceptor;
    this.#proposer = roles.proposer;
    this.#coordinator = roles.coordinator;
    this.#reads = roles.reads;
    this.#learner = roles.learner;
    this.#catchUp = roles.catchUp;
    this.#missing = roles.missing;
    this.#leadership = roles.leadership;
    this.#credibility = roles.credibility;
  }

  receive(from: ProcessId, message: Message): void {
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
        if (this.#coordinator.ordersBatches) this.#missing.onPending(from, message.id);
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

  /** This start may promise and vote from now on. */
  admitted(): void {
    this.#shared.right.isAdmitted = true;
    const held = this.#heldPrepare;
    this.#heldPrepare = null;
    if (held !== null) this.#acceptor.onPrepare(held.from, held.message);
    this.#leadership.beginIfFounder();
  }

  /** Whether `from` is a member that has been asked for the decisions from `first` on: some questions go to everyone. */
  expects(from: ProcessId, first: Instance): boolean {
    const { views, outbox } = this.#shared;
    return views.hears(from) && outbox.questions.expects(from, first);
  }

  #receiveFounding(from: ProcessId, message: FoundingMessage): void {
    this.#founding.receive(from, message);
    if (message.kind === 'signed' || message.kind === 'founded') this.#leadership.beginIfFounder();
    if (message.kind === 'founded') this.#leadership.onClock();
  }

  #onPrepare(from: ProcessId, message: MessageOf<'prepare'>): void {
    if (this.#shared.right.isAdmitted) this.#acceptor.onPrepare(from, message);
    else this.#heldPrepare = { from, message };
  }

  #hear(from: ProcessId, watermark: Instance): void {
    if (from !== this.#shared.self) this.#catchUp.heard(from, watermark);
  }

  #onHeartbeat(from: ProcessId, message: MessageOf<'heartbeat'>): void {
    const isMine = from === this.#shared.self;
    if (!isMine && !this.#leadership.onHeartbeat(from, message)) return;
    this.#founding.heardCoordinator();
    if (isMine) return;
    this.#hear(from, message.watermark);
    if (message.anyFrom !== null && kindOf(message.ballot) === 'fast')
      this.#onAny(from, message.ballot, message.anyFrom);
  }

  #onBatch(from: ProcessId, batch: Batch): void {
    const isWanted = this.#fetcher.wants(batch.id);
    if (!isWanted && !this.#credibility.isOwnBatch(from, batch)) return;
    if (!this.#credibility.isSound(from, batch) || !this.#keep(batch)) return;
    // A batch that answers a fetch is no proposal, and its sender does not need the `any` of a fast reign.
    if (!isWanted || this.#coordinator.ordersBatches) this.#coordinator.onBatch(from, batch);
  }

  #onAny(from: ProcessId, ballot: Ballot, first: Instance): void {
    this.#leadership.follow(from, ballot);
    this.#acceptor.onAny(from, ballot, first);
    if (this.#leadership.isLatest(ballot)) this.#proposer.onAny(ballot, first);
  }

  #onPropose(from: ProcessId, message: MessageOf<'propose'>): void {
    const { batch } = message;
    if (!this.#credibility.isOwnBatch(from, batch) || !this.#credibility.isSound(from, batch)) return;
    const isNew = this.#keep(batch);
    this.#acceptor.onPropose(from, message);
    if (isNew && this.#coordinator.ordersBatches) this.#coordinator.onBatch(from, batch);
  }

  /** Decisions count only from a member that was asked for them. */
  #onDecided(from: ProcessId, message: MessageOf<'decided'>): void {
    if (!this.expects(from, message.from)) {
      if (!this.#shared.views.hears(from)) this.#shared.refusals.count(from, 'unasked');
      return;
    }
    if (message.batches.some((batch) => batch.id !== NO_OP_ID && !this.#credibility.isSound(from, batch))) return;
    this.#hear(from, message.watermark);
    this.#learner.onDecided(message);
    this.#fetcher.answered(from);
    this.#catchUp.answered(from, message.from);
  }

  /**
   * Returns false for a batch that need not be ordered any more. If it has been decided or named once more, its body is needed
   * all the same, because every vote is stored with its batch.
   */
  #keep(batch: Batch): boolean {
    const isDone = this.#shared.delivered?.isDone(batch.id) ?? false;
    if (isDone && !this.#fetcher.wants(batch.id)) return false;
    this.#shared.pool.add(batch);
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
    const { log, outbox } = this.#shared;
    if (from < to && from < log.first) outbox.supply({ to: asker, from, until: to });
  }
}
