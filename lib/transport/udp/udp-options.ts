import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';

import { constants } from '../../model/constants.js';
import { TreplicaError } from '../../model/errors.js';
import type { Address } from '../frame/peers.js';
import { isLoopback, LocalInterface, type Subnet } from './local-interface.js';

/**
 * The multicast group and port that a queue id names.
 * @throws TreplicaError INVALID_OPTION or NOT_MULTICAST.
 */
export function parseQueueId(queueId: string): Address {
  const [, address = '', digits = ''] = /^([^:]+):([1-9]\d{0,4})$/.exec(queueId) ?? [];
  const port = Number(digits);
  if (!isIPv4(address) || port < 1 || port > 65_535) {
    throw new TreplicaError(
      'INVALID_OPTION',
      `The queue id '${queueId}' is not an IPv4 multicast address and a port: write it like '239.255.0.1:7400'.`,
    );
  }
  const firstByte = Number.parseInt(address, 10);
  if (firstByte < 224 || firstByte > 239) {
    throw new TreplicaError(
      'NOT_MULTICAST',
      `The address ${address} of the queue id '${queueId}' is not a multicast address: use one from 224.0.0.0 to 239.255.255.255, such as 239.255.0.1.`,
    );
  }
  return { address, port };
}

/**
 * The interface that `nameOrAddress` names.
 * @throws TreplicaError INVALID_OPTION where this machine has no such interface.
 */
export function findInterface(nameOrAddress: string, interfaces = networkInterfaces()): LocalInterface {
  const subnets: readonly Subnet[] = Object.entries(interfaces).flatMap(([name, addresses = []]) =>
    addresses.filter(({ family }) => family === 'IPv4').map(({ address, netmask }) => ({ name, address, netmask })),
  );
  const found = subnets.find(({ name, address }) => name === nameOrAddress || address === nameOrAddress);
  if (found !== undefined) return new LocalInterface(found.name, found.address, subnets);

  // The whole of 127.0.0.0/8 belongs to the loopback interface, which lists one address of it.
  const loopback = subnets.find(({ address }) => isLoopback(address));
  if (loopback !== undefined && isIPv4(nameOrAddress) && isLoopback(nameOrAddress)) {
    return new LocalInterface(loopback.name, nameOrAddress, subnets);
  }
  const choice = subnets.map(({ name, address }) => `${name} (${address})`).join(', ');
  throw new TreplicaError(
    'INVALID_OPTION',
    `This machine has no network interface '${nameOrAddress}' with an IPv4 address: use the name or the address of one that it has, ${choice}.`,
  );
}

/**
 * The size of a datagram in bytes: `asked`, or the size that suits the interface.
 * @throws TreplicaError INVALID_OPTION where UDP cannot carry it.
 */
export function datagramBytesOn(local: LocalInterface, asked: number | undefined): number {
  if (asked === undefined) return local.isLoopback ? constants.datagramBytesOnLoopback : constants.datagramBytes;
  if (Number.isInteger(asked) && asked >= DATAGRAM_BYTES_MIN && asked <= DATAGRAM_BYTES_MAX) return asked;
  throw new TreplicaError(
    'INVALID_OPTION',
    `maxDatagramBytes is ${asked}: use a whole number from ${DATAGRAM_BYTES_MIN} to ${DATAGRAM_BYTES_MAX}, or leave it out.`,
  );
}

/** The datagram that every IPv4 host can receive. */
const DATAGRAM_BYTES_MIN = 548;
/** The bytes that the length field of IPv4 leaves to UDP. */
const DATAGRAM_BYTES_MAX = 65_507;
