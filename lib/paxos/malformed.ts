import type { ProcessId } from '../model/ids.js';
import type { Settings } from '../model/settings.js';
import type { QueueEventOf } from '../queue/events.js';

/** Counts messages that this release does not know, and tells of them no oftener than every `refusalsToldTicks`. */
export class Malformed {
  readonly #refusalsToldTicks: number;
  readonly #notify: (event: QueueEventOf<'malformed'>) => void;
  #count = 0;
  /** The sender of the latest that has not been told of; null where all have. */
  #latest: ProcessId | null = null;
  #silenceTicks = 0;

  constructor({ refusalsToldTicks }: Settings, notify: (event: QueueEventOf<'malformed'>) => void) {
    this.#refusalsToldTicks = refusalsToldTicks;
    this.#notify = notify;
  }

  /** Since the start. */
  get count(): number {
    return this.#count;
  }

  heardFrom(process: ProcessId): void {
    this.#count += 1;
    this.#latest = process;
  }

  tick(): void {
    if (this.#silenceTicks > 0) this.#silenceTicks -= 1;
    if (this.#latest === null || this.#silenceTicks > 0) return;
    const latest = this.#latest;
    this.#latest = null;
    this.#silenceTicks = this.#refusalsToldTicks;
    this.#notify({ kind: 'malformed', count: this.#count, latest });
  }
}
