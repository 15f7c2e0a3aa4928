import type { Frame } from '../frame/frame.js';
import type { Inbox } from '../frame/inbox.js';
import { EndpointCarrier } from './endpoint-carrier.js';
import type { Lease } from './endpoint-pool.js';
import { type Hint, shownAddress } from './rendezvous.js';
import type { Resolver } from './resolver.js';
import { UnicastFinder } from './unicast-finder.js';

/** Datagrams to everyone go to each process by itself. */
export class UnicastCarrier extends EndpointCarrier {
  readonly place: string;
  readonly finder: UnicastFinder;

  constructor(hints: readonly Hint[], resolver: Resolver, maxDatagramBytes: number, lease: Lease, inbox: Inbox) {
    super(maxDatagramBytes, lease.endpoint.receiveBufferBytes, lease, inbox);
    const { address: local } = this;
    const { peers, log } = inbox;
    this.place = shownAddress(local);
    this.finder = new UnicastFinder({ hints, resolver, local, peers, log });
  }

  multicast(frame: Frame): void {
    for (const to of this.finder.fanOut.next()) this.unicast(frame, to);
  }

  override async close(): Promise<void> {
    this.finder.close();
    await super.close();
  }
}
