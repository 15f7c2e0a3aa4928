import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { constants } from '../../../lib/model/constants.js';
import { FrameEncoder } from '../../../lib/transport/frame/frame-encoder.js';
import { EVERYONE } from '../../../lib/transport/transport.js';
import { shownAddress } from '../../../lib/transport/udp/rendezvous.js';
import type { Resolver } from '../../../lib/transport/udp/resolver.js';
import { acquaint, openAcquainted, SOME_START, Station, type Testbed } from '../../support/station.js';
import {
  asUdp,
  boundSocket,
  closeSocket,
  haveMet,
  live,
  newPlaces,
  openAlone,
  sendTo,
  unicastTestbed,
  until,
} from '../../support/udp-testbed.js';
import { describeTransport } from '../compliance.js';

describeTransport('UDP without multicast', () => unicastTestbed('127.0.0.1'), {
  largestBytes: constants.messageBytesMax,
});

describeTransport('UDP without multicast, by IPv6', () => unicastTestbed('::1'), {
  largestBytes: constants.messageBytesMax,
});

const addressOf = ({ transport }: Station): string => shownAddress(asUdp(transport).address);

describe('UDP without multicast', () => {
  let testbed: Testbed;
  /** What the names stand for. */
  const names = new Map<string, string>();
  const resolver: Resolver = {
    addresses: async (host) => {
      const address = names.get(host);
      return Promise.resolve(address === undefined ? [] : [address]);
    },
    services: () => Promise.reject(new Error('there is none')),
  };

  beforeEach(async () => {
    names.clear();
    testbed = await unicastTestbed('127.0.0.1', resolver);
  });

  afterEach(() => testbed.close());

  const hasHeard = (station: Station, other: Station): boolean => station.heard.some(({ from }) => from === other.id);
  const meet = (stations: readonly Station[]): Promise<void> => live(stations, () => haveMet(stations));

  it('processes that know only one, which knows none, all find each other, and when it is gone still reach each other', async () => {
    const [hub] = await newPlaces(1);
    const all = await Promise.all(
      [hub!, '127.0.0.1', '127.0.0.1'].map((listen, i) =>
        Station.open(testbed, { listen, peers: i === 0 ? [] : [hub!] }),
      ),
    );
    await meet(all);
    const [first, ...others] = all as [Station, Station, Station];
    await first.transport.close();
    for (const { heard } of others) heard.length = 0;
    await meet(others);
  });

  it.each(['0.0.0.0', '[::]'])('a process that listens at %s is reached at an address of the machine', async (any) => {
    const a = await Station.open(testbed, { listen: any, peers: [] });
    const port = asUdp(a.transport).address.port;
    const b = await Station.open(testbed, { listen: '127.0.0.1', peers: [`127.0.0.1:${port}`] });
    await meet([a, b]);
    a.send(b.id, Buffer.alloc(100_000));
    b.send(a.id, Buffer.alloc(100_000));
    await until(() => [a, b].every(({ heard }) => heard.some(({ message }) => message.length === 100_000)));
  });

  it('a process does not send to itself, wherever it listens', async () => {
    for (const host of ['127.0.0.1', '0.0.0.0', '[::]']) {
      const [place = ''] = await newPlaces(1);
      const port = place.split(':')[1]!;
      const alone = await Station.open(testbed, { listen: `${host}:${port}`, peers: [`127.0.0.1:${port}`] });
      const other = await Station.open(testbed, { peers: [`127.0.0.1:${port}`] });
      await live([alone, other], () => hasHeard(alone, other));
      expect(alone.transport.statistics.foreignDropped).toBe(0);
      expect(hasHeard(alone, alone)).toBe(false);
      await alone.transport.close();
    }
  });

  it('a process that comes back at another address, of which nobody has been told, is found', async () => {
    const [a, b, c] = (await openAcquainted(testbed, 3)) as [Station, Station, Station];
    await b.transport.close();
    const places = [a, c].map(addressOf);
    const again = await Station.open(testbed, { self: b.id, listen: '127.0.0.1', peers: places });
    await meet([a, again, c]);
    a.send(b.id, 'welcome');
    await until(() => again.has('welcome'));
  });

  it('a process whose address changes while it runs is followed', async () => {
    const [a, b] = (await openAcquainted(testbed, 2)) as [Station, Station];
    const moved = await boundSocket('127.0.0.1');
    const frames: string[] = [];
    moved.on('message', (bytes) => frames.push(bytes.toString('latin1')));
    const frame = new FrameEncoder(testbed.queueIds[0], b.id, SOME_START).encode([Buffer.from('from elsewhere')]);
    await sendTo(moved, Buffer.concat(frame), asUdp(a.transport).address);
    await until(() => a.has('from elsewhere'));
    a.send(EVERYONE, 'to everyone');
    a.send(b.id, 'to one');
    await until(() => ['to everyone', 'to one'].every((text) => frames.some((bytes) => bytes.includes(text))));
    await closeSocket(moved);
  });

  it('a name that stands for another address later is followed', async () => {
    const b = await Station.open(testbed, { listen: '127.0.0.1', peers: [] });
    const port = asUdp(b.transport).address.port;
    names.set('db-2.internal', '127.0.0.1');
    const a = await Station.open(testbed, { listen: '127.0.0.1', peers: [`db-2.internal:${port}`] });
    await meet([a, b]);
    await b.transport.close();
    const again = await Station.open(testbed, { self: b.id, listen: `127.0.0.9:${port}`, peers: [] });
    names.set('db-2.internal', '127.0.0.9');
    await meet([a, again]);
  });

  it('names that stand for nothing harm nobody, and are told', async () => {
    const [place = ''] = await newPlaces(1);
    const peers = ['nobody.internal:7400', '_nobody._udp.internal', place];
    const a = await Station.open(testbed, { peers });
    const b = await Station.open(testbed, { listen: place, peers });
    await meet([a, b]);
    for (const { log } of [a, b])
      expect(log.lines.filter(({ level }) => level === 'warn').map(({ text }) => text)).toEqual(
        expect.arrayContaining(['nobody', '_nobody._udp'].map((n) => expect.stringContaining(` ${n}.internal `))),
      );
  });

  it('another queue at an address is counted, and nothing is learnt of it', async () => {
    const [a, b] = (await openAcquainted(testbed, 2)) as [Station, Station];
    const stranger = await Station.open(testbed, { queueId: 'other', peers: [addressOf(a)] });
    await live([stranger, a], () => a.transport.statistics.foreignDropped > 0);
    a.send(stranger.id, 'to nobody known');
    expect(a.transport.statistics.unsent).toBe(1);
    await acquaint(testbed, [a, b]);
  });

  it('an address that a program has already is refused as in use, for UDP and for TCP', async () => {
    const [a] = await openAcquainted(testbed, 1);
    const { port } = asUdp(a!.transport).address;
    const failing = openAlone(testbed.queueIds[0], { listen: `127.0.0.1:${port}` });
    await expect(failing).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(`Port ${port} of 127.0.0.1`) as unknown,
    });
  });

  it('an address that this machine does not have is refused', async () => {
    const failing = Station.open(testbed, { listen: '192.0.2.77:7400' });
    await expect(failing).rejects.toMatchObject({
      code: 'NETWORK',
      message: expect.stringContaining('192.0.2.77:7400') as unknown,
    });
  });

  it('its place is its address, as options have it', async () => {
    const { transport } = await Station.open(testbed);
    expect(transport.place).toBe(shownAddress(asUdp(transport).address));
  });

  it('queues of one process at one address share its sockets', async () => {
    const [place = ''] = await newPlaces(1);
    const here = await Promise.all(
      testbed.queueIds.map((queueId) => Station.open(testbed, { queueId, listen: place, peers: [] })),
    );
    const there = await Promise.all(
      testbed.queueIds.map((queueId) => Station.open(testbed, { queueId, peers: [place] })),
    );
    for (const i of [0, 1]) await meet([here[i]!, there[i]!]);
    expect(new Set(here.map(addressOf)).size).toBe(1);
  });
});
