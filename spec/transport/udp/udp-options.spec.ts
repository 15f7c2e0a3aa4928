import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from '@jest/globals';

import { constants } from '../../../lib/model/constants.js';
import { datagramBytesAt, findInterface } from '../../../lib/transport/udp/udp-options.js';

const machine = {
  lo: [ipv4('127.0.0.1', '255.0.0.0')],
  eth0: [
    { ...ipv4('fd00::2', ''), family: 'IPv6', scopeid: 0 } as never,
    ipv4('192.0.2.2', '255.255.255.0'),
    ipv4('198.51.100.2', '255.255.255.0'),
  ],
  eth1: [ipv4('10.8.8.1', '255.255.252.0')],
  cloud: [ipv4('203.0.113.5', '255.255.255.255')],
};

function ipv4(address: string, netmask: string): NetworkInterfaceInfo {
  return { address, netmask, family: 'IPv4', mac: '', internal: false, cidr: null };
}

describe('the interface', () => {
  it.each([
    ['lo', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.1'],
    ['127.45.6.7', '127.45.6.7'],
    ['eth0', '192.0.2.2'],
    ['198.51.100.2', '198.51.100.2'],
  ])('%s is the one with %s', (nameOrAddress, address) => {
    expect(findInterface(nameOrAddress, machine).address).toBe(address);
  });

  it('hears what its own networks hold, and what no other interface holds', () => {
    const hearing = (nameOrAddress: string, ...sources: string[]): boolean[] => {
      const local = findInterface(nameOrAddress, machine);
      return [...sources, ...sources].map((source) => local.hears(source));
    };
    expect(new Set(hearing('lo', '127.0.0.1', '127.45.6.7'))).toEqual(new Set([true]));
    expect(new Set(hearing('127.45.6.7', '127.0.0.1'))).toEqual(new Set([true]));
    expect(new Set(hearing('lo', '192.0.2.2', '192.0.2.77', '10.8.8.1', '8.8.8.8'))).toEqual(new Set([false]));
    expect(new Set(hearing('eth0', '192.0.2.2', '192.0.2.77', '198.51.100.9', '172.16.0.1'))).toEqual(new Set([true]));
    expect(new Set(hearing('eth0', '127.0.0.1', '10.8.8.1', '10.8.11.255', '203.0.113.5'))).toEqual(new Set([false]));
    expect(new Set(hearing('eth1', '10.8.8.9', '10.8.11.255', '10.8.12.0', '203.0.113.6'))).toEqual(new Set([true]));
    expect(new Set(hearing('cloud', '203.0.113.6'))).toEqual(new Set([true]));
  });

  it('decides how large a datagram is unless that is said', () => {
    for (const local of ['127.0.0.1', '127.45.6.7', '::1'])
      expect(datagramBytesAt(local, undefined)).toBe(constants.datagramBytesOnLoopback);
    for (const local of ['192.0.2.2', '0.0.0.0', '::', 'fd00::2'])
      expect(datagramBytesAt(local, undefined)).toBe(constants.datagramBytes);
    expect(datagramBytesAt('192.0.2.2', 9_000)).toBe(9_000);
  });
});
