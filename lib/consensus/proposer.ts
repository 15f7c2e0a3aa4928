import { compareBallots, sameReign, type Ballot } from '../model/ballot.js';
import type { Batch, BatchId } from '../model/batch.js';
import { after, laterOf, type Instance } from '../model/ids.js';
import { limits } from '../model/limits.js';
import { EVERYONE } from './messages.js';
import type { Shared } from './shared.js';

interface Proposal {
  readonly batch: Batch;
  /** Where it was proposed in the open fast reign; null when it was handed to the coordinator or waits for the window. */
  instance: Instance | null;
  ticks: number;
  wait: number;
}

/**
 * Sees this process's own batches through. In a classic reign a batch goes to everyone and the coordinator gives it an
 * instance; in a fast reign the proposer takes the next instance that looks free (Fast Paxos, section 2.2). A batch is
 * proposed until it has been decided somewhere; its id makes sure that it is delivered once.
 */
export class Proposer {
  readonly #shared: Shared;
  readonly #proposals = new Map<BatchId, Proposal>();
  readonly #byInstance = new Map<Instance, BatchId>();
  #fast: { readonly ballot: Ballot; readonly from: Instance } | null = null;
  /** The instance after the last one used in this fast reign. */
  #next = 0 as Instance;
  /** How many batches may be under way in a fast reign: halved when an instance is lost, raised when one is won. */
  #fastInFlightMax: number = limits.batchesInFlightMax;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  /** Whether a batch proposed now would leave now. */
  get hasRoom(): boolean {
    if (this.#fast === null) return true;
    return this.#proposals.size < this.#fastInFlightMax && this.#nextFree() < this.#shared.log.limit;
  }

  propose(batch: Batch): void {
    const proposal: Proposal = { batch, instance: null, ticks: 0, wait: firstWait(batch) };
    this.#proposals.set(batch.id, proposal);
    this.#send(proposal);
  }

  /** A fast reign is open from `from` on: what is undecided is proposed there. */
  onAny(ballot: Ballot, from: Instance): void {
    if (this.#fast !== null && compareBallots(ballot, this.#fast.ballot) <= 0) return;
    this.#fast = { ballot, from };
    this.#next = from;
    this.#fastInFlightMax = limits.batchesInFlightMax;
    this.#byInstance.clear();
    for (const proposal of this.#proposals.values()) {
      proposal.instance = null;
      this.#send(proposal);
    }
  }

  /** A reign above the fast one has begun: instances are the coordinator's to give again. */
  onReign(ballot: Ballot): void {
    if (this.#fast === null || compareBallots(ballot, this.#fast.ballot) <= 0 || sameReign(ballot, this.#fast.ballot))
      return;
    this.#fast = null;
    this.#byInstance.clear();
    for (const proposal of this.#proposals.values()) {
      proposal.instance = null;
      // The new coordinator has most likely heard of it: it is sent again only if nothing comes of it.
      proposal.ticks = 0;
      proposal.wait = firstWait(proposal.batch);
    }
  }

  onDecided(instance: Instance, id: BatchId): void {
    this.#proposals.delete(id);
    const mine = this.#byInstance.get(instance);
    if (mine === undefined) return;
    this.#byInstance.delete(instance);
    if (mine === id) {
      this.#fastInFlightMax = Math.min(limits.batchesInFlightMax, this.#fastInFlightMax + 1);
      return;
    }
    this.#fastInFlightMax = Math.max(1, Math.floor(this.#fastInFlightMax / 2));
    const lost = this.#proposals.get(mine);
    if (lost === undefined) return;
    lost.instance = null;
    this.#send(lost);
  }

  /** Everything below `first` is decided, and which batches that has delivered is known: what is not among them goes on. */
  onInstalled(first: Instance, isDelivered: (id: BatchId) => boolean): void {
    for (const [id, proposal] of this.#proposals) {
      if (isDelivered(id)) this.#proposals.delete(id);
      else if (proposal.instance !== null && proposal.instance < first) {
        proposal.instance = null;
        this.#send(proposal);
      }
    }
    for (const instance of this.#byInstance.keys()) if (instance < first) this.#byInstance.delete(instance);
  }

  tick(): void {
    for (const proposal of this.#proposals.values()) {
      proposal.ticks += 1;
      if (proposal.ticks < proposal.wait) continue;
      proposal.ticks = 0;
      proposal.wait = Math.max(proposal.wait, Math.min(2 * proposal.wait, limits.retryTicksMax));
      this.#send(proposal);
    }
  }

  #send(proposal: Proposal): void {
    const { outbox, log } = this.#shared;
    const { batch } = proposal;
    if (this.#fast === null) {
      outbox.send(EVERYONE, { kind: 'batch', batch });
      return;
    }
    if (proposal.instance === null) {
      const instance = this.#nextFree();
      if (instance >= log.limit) return; // The window moves with the next decision; until then the tick tries again.
      proposal.instance = instance;
      this.#byInstance.set(instance, batch.id);
      this.#next = after(instance);
    }
    outbox.send(EVERYONE, { kind: 'propose', ballot: this.#fast.ballot, instance: proposal.instance, batch });
  }

  /** The next instance of the fast reign that nobody is known to have used. */
  #nextFree(): Instance {
    const from = this.#fast === null ? this.#next : this.#fast.from;
    return laterOf(laterOf(this.#next, from), this.#shared.log.end);
  }
}

/** A large batch is long on its way: sent again too soon, it would only keep itself back. */
function firstWait(batch: Batch): number {
  return limits.retryTicks + Math.floor(batch.body.length / limits.bytesATick);
}
