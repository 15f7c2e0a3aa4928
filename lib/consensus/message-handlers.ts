import { unreachable } from '../model/assert.js';
import { type Ballot, kindOf } from '../model/ballot.js';
import { type Batch, NO_OP_ID, processOf } from '../model/batch.js';
import type { Instance, ProcessId } from '../model/ids.js';
import type { FoundingMessage, Message, MessageOf } from './messages.js';
import type { Roles } from './roles.js';
import { isFounding } from './routes.js';

/** Gives each message of a process to the role that handles it, or to several in their order. */
export class MessageHandlers {
  readonly #roles: Roles;
  /** The latest question of a coordinator that this start must not answer before it is admitted. */
  #heldPrepare: { readonly from: ProcessId; readonly message: MessageOf<'prepare'> } | null = null;

  constructor(roles: Roles) {
    this.#roles = roles;
  }

  receive(from: ProcessId, message: Message): void {
    if (this.#roles.founding.isOver) return;
    if (isFounding(message)) return this.#receiveFounding(from, message);
    if (!this.#roles.shared.views.isFounded || !this.#roles.credibility.admits(from, message)) return;
    switch (message.kind) {
      case 'heartbeat':
        return this.#onHeartbeat(from, message);
      case 'heard':
        this.#roles.leadership.onHeard(from, message);
        return this.#hear(from, message.watermark);
      case 'canvass':
        return this.#roles.leadership.onCanvass(from, message.ballot);
      case 'concur':
        return this.#roles.leadership.onConcur(from, message.ballot);
      case 'prepare':
        this.#roles.leadership.follow(from, message.ballot);
        return this.#onPrepare(from, message);
      case 'promise':
        this.#roles.leadership.heardFrom(from);
        this.#hear(from, message.watermark);
        return this.#roles.coordinator.onPromise(from, message);
      case 'refusal':
        return this.#roles.leadership.onRefusal(message.promised);
      case 'inquire':
        this.#roles.leadership.follow(from, message.ballot);
        return this.#roles.acceptor.onInquire(from, message);
      case 'report':
        return this.#roles.coordinator.onReport(from, message);
      case 'batch':
        return this.#onBatch(from, message.batch);
      case 'pending':
        if (this.#roles.coordinator.ordersBatches) this.#roles.missing.onPending(from, message.id);
        return;
      case 'any':
        return this.#onAny(from, message.ballot, message.from);
      case 'propose':
        return this.#onPropose(from, message);
      case 'accept':
        this.#roles.leadership.follow(from, message.ballot);
        return this.#roles.acceptor.onAccept(from, message);
      case 'accepted':
        return this.#onAccepted(from, message);
      case 'fetch':
        return this.#roles.fetcher.onFetch(from, message);
      case 'catch-up':
        return this.#onCatchUp(from, message);
      case 'decided':
        return this.#onDecided(from, message);
      case 'ask':
        return this.#roles.reads.onAsk(from, message);
      case 'answer':
        return this.#roles.reads.onAnswer(from, message);
      case 'fill':
        return this.#roles.coordinator.onFill(message.until);
      default:
        unreachable(message);
    }
  }

  /** This start may promise and vote from now on. */
  admitted(): void {
    const { shared, acceptor, leadership } = this.#roles;
    shared.right.isAdmitted = true;
    const held = this.#heldPrepare;
    this.#heldPrepare = null;
    if (held !== null) acceptor.onPrepare(held.from, held.message);
    leadership.beginIfFounder();
  }

  /** Whether `from` is a member that has been asked for the decisions from `first` on: some questions go to everyone. */
  expects(from: ProcessId, first: Instance): boolean {
    const { views, outbox } = this.#roles.shared;
    return views.isMember(from) && outbox.questions.expects(from, first);
  }

  #receiveFounding(from: ProcessId, message: FoundingMessage): void {
    const { founding, leadership } = this.#roles;
    founding.receive(from, message);
    if (message.kind === 'signed' || message.kind === 'founded') leadership.beginIfFounder();
    if (message.kind === 'founded') leadership.onClock();
  }

  #onPrepare(from: ProcessId, message: MessageOf<'prepare'>): void {
    const { shared, acceptor } = this.#roles;
    if (shared.right.isAdmitted) acceptor.onPrepare(from, message);
    else this.#heldPrepare = { from, message };
  }

  #hear(from: ProcessId, watermark: Instance): void {
    const { shared, catchUp } = this.#roles;
    if (from !== shared.self) catchUp.heard(from, watermark);
  }

  #onHeartbeat(from: ProcessId, message: MessageOf<'heartbeat'>): void {
    const { shared, leadership } = this.#roles;
    if (from === shared.self || !leadership.onHeartbeat(from, message)) return;
    this.#hear(from, message.watermark);
    if (message.anyFrom !== null && kindOf(message.ballot) === 'fast')
      this.#onAny(from, message.ballot, message.anyFrom);
  }

  #onBatch(from: ProcessId, batch: Batch): void {
    const { fetcher, credibility, coordinator } = this.#roles;
    const isWanted = fetcher.wants(batch.id);
    if (!isWanted && !credibility.isOwnBatch(from, batch)) return;
    if (!credibility.isSound(from, batch) || !this.#keep(batch)) return;
    // A batch that answers a fetch is no proposal, and its sender does not need the `any` of a fast reign.
    if (!isWanted || coordinator.ordersBatches) coordinator.onBatch(from, batch);
  }

  #onAny(from: ProcessId, ballot: Ballot, first: Instance): void {
    const { leadership, acceptor, proposer } = this.#roles;
    leadership.follow(from, ballot);
    acceptor.onAny(from, ballot, first);
    if (leadership.isLatest(ballot)) proposer.onAny(ballot, first);
  }

  #onPropose(from: ProcessId, message: MessageOf<'propose'>): void {
    const { credibility, acceptor, coordinator } = this.#roles;
    const { batch } = message;
    if (!credibility.isOwnBatch(from, batch) || !credibility.isSound(from, batch)) return;
    const isNew = this.#keep(batch);
    acceptor.onPropose(from, message);
    if (isNew && coordinator.ordersBatches) coordinator.onBatch(from, batch);
  }

  /** Decisions count only from a member that was asked for them. */
  #onDecided(from: ProcessId, message: MessageOf<'decided'>): void {
    const { shared, credibility, learner, fetcher, catchUp } = this.#roles;
    if (!this.expects(from, message.from)) {
      if (!shared.views.isMember(from)) shared.refusals.count(from, 'unasked');
      return;
    }
    if (message.batches.some((batch) => batch.id !== NO_OP_ID && !credibility.isSound(from, batch))) return;
    this.#hear(from, message.watermark);
    learner.onDecided(message);
    fetcher.answered(from);
    catchUp.answered(from, message.from);
  }

  /**
   * Returns false for a batch that need not be ordered any more. If it has been decided or named once more, its body is needed
   * all the same, because every vote is stored with its batch.
   */
  #keep(batch: Batch): boolean {
    const { shared, fetcher, leadership, acceptor, learner } = this.#roles;
    const isDone = shared.delivered?.isDone(batch.id) ?? false;
    if (isDone && !fetcher.wants(batch.id)) return false;
    shared.pool.add(batch);
    if (!isDone) leadership.proposed(processOf(batch.id));
    if (fetcher.got(batch.id)) {
      acceptor.onBatch(batch);
      learner.advance();
    }
    return !isDone;
  }

  #onAccepted(from: ProcessId, message: MessageOf<'accepted'>): void {
    const { learner, coordinator } = this.#roles;
    this.#hear(from, message.watermark);
    const undecided = learner.onAccepted(from, message);
    if (undecided.length > 0) coordinator.onUndecided(undecided);
  }

  #onCatchUp(asker: ProcessId, { from, to }: MessageOf<'catch-up'>): void {
    const { log, outbox } = this.#roles.shared;
    if (from < to && from < log.first) outbox.supply({ to: asker, from, until: to });
  }
}
