import { type Ballot, compareBallots, sameReign } from '../model/ballot.js';
import { type Batch, type BatchId, isOfMessages } from '../model/batch.js';
import { constants } from '../model/constants.js';
import { after, earlierOf, type Instance, laterOf } from '../model/ids.js';
import type { Settings } from '../model/settings.js';
import { type DeliveryTable, isVoid } from '../sequence/delivery-table.js';
import { EVERYONE } from './messages.js';
import type { Shared } from './shared.js';

interface Proposal {
  readonly batch: Batch;
  /**
   * The instance at which it was decided before its turn, so that it is held until the batches before it are decided; otherwise
   * null.
   */
  heldAt: Instance | null;
  /**
   * The instance at which it was proposed in the open fast reign; null if the coordinator got it, or if it waits for the
   * window.
   */
  instance: Instance | null;
  ticks: number;
  wait: number;
  /** How often it has been sent again. */
  repeats: number;
}

/**
 * Proposes this process's batches until they are delivered. In a classic reign a batch goes to everyone and the coordinator
 * gives it an instance; in a fast reign the proposer takes the next instance that looks free (Fast Paxos, section 2.2). A batch
 * is proposed until it has been delivered, or decided and held until those before it are: of its own batches, which begin with
 * this start, a process can tell without the table. A value that holds no messages is proposed until it is decided.
 */
export class Proposer {
  readonly #shared: Shared;
  /** Batches of messages in the order of their numbers: the first has not been decided, or is not known to be. */
  readonly #proposals = new Map<BatchId, Proposal>();
  readonly #byInstance = new Map<Instance, BatchId>();
  #fast: { readonly ballot: Ballot; readonly from: Instance } | null = null;
  /** The instance after the last one used in this fast reign. */
  #next = 0 as Instance;
  /** How many batches may be under way in a fast reign: halved when an instance is lost, raised when one is won. */
  #fastInFlightMax: number;

  constructor(shared: Shared) {
    this.#shared = shared;
    this.#fastInFlightMax = shared.settings.batchesInFlightMax;
  }

  /** Whether a batch proposed now would be sent now. */
  get hasRoom(): boolean {
    if (this.#fast === null) return true;
    return this.#undecided < this.#fastInFlightMax && this.#nextFree() < this.#limit(this.#fast.from);
  }

  propose(batch: Batch): void {
    const proposal: Proposal = {
      batch,
      heldAt: null,
      instance: null,
      ticks: 0,
      wait: firstWait(batch, this.#shared.settings),
      repeats: 0,
    };
    this.#proposals.set(batch.id, proposal);
    this.#send(proposal);
  }

  /** The messages under way can never be delivered in their present batches; these batches replace them. */
  renew(batches: readonly Batch[]): void {
    for (const id of this.#proposals.keys()) if (isOfMessages(id)) this.#proposals.delete(id);
    for (const [instance, id] of this.#byInstance) if (isOfMessages(id)) this.#byInstance.delete(instance);
    for (const batch of batches) this.propose(batch);
  }

  /** A fast reign is open from `from` on: the undecided batches are proposed there. */
  onAny(ballot: Ballot, from: Instance): void {
    if (this.#fast !== null && compareBallots(ballot, this.#fast.ballot) <= 0) return;
    this.#fast = { ballot, from };
    this.#next = from;
    this.#fastInFlightMax = this.#shared.settings.batchesInFlightMax;
    this.#byInstance.clear();
    for (const proposal of this.#proposals.values()) this.#sendAnew(proposal);
  }

  /** Another reign is followed than the fast one, mostly a later one: the coordinator assigns instances again. */
  onReign(ballot: Ballot): void {
    // The new coordinator may lack batches that the former one had: they are sent again soon.
    for (const proposal of this.#proposals.values())
      proposal.wait = Math.min(
        proposal.wait,
        Math.max(this.#shared.settings.retryTicksMax, firstWait(proposal.batch, this.#shared.settings)),
      );
    if (this.#fast === null || sameReign(ballot, this.#fast.ballot)) return;
    this.#fast = null;
    this.#byInstance.clear();
    for (const proposal of this.#proposals.values()) {
      proposal.instance = null;
      // The new coordinator has most likely heard of it: it is sent again only if it is not decided in time.
      proposal.ticks = 0;
      proposal.wait = firstWait(proposal.batch, this.#shared.settings);
    }
  }

  onDecided(instance: Instance, id: BatchId): void {
    const proposal = this.#proposals.get(id);
    if (proposal !== undefined) this.#settle(proposal, instance);
    const mine = this.#byInstance.get(instance);
    if (mine === undefined) return;
    this.#byInstance.delete(instance);
    if (mine === id) {
      this.#fastInFlightMax = Math.min(this.#shared.settings.batchesInFlightMax, this.#fastInFlightMax + 1);
      return;
    }
    this.#fastInFlightMax = Math.max(1, Math.floor(this.#fastInFlightMax / 2));
    const lost = this.#proposals.get(mine);
    if (lost !== undefined) this.#sendAnew(lost);
  }

  /** Everything below `first` is decided, and `table` tells which batches were delivered: the others are still proposed. */
  onInstalled(first: Instance, table: DeliveryTable): void {
    for (const instance of this.#byInstance.keys()) if (instance < first) this.#byInstance.delete(instance);
    for (const [id, proposal] of this.#proposals) {
      if (table.isOver(id)) {
        this.#proposals.delete(id);
        continue;
      }
      const isSent = proposal.heldAt === null && (proposal.instance === null || proposal.instance >= first);
      proposal.heldAt = table.heldAt(id);
      if (!isSent) this.#sendAnew(proposal);
    }
  }

  tick(): void {
    this.#voidHeldBefore(after(this.#shared.log.first, -1));
    for (const proposal of this.#proposals.values()) {
      if (proposal.heldAt !== null) continue;
      proposal.ticks += 1;
      if (proposal.ticks < proposal.wait + this.#shared.roundTrips.toDecision) continue;
      proposal.ticks = 0;
      proposal.wait = Math.min(2 * proposal.wait, longestWait(proposal.batch, this.#shared.settings));
      this.#send(proposal);
      proposal.repeats += 1;
      // Perhaps the coordinator gets small messages, and not the batch.
      if (this.#fast === null && proposal.repeats > 1)
        this.#shared.outbox.send(EVERYONE, { kind: 'pending', id: proposal.batch.id });
    }
  }

  get #undecided(): number {
    let undecided = 0;
    for (const { heldAt } of this.#proposals.values()) if (heldAt === null) undecided += 1;
    return undecided;
  }

  /** As the table does: a batch in its turn is delivered, and with it those that were held for it. */
  #settle(proposal: Proposal, instance: Instance): void {
    this.#voidHeldBefore(instance);
    if (!isOfMessages(proposal.batch.id)) {
      this.#proposals.delete(proposal.batch.id);
      return;
    }
    if (proposal === this.#firstOfMessages || this.#mayHold(proposal.batch)) proposal.heldAt ??= instance;
    else proposal.instance = null; // It is void there.
    for (const [id, { heldAt }] of this.#proposals) {
      if (!isOfMessages(id)) continue;
      if (heldAt === null) return;
      this.#proposals.delete(id);
    }
  }

  get #firstOfMessages(): Proposal | undefined {
    for (const [id, proposal] of this.#proposals) if (isOfMessages(id)) return proposal;
    return undefined;
  }

  /** The batches in flight from here always may be held, because they respect the limits of flight. */
  #mayHold({ body }: Batch): boolean {
    let batches = 1;
    let bytes = body.length;
    for (const { heldAt, batch } of this.#proposals.values()) {
      if (heldAt === null) continue;
      batches += 1;
      bytes += batch.body.length;
    }
    return batches <= constants.heldBatchesMax && bytes <= constants.heldBytesMax;
  }

  /** Proposes those again whose turn has not come in time. */
  #voidHeldBefore(instance: Instance): void {
    for (const proposal of this.#proposals.values()) {
      if (proposal.heldAt === null || !isVoid(proposal.heldAt, instance)) continue;
      proposal.heldAt = null;
      this.#sendAnew(proposal);
    }
  }

  #sendAnew(proposal: Proposal): void {
    proposal.instance = null;
    if (proposal.heldAt === null) this.#send(proposal);
  }

  #send(proposal: Proposal): void {
    const { outbox } = this.#shared;
    const { batch } = proposal;
    if (this.#fast === null) {
      outbox.send(EVERYONE, { kind: 'batch', batch });
      return;
    }
    if (proposal.instance === null) {
      const instance = this.#nextFree();
      if (instance >= this.#limit(this.#fast.from)) return; // The window moves with the next decision; until then the tick tries again.
      proposal.instance = instance;
      this.#byInstance.set(instance, batch.id);
      this.#next = after(instance);
    }
    outbox.send(EVERYONE, { kind: 'propose', ballot: this.#fast.ballot, instance: proposal.instance, batch });
  }

  /** A fast reign that was opened at `from` ends where another view governs. */
  #limit(from: Instance): Instance {
    const { log, views } = this.#shared;
    const border = views.borderBehind(from);
    return border === null ? log.limit : earlierOf(border, log.limit);
  }

  /** The next instance of the fast reign that no process is known to have used. */
  #nextFree(): Instance {
    const from = this.#fast === null ? this.#next : this.#fast.from;
    return laterOf(laterOf(this.#next, from), this.#shared.log.end);
  }
}

/** A large batch may need more time than that, and processes that have it already are sent it again. */
function longestWait(batch: Batch, settings: Settings): number {
  return Math.max(settings.retryTicksMax, LARGE_WAITS_MAX * firstWait(batch, settings));
}

const LARGE_WAITS_MAX = 8;

/** A large batch needs long: sent again too soon, it would only delay itself. */
function firstWait(batch: Batch, { retryTicks, bytesATick }: Settings): number {
  return retryTicks + Math.floor(batch.body.length / bytesATick);
}
