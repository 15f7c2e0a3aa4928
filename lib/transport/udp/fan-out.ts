import type { Address, Peers } from '../frame/peers.js';
import { type HintSource, lastHeard } from './places.js';

/** Without anything from an address for so long it gets a datagram only now and then. */
const SILENT_TICKS = 300;
/** The interval of these is a part of the silence, within bounds. */
const KNOCK_PART = 30;
const KNOCK_TICKS = 10;
const KNOCK_TICKS_MAX = 100;

/**
 * The addresses that a datagram to everyone goes to, one by one, where there is no multicast: those of all processes that are
 * heard, and those at which processes are looked for.
 */
export class FanOut {
  /** Of those that are heard, or have been looked for only for a short time. */
  #lively: Address[] = [];
  /** Of silent ones that the next datagram goes to. */
  #due: Address[] = [];
  /** When silent ones got the last datagram. */
  #knockedAt = new Map<string, number>();
  #madeAt = -1;
  #peersVersion = -1;
  #hintsVersion = -1;

  constructor(
    private readonly peers: Peers,
    private readonly hints: HintSource,
  ) {}

  /** The addresses of the next datagram, each once. */
  next(): readonly Address[] {
    const { peers, hints } = this;
    const isStale =
      peers.nowTick !== this.#madeAt || peers.version !== this.#peersVersion || hints.version !== this.#hintsVersion;
    if (isStale) this.#make();
    if (this.#due.length === 0) return this.#lively;
    const all = [...this.#lively, ...this.#due];
    this.#due = [];
    return all;
  }

  /** Whether anything has come of a process at this address lately. */
  isHeard(address: Address): boolean {
    const { peers } = this;
    for (const [, peer] of peers.all()) {
      const { where, heardAt, bulkHeardAt } = peer;
      const isThere = where.port === address.port && where.address === address.address;
      if (isThere && peers.nowTick - Math.max(heardAt, bulkHeardAt) < SILENT_TICKS) return true;
    }
    return false;
  }

  #make(): void {
    const { peers, hints } = this;
    const { nowTick } = peers;
    this.#madeAt = nowTick;
    this.#peersVersion = peers.version;
    this.#hintsVersion = hints.version;
    this.#lively = [];
    this.#due = [];
    const knockedAt = new Map<string, number>();
    for (const [key, { where, heardAt }] of lastHeard(peers, hints)) {
      const silentTicks = nowTick - heardAt;
      if (silentTicks < SILENT_TICKS) {
        this.#lively.push(where);
        continue;
      }
      const last = this.#knockedAt.get(key) ?? -Infinity;
      const waitTicks = Math.min(Math.max(KNOCK_TICKS, Math.floor(silentTicks / KNOCK_PART)), KNOCK_TICKS_MAX);
      const isDue = nowTick - last >= waitTicks;
      if (isDue) this.#due.push(where);
      knockedAt.set(key, isDue ? nowTick : last);
    }
    this.#knockedAt = knockedAt;
  }
}
