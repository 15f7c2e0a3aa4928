import type { Address, Peers } from '../frame/peers.js';
import { Knocks } from './knocks.js';
import { type HintSource, lastHeard, type Place } from './places.js';

/** Without anything from an address for so long it gets a datagram only now and then; one of hearsay from the beginning. */
const SILENT_TICKS = 300;
const PACE = { part: 30, ticksMin: 10, ticksMax: 100 };

/**
 * The addresses that a datagram to everyone goes to, one by one, where there is no multicast: those of all processes that are
 * heard, and those at which processes are looked for.
 */
export class FanOut {
  /** Of those that are heard, or have been looked for only for a short time. */
  #lively: Address[] = [];
  /** Of silent ones that the next datagram goes to. */
  #due: Address[] = [];
  readonly #knocks = new Knocks(PACE);
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
    const silent: [string, Place][] = [];
    for (const [key, place] of lastHeard(peers, hints)) {
      // What somebody has told of may be no process of the queue at all.
      if (nowTick - place.heardAt < SILENT_TICKS && !place.isHearsay) this.#lively.push(place.where);
      else silent.push([key, place]);
    }
    this.#due = this.#knocks.due(silent, nowTick);
  }
}
