import type { Instance, ProcessId } from '../model/ids.js';
import { limits } from '../model/limits.js';
import type { Shared } from './shared.js';

/** How many ticks without progress mean that something was lost rather than that it is on its way. */
const STALLED_TICKS = 2;

/**
 * Repairs gaps from processes that are ahead: every message tells its sender's watermark, and who is behind and makes no
 * progress asks one of those for what was decided.
 */
export class CatchUp {
  readonly #shared: Shared;
  readonly #watermarks = new Map<ProcessId, Instance>();
  #furthest = 0;
  #lastFirst = -1;
  #idleTicks = 0;
  /** Ticks until an unanswered question is put to another process; 0 when none is open. */
  #patience = 0;
  #source: ProcessId | null = null;
  /** What the open question asks for; null when none is open. */
  #askedFrom: Instance | null = null;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  heard(from: ProcessId, watermark: Instance): void {
    this.#watermarks.set(from, watermark);
    if (watermark > this.#furthest) this.#furthest = watermark;
    const farBehind = watermark - this.#shared.log.first > limits.windowInstances / 2;
    if (farBehind && this.#patience === 0) this.#ask(from);
  }

  /**
   * What was decided from `first` on has been taken in. If that is what was asked for, the next question goes out at once
   * while there is more to learn there; an answer that comes late or twice leads to none, lest questions multiply.
   */
  answered(from: ProcessId, first: Instance): void {
    if (first !== this.#askedFrom) return;
    this.#askedFrom = null;
    this.#patience = 0;
    const watermark = this.#watermarks.get(from) ?? 0;
    if (watermark > this.#shared.log.first) this.#ask(from);
  }

  tick(): void {
    const { first } = this.#shared.log;
    if (this.#patience > 0) this.#patience -= 1;
    this.#idleTicks = first === this.#lastFirst ? this.#idleTicks + 1 : 0;
    this.#lastFirst = first;
    if (this.#furthest <= first || this.#patience > 0 || this.#idleTicks < STALLED_TICKS) return;
    const ahead = [...this.#watermarks].filter(([, watermark]) => watermark > first).map(([process]) => process);
    const last = this.#source === null ? -1 : ahead.indexOf(this.#source);
    const next = ahead[(last + 1) % ahead.length];
    if (next !== undefined) this.#ask(next);
  }

  #ask(from: ProcessId): void {
    this.#source = from;
    this.#askedFrom = this.#shared.log.first;
    this.#patience = limits.retryTicks;
    this.#shared.outbox.send(from, { kind: 'catch-up', from: this.#shared.log.first });
  }
}
