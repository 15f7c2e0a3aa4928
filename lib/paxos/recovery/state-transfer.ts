import { type Arriving, mayPrecedeAnswer } from '../../consensus/arriving.js';
import type { CheckpointReceiver, CheckpointStore } from '../../ledger/checkpoint-store.js';
import type { Checkpoint } from '../../model/checkpoint.js';
import { constants } from '../../model/constants.js';
import { isDamage } from '../../model/errors.js';
import type { ProcessId } from '../../model/ids.js';
import type { Settings } from '../../model/settings.js';
import type { DamageEvent, Missing, RecoveryEvent } from '../../queue/events.js';
import type { RepairMessage, RepairMessageOf } from '../wire/repair-messages.js';

export interface StateTransferOptions {
  readonly settings: Settings;
  readonly store: CheckpointStore;
  readonly send: (to: ProcessId, message: RepairMessage) => void;
  /** Whether this process still lacks data of the checkpoint, and could continue from its end. */
  readonly isWanted: (checkpoint: Checkpoint) => boolean;
  /** Resolves when nothing is being removed from the store. From the call on nothing is until `isActive` is false. */
  readonly tidied: () => Promise<void>;
  /** All of it is here, complete and durable. */
  readonly complete: (checkpoint: Checkpoint) => void;
  /** Something worth a line in the log. */
  readonly notify: (event: RecoveryEvent | DamageEvent) => void;
  readonly fail: (error: unknown) => void;
}

interface Offer {
  readonly checkpoint: Checkpoint;
  readonly sources: Set<ProcessId>;
}

/** A chunk that is asked for. Times are in ticks since the fetch began. */
interface Asked {
  readonly source: ProcessId;
  readonly at: number;
  /** When anything large last came from the source. */
  arrivedAt: number;
  /** How much has come from it since the chunk was asked for. */
  arrivedBytes: number;
  readonly waitTicks: number;
  /** How often it has been asked for before. */
  readonly attempt: number;
}

/** A checkpoint that is being fetched. */
interface Fetch {
  readonly checkpoint: Checkpoint;
  readonly receiver: CheckpointReceiver;
  /** The processes that have the same checkpoint. */
  readonly sources: ProcessId[];
  /** When each of them was last heard. */
  readonly heardAt: Map<ProcessId, number>;
  /** Chunks that have been asked for and have not come. */
  readonly asked: Map<number, Asked>;
  /** Chunks that have come out of order or are being stored. */
  readonly arrived: Map<number, Buffer>;
  /** How long the chunks that are asked for at one time may take. */
  readonly patienceTicks: number;
  now: number;
  /** For how long no process has sent requested data. */
  silentTicks: number;
  /** The next chunk to be stored, and the next to be asked for. */
  stored: number;
  next: number;
  /** The chunk that is being stored; null while none is. */
  storing: Promise<void> | null;
}

/** Offers are gathered for so long, so that the furthest is taken. */
const OFFER_TICKS = 5;

/** So many different offers are remembered. */
const OFFERS_MAX = 8;

/** Where nobody sends anything a fetch is given up after so many times its patience, and earlier for another offer. */
const SILENCE = 8;
const SILENCE_WITH_OTHER_OFFERS = 2;

/**
 * Fetches a checkpoint from those who have it, several chunks at a time, from all of them in turn. When a source falls
 * silent the others go on; when none is left, what has come is kept for when somebody offers the same checkpoint again.
 */
export class StateTransfer {
  readonly #options: StateTransferOptions;
  /** By digest: the offers since a chunk last came. */
  readonly #offers = new Map<string, Offer>();
  #offerTicks = 0;
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
    if (this.#fetch === null || this.#fetch.asked.size === 0) return null;
    const { stored, sources, checkpoint } = this.#fetch;
    return { progress: this.#arrivals, what: { kind: 'chunks', stored, chunks: checkpoint.chunks, sources } };
  }

  onOffer(from: ProcessId, { checkpoint }: RepairMessageOf<'offer'>): void {
    if (checkpoint.chunks < 1 || !this.#options.isWanted(checkpoint)) return;
    const fetch = this.#fetch;
    if (fetch?.checkpoint.digest === checkpoint.digest) {
      if (!fetch.sources.includes(from)) fetch.sources.push(from);
      return;
    }
    if (this.#offers.size === 0) this.#offerTicks = 0;
    const known = this.#offers.get(checkpoint.digest);
    if (known !== undefined) known.sources.add(from);
    else if (this.#offers.size < OFFERS_MAX)
      this.#offers.set(checkpoint.digest, { checkpoint, sources: new Set([from]) });
  }

  onChunk(from: ProcessId, { digest, index, bytes }: RepairMessageOf<'chunk'>): void {
    const fetch = this.#fetch;
    if (fetch?.checkpoint.digest !== digest || bytes.length > constants.checkpointChunkBytesMax) return;
    if (!fetch.sources.includes(from)) return;
    fetch.heardAt.set(from, fetch.now);
    if (!fetch.asked.delete(index)) return;
    fetch.silentTicks = 0;
    this.#arrivals += 1;
    this.#offers.clear();
    fetch.arrived.set(index, bytes);
    this.#store(fetch);
    this.#ask(fetch);
  }

  onNoChunk(from: ProcessId, { digest }: RepairMessageOf<'no-chunk'>): void {
    if (this.#fetch?.checkpoint.digest === digest) this.#drop(this.#fetch, from);
  }

  /** A large message is coming from a source: the answer may be behind it. */
  arriving({ from, bytes, agoTicks }: Arriving): void {
    const fetch = this.#fetch;
    if (fetch === null) return;
    for (const asked of fetch.asked.values()) {
      if (asked.source !== from || !mayPrecedeAnswer(agoTicks, fetch.now - asked.at, this.#options.settings)) continue;
      asked.arrivedBytes += bytes;
      if (asked.arrivedBytes > constants.arrivalBytesMax) continue;
      asked.arrivedAt = fetch.now;
      this.#arrivals += 1;
      fetch.silentTicks = 0;
    }
  }

  tick(): void {
    this.#offerTicks += 1;
    const fetch = this.#fetch;
    if (fetch !== null) this.#tickFetch(fetch);
    else if (this.#offers.size > 0 && this.#offerTicks >= OFFER_TICKS) this.#choose();
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
    fetch.now += 1;
    if (fetch.asked.size > 0) fetch.silentTicks += 1;
    const silence = this.#offers.size > 0 ? SILENCE_WITH_OTHER_OFFERS : SILENCE;
    if (fetch.silentTicks >= silence * fetch.patienceTicks) {
      this.#giveUp(fetch);
      return;
    }
    for (const [index, asked] of [...fetch.asked])
      if (fetch.asked.get(index) === asked && fetch.now - asked.arrivedAt >= asked.waitTicks)
        this.#overdue(fetch, index, asked);
  }

  /** Probably lost on the way if its source has been heard since; otherwise the other sources, if there are any, continue. */
  #overdue(fetch: Fetch, index: number, { source, at, attempt }: Asked): void {
    const isSilent = (fetch.heardAt.get(source) ?? -1) < at;
    if (isSilent && fetch.sources.length > 1) this.#drop(fetch, source);
    else this.#askFor(fetch, index, attempt + 1);
  }

  /** Takes the offered checkpoint that ends furthest. */
  #choose(): void {
    const wanted = [...this.#offers.values()].filter(({ checkpoint }) => this.#options.isWanted(checkpoint));
    const best = wanted.sort((a, b) => b.checkpoint.next - a.checkpoint.next)[0];
    if (this.#isBetween || this.#isClosed) return;
    this.#offers.clear();
    if (best === undefined) return;
    this.#isBetween = true;
    this.#guard(this.#begin(best));
  }

  async #begin({ checkpoint, sources }: Offer): Promise<void> {
    await this.#options.tidied();
    const receiver = await this.#options.store.receive(checkpoint);
    this.#isBetween = false;
    const { received } = receiver;
    if (this.#isClosed) {
      await receiver.pause();
      return;
    }
    const { bytes, chunks } = checkpoint;
    this.#options.notify({ kind: 'fetching', checkpoint, received, sources: [...sources] });
    const bytesInFlight =
      Math.min(bytes / chunks, constants.checkpointChunkBytesMax) * this.#options.settings.chunksInFlightMax;
    const fetch: Fetch = {
      checkpoint,
      receiver,
      sources: [...sources],
      heardAt: new Map(),
      asked: new Map(),
      arrived: new Map(),
      patienceTicks: this.#options.settings.chunkTicks + Math.floor(bytesInFlight / this.#options.settings.bytesATick),
      now: 0,
      silentTicks: 0,
      stored: received,
      next: received,
      storing: null,
    };
    this.#fetch = fetch;
    this.#store(fetch);
    this.#ask(fetch);
  }

  #ask(fetch: Fetch): void {
    while (
      fetch.next < fetch.checkpoint.chunks &&
      fetch.asked.size + fetch.arrived.size < this.#options.settings.chunksInFlightMax
    ) {
      this.#askFor(fetch, fetch.next, 0);
      fetch.next += 1;
    }
  }

  #askFor(fetch: Fetch, index: number, attempt: number): void {
    const source = fetch.sources[(index + attempt) % fetch.sources.length];
    if (source === undefined) return;
    const { now } = fetch;
    const waitTicks = fetch.patienceTicks * 2 ** attempt;
    fetch.asked.set(index, { source, at: now, arrivedAt: now, arrivedBytes: 0, waitTicks, attempt });
    this.#options.send(source, { kind: 'want-chunk', digest: fetch.checkpoint.digest, index });
  }

  /** A source has failed: the others are asked for its chunks. */
  #drop(fetch: Fetch, source: ProcessId): void {
    const at = fetch.sources.indexOf(source);
    if (at < 0) return;
    fetch.sources.splice(at, 1);
    if (fetch.sources.length === 0) {
      this.#giveUp(fetch);
      return;
    }
    for (const [index, asked] of fetch.asked) if (asked.source === source) this.#askFor(fetch, index, asked.attempt);
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
      if (this.#fetch === fetch) this.#ask(fetch);
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
