import { networkInterfaces } from 'node:os';

import type { Frame } from '../frame/frame.js';
import type { Inbox } from '../frame/inbox.js';
import type { Address } from '../frame/peers.js';
import { EndpointCarrier } from './endpoint-carrier.js';
import type { Lease } from './endpoint-pool.js';
import { FanOut } from './fan-out.js';
import { Hints } from './hints.js';
import { canonical, type Hint, isWildcard, reachedFrom, shownAddress } from './rendezvous.js';
import type { Resolver } from './resolver.js';

/** Datagrams to everyone go to each process by itself. */
export class UnicastCarrier extends EndpointCarrier {
  readonly place: string;
  readonly #hints: Hints;
  readonly #fanOut: FanOut;

  constructor(hints: readonly Hint[], resolver: Resolver, maxDatagramBytes: number, lease: Lease, inbox: Inbox) {
    super(maxDatagramBytes, lease.endpoint.receiveBufferBytes, lease, inbox);
    const local = this.address;
    this.place = shownAddress(local);
    this.#hints = new Hints({
      ...{ hints, resolver, log: inbox.log },
      local: local.address,
      isOwn: (address) => isOwn(address, local),
    });
    this.#fanOut = new FanOut(inbox.peers, this.#hints);
  }

  multicast(frame: Frame): void {
    for (const to of this.#fanOut.next()) this.unicast(frame, to);
  }

  tick(): void {
    this.#hints.tick(this.inbox.peers.nowTick, (address) => this.#fanOut.isHeard(address));
  }

  override async close(): Promise<void> {
    this.#hints.close();
    await super.close();
  }
}

/** Whether a socket bound to `local` is what is reached at an address. */
function isOwn({ address, port }: Address, local: Address): boolean {
  if (port !== local.port) return false;
  if (!isWildcard(local.address)) return address === local.address;
  const ours = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
  return ours.some((one) => reachedFrom(local.address, canonical(one.address) ?? '') === address);
}
