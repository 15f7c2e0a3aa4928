import type { SocketAsPromised } from 'dgram-as-promised';

import { acceptDatagram } from '../frame/datagram.js';
import type { Frame } from '../frame/frame.js';
import type { Inbox } from '../frame/inbox.js';
import type { Address } from '../frame/peers.js';
import { EndpointCarrier } from './endpoint-carrier.js';
import type { Lease } from './endpoint-pool.js';
import type { LocalInterface } from './local-interface.js';
import { enlargeReceiveBuffer } from './sockets.js';

/** Datagrams to everyone go to a multicast group. */
export class MulticastCarrier extends EndpointCarrier {
  readonly place: string;
  readonly finder = null;

  constructor(
    private readonly group: Address,
    local: LocalInterface,
    maxDatagramBytes: number,
    private readonly socket: SocketAsPromised,
    lease: Lease,
    inbox: Inbox,
  ) {
    const receiveBufferBytes = Math.min(enlargeReceiveBuffer(socket, inbox.log), lease.endpoint.receiveBufferBytes);
    super(maxDatagramBytes, receiveBufferBytes, lease, inbox);
    this.place = `${local.name} (${local.address}, port ${this.address.port})`;
    socket.socket.on('message', (bytes, from) => {
      acceptDatagram(bytes, from, inbox);
    });
  }

  multicast(frame: Frame): void {
    this.sendAlone(frame, this.group);
  }

  override async close(): Promise<void> {
    await Promise.all([this.socket.close(), super.close()]);
  }
}
