import { networkInterfaces } from 'node:os';

import type { Finder } from '../frame/finding.js';
import type { Address, Peers } from '../frame/peers.js';
import type { TransportLog } from '../transport.js';
import { FanOut } from './fan-out.js';
import { Hints } from './hints.js';
import { lastHeard } from './places.js';
import { canonical, type Hint, isWildcard, plainForm, reachedFrom, shownAddress } from './rendezvous.js';
import type { Resolver } from './resolver.js';

/** What changes in whom this process hears is told so often, in case a datagram is lost, at such intervals. */
const NEWS_TIMES = 3;
const NEWS_TICKS = 50;
/** All of it is told again after so long. */
const NEWS_AGAIN_TICKS = 3_000;
/** So many addresses are told at one tick. */
const NEWS_ADDRESSES_MAX = 32;
/** A process counts as heard for so long. */
const HEARD_TICKS = 300;

/** An address from which nothing has come for so long is knocked at by the bulk lane, and then at growing intervals. */
const MUTE_TICKS = 100;
const MUTE_TICKS_MAX = 1_000;
/** Such addresses are looked for as often. */
const LOOK_TICKS = 10;

export interface UnicastFinderOptions {
  readonly hints: readonly Hint[];
  readonly resolver: Resolver;
  /** Where this process is reached. */
  readonly local: Address;
  readonly peers: Peers;
  readonly log: TransportLog;
}

/** Looks for the processes of one queue where there is no multicast. */
export class UnicastFinder implements Finder {
  readonly fanOut: FanOut;
  readonly #hints: Hints;
  readonly #peers: Peers;
  readonly #local: Address;
  /** When each was knocked at, by its text. */
  #knockedAt = new Map<string, number>();
  #newsVersion = 0;
  #newsLeft = 0;
  #newsAt = 0;

  constructor({ hints, resolver, local, peers, log }: UnicastFinderOptions) {
    this.#hints = new Hints({ hints, resolver, log, local: local.address, isOwn: (address) => isOwn(address, local) });
    this.fanOut = new FanOut(peers, this.#hints);
    this.#peers = peers;
    this.#local = local;
  }

  get port(): number {
    return this.#local.port;
  }

  tick(): void {
    this.#hints.tick(this.#peers.nowTick, (address) => this.fanOut.isHeard(address));
  }

  knocks(): readonly Address[] {
    const { nowTick } = this.#peers;
    if (nowTick % LOOK_TICKS !== 0) return [];
    const due: Address[] = [];
    const knockedAt = new Map<string, number>();
    for (const [key, { where, heardAt }] of lastHeard(this.#peers, this.#hints)) {
      const silentTicks = nowTick - heardAt;
      if (silentTicks < MUTE_TICKS) continue;
      const last = this.#knockedAt.get(key) ?? -Infinity;
      const isDue = nowTick - last >= Math.min(Math.max(MUTE_TICKS, silentTicks >> 2), MUTE_TICKS_MAX);
      if (isDue) due.push(where);
      knockedAt.set(key, isDue ? nowTick : last);
    }
    this.#knockedAt = knockedAt;
    return due;
  }

  news(): readonly Address[] {
    const { nowTick, version } = this.#peers;
    if (version !== this.#newsVersion) {
      this.#newsVersion = version;
      this.#newsLeft = NEWS_TIMES;
    }
    if (nowTick - this.#newsAt < (this.#newsLeft > 0 ? NEWS_TICKS : NEWS_AGAIN_TICKS)) return [];
    this.#newsAt = nowTick;
    this.#newsLeft = Math.max(0, this.#newsLeft - 1);
    const heard = new Map<string, Address>();
    for (const [, { where, heardAt, bulkHeardAt }] of this.#peers.all()) {
      if (nowTick - Math.max(heardAt, bulkHeardAt) >= HEARD_TICKS || heard.size >= NEWS_ADDRESSES_MAX) continue;
      const address = plainForm(where.address);
      // A zone names an interface of this machine.
      if (!address.includes('%')) heard.set(shownAddress(where), { address, port: where.port });
    }
    return heard.size > 1 ? [...heard.values()] : [];
  }

  told(address: Address, from: Address): void {
    this.#hints.tell(address, from);
  }

  close(): void {
    this.#hints.close();
  }
}

/** Whether a socket bound to `local` is what is reached at an address. */
function isOwn({ address, port }: Address, local: Address): boolean {
  if (port !== local.port) return false;
  if (!isWildcard(local.address)) return address === local.address;
  const ours = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
  return ours.some((one) => reachedFrom(local.address, canonical(one.address) ?? '') === address);
}
