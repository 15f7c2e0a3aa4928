import type { SocketAsPromised } from 'dgram-as-promised';

import { acceptDatagram } from '../frame/datagram.js';
import type { Frame } from '../frame/frame.js';
import { type FrameCarrier, FramedTransport } from '../frame/framed-transport.js';
import { Inbox, type Subscription } from '../frame/inbox.js';
import type { Address } from '../frame/peers.js';
import { BulkSender } from './bulk-sender.js';
import { type Lease, leaseEndpoint } from './endpoint-pool.js';
import type { LocalInterface } from './local-interface.js';
import { enlargeReceiveBuffer, openMulticastSocket } from './sockets.js';
import { datagramBytesOn, findInterface, parseQueueId } from './udp-options.js';

interface UdpTransportOptions extends Subscription {
  /** Multicast group and port, such as '239.255.0.1:7400'. */
  readonly queueId: string;
  /** Address or name of the interface to use, and the only one to be used. Default: 127.0.0.1. */
  readonly networkInterface?: string | undefined;
  /** Port of datagrams to this process and of its bulk lane. Default: the kernel chooses one. */
  readonly port?: number | undefined;
  /** In bytes; larger messages take the bulk lane. Default: depends on the interface. */
  readonly maxDatagramBytes?: number | undefined;
}

/** The transport over UDP multicast and unicast, with TCP for what is larger than a datagram. */
export class UdpTransport extends FramedTransport {
  readonly #wire: UdpCarrier;

  constructor(options: UdpTransportOptions, inbox: Inbox, wire: UdpCarrier) {
    super(options, inbox, wire);
    this.#wire = wire;
  }

  /** Where other processes reach this one: by datagrams and, under the same port, by TCP. */
  get address(): Address {
    return this.#wire.address;
  }
}

/**
 * Opens the sockets of one process on one queue.
 * @throws TreplicaError INVALID_OPTION, NOT_MULTICAST, PORT_IN_USE or NETWORK.
 */
export async function openUdpTransport(options: UdpTransportOptions): Promise<UdpTransport> {
  const group = parseQueueId(options.queueId);
  const local = findInterface(options.networkInterface ?? '127.0.0.1');
  const maxDatagramBytes = datagramBytesOn(local, options.maxDatagramBytes);
  const port = options.port ?? null;
  const inbox = new Inbox(options, (source) => local.hears(source));

  const multicastSocket = await openMulticastSocket(group, local, options.log);
  try {
    const lease = await leaseEndpoint(local, port, inbox);
    return new UdpTransport(
      options,
      inbox,
      new UdpCarrier(group, local, maxDatagramBytes, multicastSocket, lease, inbox),
    );
  } catch (error) {
    await multicastSocket.close();
    throw error;
  }
}

class UdpCarrier implements FrameCarrier {
  readonly receiveBufferBytes: number;
  readonly place: string;
  readonly #bulk: BulkSender;

  constructor(
    private readonly group: Address,
    local: LocalInterface,
    readonly maxDatagramBytes: number,
    private readonly multicastSocket: SocketAsPromised,
    private readonly lease: Lease,
    private readonly inbox: Inbox,
  ) {
    this.receiveBufferBytes = Math.min(
      enlargeReceiveBuffer(multicastSocket, inbox.log),
      lease.endpoint.receiveBufferBytes,
    );
    this.place = `${local.name} (${local.address}, port ${this.address.port})`;
    this.#bulk = new BulkSender(local.address, inbox.statistics, inbox.log);
    multicastSocket.socket.on('message', (bytes, from) => {
      acceptDatagram(bytes, from, inbox);
    });
  }

  get address(): Address {
    return this.lease.endpoint.address;
  }

  multicast(frame: Frame): void {
    this.lease.endpoint.send(frame, this.group, this.#sent);
  }

  unicast(frame: Frame, to: Address): void {
    this.lease.endpoint.send(frame, to, this.#sent);
  }

  bulk(frame: Frame, to: Address): void {
    this.#bulk.send(frame, to, 'large');
  }

  smallInBulk(frame: Frame, to: Address): void {
    this.#bulk.send(frame, to, 'small');
  }

  async close(): Promise<void> {
    await Promise.all([this.multicastSocket.close(), this.lease.release(), this.#bulk.close()]);
  }

  readonly #sent = (error: Error | null): void => {
    if (error === null) return;
    this.inbox.statistics.unsent += 1;
    this.inbox.log.debug({ err: error }, 'A datagram could not be sent.');
  };
}
