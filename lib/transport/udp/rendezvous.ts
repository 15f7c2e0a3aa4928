/** Where the processes of a queue meet, as its id and its options say: at a multicast address, or at addresses of their own. */
import { isIPv4, isIPv6, SocketAddress } from 'node:net';

import { TreplicaError } from '../../model/errors.js';
import { invalidOption } from '../../model/options.js';
import type { Address } from '../frame/peers.js';

export interface RendezvousOptions {
  readonly networkInterface?: string | undefined;
  readonly port?: number | undefined;
  readonly listen?: string | undefined;
  readonly peers?: readonly string[] | undefined;
}

export type Rendezvous =
  | {
      readonly kind: 'multicast';
      readonly group: Address;
      readonly networkInterface: string;
      /** Of datagrams to this process; null where the kernel is to choose it. */
      readonly port: number | null;
    }
  | {
      readonly kind: 'unicast';
      readonly address: string;
      readonly port: number | null;
      readonly hints: readonly Hint[];
    };

/** Where a process of the queue may be. */
export type Hint =
  | { readonly kind: 'address'; readonly address: string; readonly port: number }
  /** A host, of which every address counts. */
  | { readonly kind: 'host'; readonly name: string; readonly port: number }
  /** A service, whose SRV records name hosts and ports. */
  | { readonly kind: 'service'; readonly name: string };

/** @throws TreplicaError INVALID_OPTION or NOT_MULTICAST. */
export function parseRendezvous(queueId: string, options: RendezvousOptions): Rendezvous {
  const { networkInterface = '127.0.0.1', port = null, listen, peers } = options;
  if (listen === undefined) {
    const group = parseMulticast(queueId);
    if (peers !== undefined)
      throw new TreplicaError(
        'INVALID_OPTION',
        `The option peers is given without the option listen: give both, or leave peers out, for the processes of the queue '${queueId}' meet at that multicast address.`,
      );
    return { kind: 'multicast', group, networkInterface, port };
  }
  checkQueueName(queueId);
  const named = options.networkInterface === undefined ? 'port' : 'networkInterface';
  if (options[named] !== undefined)
    throw new TreplicaError(
      'INVALID_OPTION',
      `The options listen and ${named} contradict each other: leave ${named} out, for listen says the address and the port.`,
    );
  const where = parseListen(listen);
  const hints = (peers ?? []).map(parsePeer);
  for (const hint of hints) {
    if (hint.kind === 'address' && reachedFrom(where.address, hint.address) === null)
      throw new TreplicaError(
        'INVALID_OPTION',
        `The option peers names ${hint.address}, which is not reached from ${where.address}, as the option listen says: use addresses of one kind, or listen at '[::]'.`,
      );
  }
  return { kind: 'unicast', ...where, hints };
}

/**
 * Checks the id of a queue, wherever its processes meet.
 * @throws TreplicaError INVALID_OPTION.
 */
export function checkQueueName(queueId: string): void {
  if (QUEUE_NAME.test(queueId)) return;
  throw new TreplicaError(
    'INVALID_OPTION',
    `The queue id '${queueId}' is no name: use 1 to 100 letters and digits of ASCII and the signs . _ : / @ + -, the first a letter or a digit, such as 'auctions', or a multicast address and port.`,
  );
}

const QUEUE_NAME = /^[A-Za-z0-9][\w.:/@+-]{0,99}$/;

/** The multicast group and port that a queue id names. */
function parseMulticast(queueId: string): Address {
  const [, address = '', digits = ''] = /^([^:]+):([1-9]\d{0,4})$/.exec(queueId) ?? [];
  const port = Number(digits);
  if (!isIPv4(address) || port < 1 || port > PORT_MAX) {
    throw new TreplicaError(
      'INVALID_OPTION',
      `The queue id '${queueId}' is not an IPv4 multicast address and a port: write it like '239.255.0.1:7400', or give the option listen, and then any name.`,
    );
  }
  const firstByte = Number.parseInt(address, 10);
  if (firstByte < 224 || firstByte > 239) {
    throw new TreplicaError(
      'NOT_MULTICAST',
      `The address ${address} of the queue id '${queueId}' is not a multicast address: use one from 224.0.0.0 to 239.255.255.255, such as 239.255.0.1, or give the option listen.`,
    );
  }
  return { address, port };
}

const PORT_MAX = 65_535;

function parseListen(listen: string): { readonly address: string; readonly port: number | null } {
  const { host, port } = split(listen);
  const address = canonical(host);
  if (address === null || port === undefined || isMulticast(address))
    throw invalidOption(
      'listen',
      listen,
      "an IPv4 or IPv6 address and a port, such as '10.0.0.1:7400' or '[fd00::1]:7400'",
    );
  return { address, port: port === 0 ? null : port };
}

function parsePeer(peer: string): Hint {
  if (SERVICE.test(peer)) return { kind: 'service', name: peer };
  const { host, port } = split(peer);
  if (port !== undefined && port !== null && port > 0) {
    const address = canonical(host);
    if (address !== null && isOfOneProcess(address)) return { kind: 'address', address, port };
    // A name of digits alone is a mistyped address, and no host.
    if (address === null && HOST.test(host) && !/^[\d.]+$/.test(host)) return { kind: 'host', name: host, port };
  }
  throw invalidOption(
    'peers',
    peer,
    "for each peer an address or a name and a port, such as '10.0.0.2:7400', '[fd00::2]:7400' or 'db-2.internal:7400', or a service of DNS, such as '_treplica._udp.example.org'",
  );
}

const LABEL = '[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?';
const HOST = new RegExp(`^(?=.{1,253}$)${LABEL}(\\.${LABEL})*\\.?$`);
/** A name whose first two labels begin with an underscore (RFC 2782). */
const SERVICE = new RegExp(`^(?=.{1,253}$)_${LABEL}\\._(udp|tcp)(\\.${LABEL})+\\.?$`, 'i');

/** A host, without brackets, and a port: null where there is none, undefined where it is not one. */
function split(text: string): { readonly host: string; readonly port: number | null | undefined } {
  const [, bracketed, plain = '', colon, digits = ''] = /^(?:\[([^\]]*)\]|([^:[\]]*))(:(.*))?$/s.exec(text) ?? [];
  if (bracketed !== undefined && !isIPv6(bracketed)) return { host: '', port: undefined };
  const host = bracketed ?? plain;
  if (colon === undefined) return { host, port: null };
  const port = /^(0|[1-9]\d{0,4})$/.test(digits) ? Number(digits) : Infinity;
  return { host, port: port <= PORT_MAX ? port : undefined };
}

/** The form in which the kernel reports an address, or null where `text` is none. */
export function canonical(text: string): string | null {
  if (isIPv4(text)) return text;
  if (!isIPv6(text)) return null;
  const [address = '', zone] = text.split('%');
  const { address: plain } = new SocketAddress({ address, family: 'ipv6' });
  return zone === undefined ? plain : `${plain}%${zone}`;
}

/** The form in which a socket that is bound to `local` sends to `address`; null where it does not reach it. Both are canonical. */
export function reachedFrom(local: string, address: string): string | null {
  if (isIPv6(local) === isIPv6(address)) return address;
  return local === '::' ? MAPPED + address : null;
}

/** An IPv4 address behind it is one for a socket of IPv6. */
const MAPPED = '::ffff:';

/** An address as others know it, whose sockets may be of IPv4 alone. */
export function plainForm(address: string): string {
  return address.startsWith(MAPPED) ? address.slice(MAPPED.length) : address;
}

export function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

/** Whether an address, which is canonical, can be that of a process: neither of many, nor any of a machine. */
export function isOfOneProcess(address: string): boolean {
  const plain = plainForm(address);
  return !isMulticast(plain) && !isWildcard(plain);
}

function isMulticast(address: string): boolean {
  return isIPv4(address) ? Number.parseInt(address, 10) >= 224 : address.startsWith('ff');
}

/** As people write it, and a text that tells addresses apart. */
export function shownAddress({ address, port }: Address): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}
