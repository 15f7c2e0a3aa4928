import { TreplicaError } from '../../model/errors.js';
import { FramedTransport } from '../frame/framed-transport.js';
import { Inbox, type Subscription } from '../frame/inbox.js';
import type { Address } from '../frame/peers.js';
import type { EndpointCarrier } from './endpoint-carrier.js';
import { leaseEndpoint } from './endpoint-pool.js';
import { isLoopback } from './local-interface.js';
import { MulticastCarrier } from './multicast-carrier.js';
import { parseRendezvous, type Rendezvous, type RendezvousOptions } from './rendezvous.js';
import { type Resolver, systemResolver } from './resolver.js';
import { openMulticastSocket } from './sockets.js';
import { datagramBytesAt, findInterface } from './udp-options.js';
import { UnicastCarrier } from './unicast-carrier.js';

interface UdpTransportOptions extends Subscription, RendezvousOptions {
  /** Whether the address may be one that others reach although there are no keys. */
  readonly insecure?: boolean | undefined;
  /** In bytes; larger messages take the bulk lane. Default: depends on the interface. */
  readonly maxDatagramBytes?: number | undefined;
  /** Default: as this machine looks up names. */
  readonly resolver?: Resolver | undefined;
}

/** The transport over UDP, with TCP for what is larger than a datagram. */
export class UdpTransport extends FramedTransport {
  readonly #wire: EndpointCarrier;

  constructor(options: UdpTransportOptions, inbox: Inbox, wire: EndpointCarrier) {
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
 * @throws TreplicaError INVALID_OPTION, NOT_MULTICAST, NO_KEY, PORT_IN_USE or NETWORK.
 */
export async function openUdpTransport(options: UdpTransportOptions): Promise<UdpTransport> {
  const rendezvous = parseRendezvous(options.queueId, options);
  return rendezvous.kind === 'multicast' ? openMulticast(options, rendezvous) : openUnicast(options, rendezvous);
}

async function openMulticast(
  options: UdpTransportOptions,
  { group, networkInterface, port }: Extract<Rendezvous, { readonly kind: 'multicast' }>,
): Promise<UdpTransport> {
  const local = findInterface(networkInterface);
  checkKey(options, local.address);
  const maxDatagramBytes = datagramBytesAt(local.address, options.maxDatagramBytes);
  const inbox = new Inbox(options, (source) => local.hears(source));

  const socket = await openMulticastSocket(group, local, options.log);
  try {
    const lease = await leaseEndpoint(local.address, port, inbox);
    return new UdpTransport(options, inbox, new MulticastCarrier(group, local, maxDatagramBytes, socket, lease, inbox));
  } catch (error) {
    await socket.close();
    throw error;
  }
}

/** A socket hears only what is sent to the address that it is bound to, so that no source has to be looked at. */
async function openUnicast(
  options: UdpTransportOptions,
  { address, port, hints }: Extract<Rendezvous, { readonly kind: 'unicast' }>,
): Promise<UdpTransport> {
  checkKey(options, address);
  const maxDatagramBytes = datagramBytesAt(address, options.maxDatagramBytes);
  const inbox = new Inbox(options);
  const lease = await leaseEndpoint(address, port, inbox);
  const { resolver = systemResolver } = options;
  return new UdpTransport(options, inbox, new UnicastCarrier(hints, resolver, maxDatagramBytes, lease, inbox));
}

function checkKey({ keys = null, insecure = false }: UdpTransportOptions, address: string): void {
  if (keys !== null || insecure || isLoopback(address)) return;
  throw new TreplicaError(
    'NO_KEY',
    `The queue was to work at the address ${address} without a key: everybody who reaches it could read and disturb the group. Give every process the same keys, by the option keys, or say insecure: true where nobody else reaches that network.`,
  );
}
