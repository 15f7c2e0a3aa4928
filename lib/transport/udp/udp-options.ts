import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';

import { constants } from '../../model/constants.js';
import { TreplicaError } from '../../model/errors.js';
import { isLoopback, LocalInterface, type Subnet } from './local-interface.js';

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
 * The size of a datagram in bytes: `asked`, or the size that suits what a socket is bound to.
 * @throws TreplicaError INVALID_OPTION where UDP cannot carry it.
 */
export function datagramBytesAt(local: string, asked: number | undefined): number {
  if (asked === undefined) return isLoopback(local) ? constants.datagramBytesOnLoopback : constants.datagramBytes;
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
