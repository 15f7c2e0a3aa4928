import type { Consensus } from '../consensus/consensus.js';
import type { Instance, ProcessId } from '../model/ids.js';
import type { QueueEventOf } from '../queue/events.js';
import type { Transport } from '../transport/transport.js';
import type { ObserverStatus } from './paxos-status.js';
import type { ObserverMessage } from './wire/observer-messages.js';

/** An observer makes itself known this often: so it need not say otherwise that it is there (`transport/frame/hearing.ts`). */
const TELLING_TICKS = 45;
/** One that has been silent for so long is not counted any more: 5 s. */
const EXPIRY_TICKS = 500;
/** Observers beyond these are not remembered: forged senders must not fill the memory, nor displace those that are known. */
const OBSERVERS_MAX = 64;

export interface ObserversOptions {
  readonly self: ProcessId;
  readonly core: Pick<Consensus, 'views' | 'watermark' | 'knownWatermark' | 'durableWatermark'>;
  readonly transport: Pick<Transport, 'addressOf' | 'place'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Sends to everybody, best effort. */
  readonly tell: (message: ObserverMessage) => void;
  readonly notify: (event: QueueEventOf<'observer' | 'observer-gone'>) => void;
}

interface Row {
  readonly sinceMs: number;
  heardAt: number;
  lagInstances: number;
}

/**
 * The processes of the group that take part without a vote. Each makes itself known to everybody at intervals, with what its
 * ledger holds; it counts as long as it is heard, and is no member of the latest view.
 */
export class Observers {
  readonly #options: ObserversOptions;
  /** In the order in which they became known. */
  readonly #rows = new Map<ProcessId, Row>();
  #ticks = 0;
  /** Since this process last made itself known; since when it is an observer itself. */
  #silentTicks = TELLING_TICKS;
  #selfSinceMs: number | null = null;

  constructor(options: ObserversOptions) {
    this.#options = options;
  }

  receive(from: ProcessId, { durable }: ObserverMessage): void {
    const { core, transport, now, notify } = this.#options;
    if (!core.views.isFounded || core.views.latest.has(from)) return;
    const lagInstances = this.#lagOf(durable);
    const known = this.#rows.get(from);
    if (known !== undefined) {
      known.heardAt = this.#ticks;
      known.lagInstances = lagInstances;
    } else if (this.#rows.size < OBSERVERS_MAX) {
      this.#rows.set(from, { sinceMs: now(), heardAt: this.#ticks, lagInstances });
      notify({ kind: 'observer', process: from, address: transport.addressOf(from), lagInstances });
    }
  }

  /** How many instances a process lacked when it was last heard as an observer; null where it is not heard as one. */
  lagOf(process: ProcessId): number | null {
    return this.list().find((observer) => observer.process === process)?.lagInstances ?? null;
  }

  /** Those that are heard, this process included where it is one; the longest known first. */
  list(): readonly ObserverStatus[] {
    const { self, core, transport } = this.#options;
    const others = [...this.#rows].filter(([process]) => !core.views.latest.has(process));
    const rows = others.map(([process, { sinceMs, lagInstances }]) => {
      return { process, address: transport.addressOf(process), lagInstances, sinceMs };
    });
    if (this.#selfSinceMs === null) return rows;
    const lagInstances = this.#lagOf(core.durableWatermark);
    const own = { process: self, address: transport.place, lagInstances, sinceMs: this.#selfSinceMs };
    return [...rows, own].sort((a, b) => a.sinceMs - b.sinceMs);
  }

  tick(): void {
    this.#ticks += 1;
    const { self, core, tell, now } = this.#options;
    if (!core.views.isFounded) return;
    const { latest } = core.views;
    for (const [process, { heardAt }] of this.#rows) {
      if (latest.has(process)) this.#rows.delete(process);
      else if (this.#ticks - heardAt > EXPIRY_TICKS) this.#forget(process);
    }
    this.#silentTicks += 1;
    if (latest.has(self)) {
      this.#selfSinceMs = null;
      return;
    }
    this.#selfSinceMs ??= now();
    if (this.#silentTicks < TELLING_TICKS) return;
    this.#silentTicks = 0;
    tell({ kind: 'observing', durable: core.durableWatermark });
  }

  #forget(process: ProcessId): void {
    this.#rows.delete(process);
    this.#options.notify({ kind: 'observer-gone', process });
  }

  #lagOf(durable: Instance): number {
    const { core } = this.#options;
    return Math.max(0, Math.max(core.watermark, core.knownWatermark) - durable);
  }
}
