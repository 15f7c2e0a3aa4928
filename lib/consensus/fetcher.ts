import { partsOf, type BatchId } from '../model/batch.js';
import type { Instance, ProcessId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import type { MessageOf } from './messages.js';
import type { Shared } from './shared.js';

interface Want {
  readonly instance: Instance;
  ticks: number;
  wait: number;
  attempt: number;
}

/** Asks for batches whose ids are known and whose bodies have not come: first their proposer, then the members in turn. */
export class Fetcher {
  readonly #shared: Shared;
  readonly #wants = new Map<BatchId, Want>();

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  want(id: BatchId, instance: Instance): void {
    if (!this.#wants.has(id)) this.#wants.set(id, { instance, ticks: 0, wait: limits.fetchTicks, attempt: 0 });
  }

  /** The batch is here. Returns whether anybody has wanted it. */
  got(id: BatchId): boolean {
    return this.#wants.size > 0 && this.#wants.delete(id);
  }

  tick(): void {
    for (const [id, want] of this.#wants) {
      if (want.instance < this.#shared.log.first) {
        this.#wants.delete(id);
        continue;
      }
      want.ticks += 1;
      if (want.ticks < want.wait) continue;
      want.ticks = 0;
      want.wait = Math.min(2 * want.wait, limits.retryTicksMax);
      const to = this.#source(id, want);
      want.attempt += 1;
      if (to !== this.#shared.self) this.#shared.outbox.send(to, { kind: 'fetch', id, instance: want.instance });
    }
  }

  /**
   * Somebody lacks a batch at an instance: it is sent; or that it is known to be a duplicate there; or, where the
   * instance was decided long ago, what was decided.
   */
  onFetch(from: ProcessId, { id, instance }: MessageOf<'fetch'>): void {
    const { log, pool, outbox } = this.#shared;
    const vote = log.find(instance)?.vote;
    const batch = pool.get(id) ?? (vote?.batch.id === id ? vote.batch : undefined);
    if (batch !== undefined && batch.body.length > 0) outbox.send(from, { kind: 'batch', batch });
    else if (batch !== undefined) outbox.send(from, { kind: 'duplicate', id, instance });
    else if (instance < log.first) outbox.supply({ to: from, from: instance });
  }

  #source(id: BatchId, want: Want): ProcessId {
    const proposer = partsOf(id).process;
    if (want.attempt === 0 && proposer !== this.#shared.self) return proposer;
    const { members } = this.#shared.views.at(want.instance);
    return members[want.attempt % members.length] ?? proposer;
  }
}
