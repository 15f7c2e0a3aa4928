import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { constants } from '../../../lib/model/constants.js';
import type { ErrorCode } from '../../../lib/model/errors.js';
import { EVERYONE } from '../../../lib/transport/transport.js';
import type { openUdpTransport } from '../../../lib/transport/udp/udp-transport.js';
import { acquaint, KEY_1, openAcquainted, Station, type Testbed } from '../../support/station.js';
import {
  asUdp,
  boundSocket,
  closeSocket,
  newQueueId,
  openAlone,
  udpTestbed,
  until,
} from '../../support/udp-testbed.js';
import { describeTransport } from '../compliance.js';

describeTransport('UDP', () => udpTestbed(), { largestBytes: constants.messageBytesMax });

describeTransport('UDP under a key', () => udpTestbed(KEY_1), {
  largestBytes: constants.messageBytesMax,
  keyId: KEY_1.id,
  hasConnections: true,
});

describe('UDP', () => {
  let testbed: Testbed;

  beforeEach(async () => {
    testbed = await udpTestbed();
  });

  afterEach(() => testbed.close());

  describe('opening', () => {
    const failure = async (
      options: Partial<Parameters<typeof openUdpTransport>[0]>,
    ): Promise<{ code: ErrorCode; message: string }> => {
      const opening = openAlone(testbed.queueIds[0], options);
      const error: unknown = await opening.then(
        (transport) => transport.close().then(() => null),
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject({ name: 'TreplicaError' });
      return error as { code: ErrorCode; message: string };
    };

    it.each(['10.0.0.1:7400', '223.255.255.255:7400', '240.0.0.1:7400', '127.0.0.1:7400'])(
      '%s is refused: not multicast',
      async (queueId) => {
        const { code, message } = await failure({ queueId });
        expect(code).toBe('NOT_MULTICAST');
        expect(message).toContain(queueId.split(':')[0]);
        expect(message).toContain('224.0.0.0 to 239.255.255.255');
      },
    );

    it.each([
      '',
      '239.255.0.1',
      '239.255.0.1:',
      ':7400',
      '239.255.0.1:0',
      '239.255.0.1:65536',
      '239.255.0.256:7400',
      'orders:7400',
      '239.255.0.1:7400:1',
      ' 239.255.0.1:7400',
    ])("'%s' is refused: no address and port", async (queueId) => {
      const { code, message } = await failure({ queueId });
      expect(code).toBe('INVALID_OPTION');
      expect(message).toContain(`'${queueId}'`);
      expect(message).toContain("'239.255.0.1:7400'");
    });

    it('a port that a program does not share is refused as in use', async () => {
      const queueId = await newQueueId();
      const port = Number(queueId.split(':')[1]);
      const other = await boundSocket('0.0.0.0', port);
      const { code, message } = await failure({ queueId });
      await closeSocket(other);
      expect(code).toBe('PORT_IN_USE');
      expect(message).toContain(`Port ${port}`);
      const transport = await openAlone(queueId);
      await transport.close();
    });

    it.each(['nosuch0', '203.0.113.77', ''])(
      "the interface '%s' is refused where there is none",
      async (networkInterface) => {
        const { code, message } = await failure({ networkInterface });
        expect(code).toBe('INVALID_OPTION');
        expect(message).toContain(`'${networkInterface}'`);
        expect(message).toContain('lo (127.0.0.1)');
      },
    );

    it.each([0, 547, 65_508, 1000.5, Number.NaN])(
      '%d is refused as the size of a datagram',
      async (maxDatagramBytes) => {
        const { code, message } = await failure({ maxDatagramBytes });
        expect(code).toBe('INVALID_OPTION');
        expect(message).toContain(String(maxDatagramBytes));
      },
    );

    it('an interface can be named, or given by any of its addresses', async () => {
      const byName = await Station.open(testbed, { networkInterface: 'lo' });
      const byAddress = await Station.open(testbed, { networkInterface: '127.0.0.9' });
      expect(asUdp(byName.transport).address.address).toBe('127.0.0.1');
      expect(asUdp(byAddress.transport).address.address).toBe('127.0.0.9');
      await acquaint(testbed, [byName, byAddress]);
      byName.send(EVERYONE, 'x', Buffer.alloc(100_000));
      await until(() => byAddress.heard.length === 2);
    });

    it('the granted receive buffer is logged and told', async () => {
      const { transport, log } = await Station.open(testbed);
      const granted = log.lines.filter(({ facts }) => 'granted' in facts);
      expect(granted.length).toBeGreaterThan(0);
      expect(granted[0]!.facts).toMatchObject({
        asked: constants.receiveBufferBytes,
        granted: transport.receiveBufferBytes,
      });
    });
  });

  describe('the loopback interface', () => {
    it('is the only one that is used unless another is named', async () => {
      const { transport } = await Station.open(testbed);
      expect(asUdp(transport).address.address).toBe('127.0.0.1');
      const group = testbed.queueIds[0].split(':')[0]!;
      expect(interfacesThatJoined(group)).toEqual(['lo']);
      await transport.close();
      expect(interfacesThatJoined(group)).toEqual([]);
    });
  });

  describe('the queues of one process', () => {
    it('share a socket, which the last one closes', async () => {
      const queueIds = [...testbed.queueIds, await newQueueId()];
      const here = await Promise.all(queueIds.map((queueId) => Station.open(testbed, { queueId })));
      const there = await Promise.all(queueIds.map((queueId) => Station.open(testbed, { queueId })));
      const ports = (stations: readonly Station[]): Set<number> =>
        new Set(stations.map(({ transport }) => asUdp(transport).address.port));
      expect(ports(here).size).toBe(1);
      expect(ports(there).size).toBe(1);
      expect(ports([...here, ...there]).size).toBe(2);

      for (const i of [0, 1, 2]) await acquaint(testbed, [here[i]!, there[i]!]);
      await here[0]!.transport.close();
      here[1]!.send(there[1]!.id, 'x', Buffer.alloc(100_000));
      there[2]!.send(here[2]!.id, 'y', Buffer.alloc(100_000));
      await until(() => there[1]!.heard.length === 2 && here[2]!.heard.length === 2);
      expect([...there[0]!.heard, ...here[1]!.heard, ...there[2]!.heard]).toEqual([]);

      // Five places that hear a group, two sockets to send from, and the stranger's.
      await until(() => isOpen({ udp: 5 + 2 + 1, servers: 2 }));
      await here[1]!.transport.close();
      await until(() => isOpen({ udp: 4 + 2 + 1, servers: 2 }));
      await here[2]!.transport.close();
      await until(() => isOpen({ udp: 3 + 1 + 1, servers: 1 }));
    });

    it('a second replica in the process has sockets of its own', async () => {
      const [a, b] = await openAcquainted(testbed, 2);
      expect(asUdp(a!.transport).address).not.toEqual(asUdp(b!.transport).address);
    });
  });

  describe('closing', () => {
    it('leaves nothing open that would keep the process alive', async () => {
      const stations = await openAcquainted(testbed, 3);
      for (const station of stations) station.send(EVERYONE, Buffer.alloc(5_000_000));
      await until(() => stations.every(({ heard }) => heard.length === 2));
      await Promise.all(stations.map(({ transport }) => transport.close()));
      const onlyTheStranger = { udp: 1, servers: 0, connections: 0 };
      await until(() => isOpen(onlyTheStranger));
    });

    it('does not wait for large messages that are under way', async () => {
      const [a, b] = await openAcquainted(testbed, 2);
      a!.send(EVERYONE, Buffer.alloc(60_000_000));
      await a!.transport.close();
      await b!.transport.close();
      expect(b!.heard).toEqual([]);
    });
  });

  describe('sending', () => {
    it('reaches the kernel before flush returns', async () => {
      const station = await Station.open(testbed);
      const [group, port] = testbed.queueIds[0].split(':');
      const counter = new Int32Array(new SharedArrayBuffer(8));
      const listener = new Worker(LISTENER, { eval: true, workerData: { group, port: Number(port), counter } });
      try {
        // Not a turn of the event loop between flush and the sight of the datagram: this thread is blocked.
        expect(await waitAsync(counter, LISTENING)).toBe(true);
        station.transport.send(EVERYONE, Buffer.from('x'));
        station.transport.flush();
        expect(Atomics.wait(counter, HEARD, 0, 20_000)).not.toBe('timed-out');
        expect(Atomics.load(counter, HEARD)).toBe(1);
      } finally {
        await listener.terminate();
      }
    });

    it('a burst within the receive buffer is not lost while the receiver is busy', async () => {
      const [a, b] = await openAcquainted(testbed, 2);
      const message = Buffer.alloc(50_000, 'x');
      const n = Math.floor(b!.transport.receiveBufferBytes / 60_000);
      for (let i = 0; i < n; i += 1) a!.send(b!.id, message);
      await until(() => b!.heard.length === n);
      for (let i = 0; i < n; i += 1) a!.send(EVERYONE, message);
      await until(() => b!.heard.length === 2 * n);
    });

    it('thousands of datagrams arrive where the receiver keeps up', async () => {
      const [a, b] = await openAcquainted(testbed, 2);
      for (let i = 0; i < 5000; i += 1) {
        a!.send(EVERYONE, `message ${i}`);
        if (i % 20 === 19) await until(() => b!.heard.length === i + 1);
      }
      expect(b!.texts).toEqual(Array.from({ length: 5000 }, (_, i) => `message ${i}`));
    });
  });
});

/** Whether this process holds so many sockets, by kind. A closed one is gone a turn of the event loop later. */
function isOpen(expected: { readonly udp: number; readonly servers: number; readonly connections?: number }): boolean {
  const resources = process.getActiveResourcesInfo();
  const count = (kind: string): number => resources.filter((resource) => resource === kind).length;
  return (
    count('UDPWrap') === expected.udp &&
    count('TCPServerWrap') === expected.servers &&
    (expected.connections === undefined || count('TCPSocketWrap') === expected.connections)
  );
}

/** Names of the interfaces on which any process of this machine has joined the group. */
function interfacesThatJoined(group: string): string[] {
  const bytes = group.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0').toUpperCase());
  const joined: string[] = [];
  let current = '';
  for (const line of readFileSync('/proc/net/igmp', 'utf8').split('\n')) {
    const device = /^\d+\s+(\S+)\s*:/.exec(line);
    if (device) current = device[1]!;
    // The kernel prints the address as the number that it is in memory.
    if (line.trim().startsWith([...bytes].reverse().join('')) || line.trim().startsWith(bytes.join('')))
      joined.push(current);
  }
  return joined;
}

const LISTENING = 0;
const HEARD = 1;

const LISTENER = `
  const { createSocket } = require('node:dgram');
  const { workerData: { group, port, counter } } = require('node:worker_threads');
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.on('message', () => { Atomics.add(counter, ${HEARD}, 1); Atomics.notify(counter, ${HEARD}); });
  socket.bind(port, group, () => {
    socket.addMembership(group, '127.0.0.1');
    Atomics.store(counter, ${LISTENING}, 1);
  });
`;

async function waitAsync(counter: Int32Array, index: number): Promise<boolean> {
  await until(() => Atomics.load(counter, index) === 1);
  return true;
}
