import { type BatchId, processOf } from '../model/batch.js';
import { after, type ProcessId } from '../model/ids.js';
import type { Fetcher } from './fetcher.js';
import { Patience } from './patience.js';
import type { Shared } from './shared.js';

/** As many batches as are worth remembering at one moment: one is enough to know that something does not get through. */
const BATCHES_MAX = 16;

/** A proposer that says nothing of its batch for so long has it no longer, or needs it no longer. */
const EXPIRY_WAITS = 4;

/**
 * Batches that members say they have proposed for long and that have not come here. A coordinator asks for them; where
 * nobody can bring them here, another process had better coordinate.
 */
export class MissingBatches {
  readonly #shared: Shared;
  readonly #fetcher: Fetcher;
  readonly #patience: Patience;
  /** And how many ticks ago each was last asked for. */
  readonly #missing = new Map<BatchId, number>();
  #isDeaf = false;

  constructor(shared: Shared, fetcher: Fetcher) {
    this.#shared = shared;
    this.#patience = new Patience(shared.settings.deafTicks, shared.settings.patienceTicksMax);
    this.#fetcher = fetcher;
  }

  /** Whether they have been awaited in vain, and are still. */
  get isDeaf(): boolean {
    return this.#isDeaf;
  }

  /** Counts only from the proposer, and only if it is a member: otherwise any process could depose every coordinator. */
  onPending(from: ProcessId, id: BatchId): void {
    const { views, log } = this.#shared;
    if (!views.isMember(from) || processOf(id) !== from || this.#isHere(id)) return;
    if (this.#missing.size >= BATCHES_MAX && !this.#missing.has(id)) return;
    this.#missing.set(id, 0);
    this.#fetcher.want(id, after(log.limit, -1));
  }

  /** `isAwaited` tells whether it is this process that would give them their instances. */
  tick(isAwaited: boolean): void {
    if (this.#missing.size === 0) return;
    const { settings, roundTrips } = this.#shared;
    const expiryTicks = EXPIRY_WAITS * (settings.retryTicksMax + roundTrips.toFarthest);
    for (const [id, ticks] of this.#missing) {
      if (this.#isHere(id)) this.#patience.ended();
      if (this.#isHere(id) || ticks >= expiryTicks) this.#missing.delete(id);
      else this.#missing.set(id, ticks + 1);
    }
    if (this.#missing.size === 0) this.#isDeaf = false;
    else if (isAwaited && this.#patience.tick(roundTrips.toFarthest)) this.#isDeaf = true;
  }

  /** A reign begins: its time limit before it resigns starts again. */
  begin(): void {
    this.#isDeaf = false;
    this.#patience.progressed();
  }

  #isHere(id: BatchId): boolean {
    return this.#shared.pool.get(id) !== undefined || this.#shared.delivered?.isDone(id) === true;
  }
}
