import type { Finder } from '../frame/finding.js';
import type { Frame } from '../frame/frame.js';
import type { FrameCarrier } from '../frame/framed-transport.js';
import type { Inbox } from '../frame/inbox.js';
import type { Address } from '../frame/peers.js';
import { BulkSender } from './bulk-sender.js';
import type { Lease } from './endpoint-pool.js';
import { isWildcard } from './rendezvous.js';

/** What a queue sends through an endpoint of the process, but for datagrams to everyone. */
export abstract class EndpointCarrier implements FrameCarrier {
  abstract readonly place: string;
  abstract readonly finder: Finder | null;
  readonly #bulk: BulkSender;

  constructor(
    readonly maxDatagramBytes: number,
    readonly receiveBufferBytes: number,
    private readonly lease: Lease,
    protected readonly inbox: Inbox,
  ) {
    const { address } = lease.endpoint.address;
    this.#bulk = new BulkSender(isWildcard(address) ? undefined : address, inbox.statistics, inbox.log);
  }

  get address(): Address {
    return this.lease.endpoint.address;
  }

  get port(): number {
    return this.address.port;
  }

  abstract multicast(frame: Frame): void;

  unicast(frame: Frame, to: Address): void {
    this.lease.endpoint.sendInCompany(frame, to, this.maxDatagramBytes, this.#sent);
  }

  /** In a datagram of its own. */
  protected sendAlone(frame: Frame, to: Address): void {
    this.lease.endpoint.send(frame, to, this.#sent);
  }

  hurry(): void {
    this.lease.endpoint.hurry();
  }

  bulk(frame: Frame, to: Address): void {
    this.#bulk.send(frame, to, 'large');
  }

  smallInBulk(frame: Frame, to: Address): void {
    this.#bulk.send(frame, to, 'small');
  }

  replyInBulk(frame: Frame, to: Address): void {
    this.#bulk.send(frame, to, 'reply');
  }

  beginBulk(first: () => Frame): void {
    this.#bulk.begin(first);
  }

  async close(): Promise<void> {
    await Promise.all([this.lease.release(), this.#bulk.close()]);
  }

  readonly #sent = (error: Error | null): void => {
    if (error === null) return;
    this.inbox.statistics.unsent += 1;
    this.inbox.log.debug({ err: error }, 'A datagram could not be sent.');
  };
}
