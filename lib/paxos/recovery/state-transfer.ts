import type { Arriving } from '../../consensus/arriving.js';
import type { CheckpointReceiver, CheckpointStore } from '../../ledger/checkpoint-store.js';
import type { Checkpoint } from '../../model/checkpoint.js';
import { constants } from '../../model/constants.js';
import { isDamage } from '../../model/errors.js';
import type { ProcessId } from '../../model/ids.js';
import type { DamageEvent, Missing, RecoveryEvent } from '../../queue/events.js';
import type { RepairMessageOf } from '../wire/repair-messages.js';
import { ChunkRequests, type ChunkRequestsOptions } from './chunk-requests.js';
import { type Offer, Offers } from './offers.js';

export interface StateTransferOptions extends ChunkRequestsOptions {
  readonly store: CheckpointStore;
  /** Whether this process still lacks data of the checkpoint, and could continue from its end. */
  readonly isWanted: (checkpoint: Checkpoint) => boolean;
  /** Resolves when nothing is being removed from the store. From the call on nothing is until `isActive` is false. */
  readonly purged: () => Promise<void>;
  /** All of it is here, complete and durable. */
  readonly complete: (checkpoint: Checkpoint) => void;
  /** Something worth a line in the log. */
  readonly notify: (event: RecoveryEvent | DamageEvent) => void;
  readonly fail: (error: unknown) => void;
}

/** A checkpoint that is being fetched. */
interface Fetch {
  readonly checkpoint: Checkpoint;
  readonly receiver: CheckpointReceiver;
  readonly requests: ChunkRequests;
  /** Chunks that have come out of order or are being stored. */
  readonly arrived: Map<number, Buffer>;
  /** The next chunk to be stored. */
  stored: number;
  /** The chunk that is being stored; null while none is. */
  storing: Promise<void> | null;
}

/** A fetch to which no process sends anything is given up after so many times its patience, and earlier for another offer. */
const SILENCE = 8;
const SILENCE_WITH_OTHER_OFFERS = 2;

/**
 * Fetches a checkpoint from the processes that have it, and stores it chunk by chunk. When a source falls silent the others
 * go on; when none is left, the chunks that have come are kept until a process offers the same checkpoint again.
 */
export class StateTransfer {
  readonly #options: StateTransferOptions;
  /** The offers since a chunk last came. */
  readonly #offers = new Offers();
  #fetch: Fetch | null = null;
  /** While a fetch begins or ends, which the disk takes its time for. */
  #isBetween = false;
  /** How often something has come that was asked for, or part of it. */
  #arrivals = 0;
  #isClosed = false;
  /** The work of the disk under way. */
  #work: Promise<void> = Promise.resolve();

  constructor(options: StateTransferOptions) {
    this.#options = options;
  }

  get isActive(): boolean {
    return this.#fetch !== null || this.#isBetween;
  }

  /** What is waited for; null where nothing is. */
  get awaited(): { readonly progress: unknown; readonly what: Missing } | null {
    if (this.#fetch === null || !this.#fetch.requests.areOpen) return null;
    const { stored, requests, checkpoint } = this.#fetch;
    const what = { kind: 'chunks', stored, chunks: checkpoint.chunks, sources: requests.sources } as const;
    return { progress: this.#arrivals, what };
  }

  onOffer(from: ProcessId, { checkpoint }: RepairMessageOf<'offer'>): void {
    if (checkpoint.chunks < 1 || !this.#options.isWanted(checkpoint)) return;
    if (this.#fetch?.checkpoint.digest === checkpoint.digest) this.#fetch.requests.addSource(from);
    else this.#offers.add(from, checkpoint);
  }

  onChunk(from: ProcessId, { digest, index, bytes }: RepairMessageOf<'chunk'>): void {
    const fetch = this.#fetch;
    if (fetch?.checkpoint.digest !== digest || bytes.length > constants.checkpointChunkBytesMax) return;
    if (!fetch.requests.arrived(from, index)) return;
    this.#arrivals += 1;
    this.#offers.clear();
    fetch.arrived.set(index, bytes);
    this.#store(fetch);
    fetch.requests.ask(fetch.arrived.size);
  }

  onNoChunk(from: ProcessId, { digest }: RepairMessageOf<'no-chunk'>): void {
    const fetch = this.#fetch;
    if (fetch?.checkpoint.digest !== digest) return;
    fetch.requests.drop(from);
    if (fetch.requests.sources.length === 0) this.#giveUp(fetch);
  }

  /** A large message is coming from a source: the answer may be behind it. */
  arriving(arrival: Arriving): void {
    if (this.#fetch !== null) this.#arrivals += this.#fetch.requests.arriving(arrival);
  }

  tick(): void {
    this.#offers.tick();
    const fetch = this.#fetch;
    if (fetch !== null) this.#tickFetch(fetch);
    else if (this.#offers.areComplete) this.#choose();
  }

  /** Resolves when the disk is left alone. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#fetch !== null) this.#end(this.#fetch);
    await this.#work;
  }

  #tickFetch(fetch: Fetch): void {
    if (!this.#options.isWanted(fetch.checkpoint)) {
      this.#end(fetch);
      return;
    }
    const { requests } = fetch;
    requests.tick();
    if (requests.silence >= (this.#offers.isEmpty ? SILENCE : SILENCE_WITH_OTHER_OFFERS)) this.#giveUp(fetch);
    else requests.askAgain();
  }

  #choose(): void {
    if (this.#isBetween || this.#isClosed) return;
    const best = this.#offers.take(this.#options.isWanted);
    if (best === null) return;
    this.#isBetween = true;
    this.#guard(this.#begin(best));
  }

  async #begin(offer: Offer): Promise<void> {
    const { checkpoint, sources } = offer;
    await this.#options.purged();
    const receiver = await this.#options.store.receive(checkpoint);
    this.#isBetween = false;
    const { received } = receiver;
    if (this.#isClosed) {
      await receiver.pause();
      return;
    }
    this.#options.notify({ kind: 'fetching', checkpoint, received, sources: [...sources] });
    const fetch: Fetch = {
      checkpoint,
      receiver,
      requests: new ChunkRequests(this.#options, offer, received),
      arrived: new Map(),
      stored: received,
      storing: null,
    };
    this.#fetch = fetch;
    this.#store(fetch);
    fetch.requests.ask(0);
  }

  #giveUp(fetch: Fetch): void {
    const { stored, checkpoint } = fetch;
    this.#options.notify({ kind: 'fetch-abandoned', checkpoint, stored });
    this.#end(fetch);
  }

  #store(fetch: Fetch): void {
    if (fetch.storing !== null || this.#fetch !== fetch) return;
    const bytes = fetch.arrived.get(fetch.stored);
    if (bytes === undefined) {
      if (fetch.stored === fetch.checkpoint.chunks) this.#finish(fetch);
      return;
    }
    fetch.storing = fetch.receiver.append(bytes).then(() => {
      fetch.storing = null;
      fetch.arrived.delete(fetch.stored);
      fetch.stored += 1;
      if (this.#fetch === fetch) fetch.requests.ask(fetch.arrived.size);
      this.#store(fetch);
    });
    this.#guard(fetch.storing);
  }

  #finish(fetch: Fetch): void {
    this.#fetch = null;
    this.#isBetween = true;
    const { checkpoint, receiver } = fetch;
    this.#guard(
      receiver.finish().then(
        () => {
          this.#isBetween = false;
          if (!this.#isClosed) this.#options.complete(checkpoint);
        },
        (error: unknown) => {
          this.#isBetween = false;
          if (!isDamage(error)) throw error;
          this.#options.notify({ kind: 'damaged', what: 'offered', error });
        },
      ),
    );
  }

  /** The chunks that have come are kept. */
  #end(fetch: Fetch): void {
    this.#fetch = null;
    this.#isBetween = true;
    this.#guard(this.#pause(fetch));
  }

  async #pause({ storing, receiver }: Fetch): Promise<void> {
    await storing;
    await receiver.pause();
    this.#isBetween = false;
  }

  #guard(work: Promise<void>): void {
    this.#work = work.catch((error: unknown) => this.#options.fail(error));
  }
}
