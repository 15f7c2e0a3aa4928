import { networkInterfaces } from 'node:os';

import type { Finder } from '../frame/finding.js';
import type { Address, Peers } from '../frame/peers.js';
import { FanOut } from './fan-out.js';
import { Hints, type HintsOptions } from './hints.js';
import { Knocks } from './knocks.js';
import { News } from './news.js';
import { lastHeard } from './places.js';
import { canonical, isWildcard, reachedFrom } from './rendezvous.js';

/** An address from which nothing has come for so long is knocked at by the bulk lane, and then at growing intervals. */
const MUTE_TICKS = 100;
const PACE = { part: 4, ticksMin: MUTE_TICKS, ticksMax: 1_000 };
/** Such addresses are looked for as often. */
const LOOK_TICKS = 10;

/**
 * A process that is gone for good is not looked for any more after ten minutes, unless it is kept or a hint leads there: one that is
 * away for longer finds the others itself. Where many come and go, fewer are remembered. Looked for once a second.
 */
const FORGETTING = { silentTicks: 300, forgottenTicks: 60_000, silentMax: 64 };
const FORGET_TICKS = 100;

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
  readonly #news: News;

  constructor({ hints, resolver, local, peers, log }: UnicastFinderOptions) {
    this.#hints = new Hints({
      ...{ hints, resolver, log, local: local.address },
      isOwn: (address) => isOwn(address, local),
      isHeard: (address) => this.fanOut.isHeard(address),
    });
    this.fanOut = new FanOut(peers, this.#hints);
    this.#news = new News(peers);
    this.#peers = peers;
    this.#local = local;
  }

  get port(): number {
    return this.#local.port;
  }

  tick(): void {
    const { nowTick } = this.#peers;
    this.#hints.tick(nowTick);
    if (nowTick % FORGET_TICKS === 0) this.#peers.forgetSilent(FORGETTING);
  }

  knocks(): readonly Address[] {
    const { nowTick } = this.#peers;
    if (nowTick % LOOK_TICKS !== 0) return [];
    const mute = [...lastHeard(this.#peers, this.#hints)].filter(([, { heardAt }]) => nowTick - heardAt >= MUTE_TICKS);
    return this.#knocks.due(mute, nowTick);
  }

  news(): readonly Address[] {
    return this.#news.next();
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
