import { networkInterfaces } from 'node:os';

import type { Finder } from '../frame/finding.js';
import type { Address, Peers } from '../frame/peers.js';
import { FanOut } from './fan-out.js';
import { Hints, type HintsOptions } from './hints.js';
import { Knocks } from './knocks.js';
import { lastHeard } from './places.js';
import { canonical, isWildcard, plainForm, reachedFrom, shownAddress } from './rendezvous.js';

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
const PACE = { part: 4, ticksMin: MUTE_TICKS, ticksMax: 1_000 };
/** Such addresses are looked for as often. */
const LOOK_TICKS = 10;

export interface UnicastFinderOptions extends Pick<HintsOptions, 'hints' | 'resolver' | 'log'> {
  /** Where this process is reached. */
  readonly local: Address;
  readonly peers: Peers;
}

/** Looks for the processes of one queue where there is no multicast. */
export class UnicastFinder implements Finder {
  readonly fanOut: FanOut;
  readonly #hints: Hints;
  readonly #peers: Peers;
  readonly #local: Address;
  readonly #knocks = new Knocks(PACE);
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
    const mute = [...lastHeard(this.#peers, this.#hints)].filter(([, { heardAt }]) => nowTick - heardAt >= MUTE_TICKS);
    return this.#knocks.due(mute, nowTick);
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
