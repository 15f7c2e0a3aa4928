import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { GROUP_A, KEY_1, newStart, ringOf, Station, type Testbed } from '../../support/station.js';
import { haveMet, live, newPlaces, openBehind, unicastTestbed, type Wall } from '../../support/udp-testbed.js';

describe.each([
  ['without a key', undefined],
  ['under a key', KEY_1],
])('processes without multicast, between which UDP has never passed, %s,', (_, key) => {
  let testbed: Testbed;
  let wall: Wall;
  let places: string[];

  const under = (): object => (key === undefined ? {} : { start: newStart(), keys: ringOf(key) });

  beforeEach(async () => {
    wall = { dropsDatagrams: true };
    places = await newPlaces(3);
    const plain = await unicastTestbed('127.0.0.1');
    testbed = { ...plain, open: (options) => openBehind(wall, { ...options, ...under() }) };
  });

  const closeAll = async (stations: readonly Station[]): Promise<void> => {
    await Promise.all(stations.map(({ transport }) => transport.close()));
  };
  afterEach(() => testbed.close());

  const open = (peers: (index: number) => string[]): Promise<Station[]> =>
    Promise.all(places.map((listen, index) => Station.open(testbed, { listen, peers: peers(index) })));

  it('find each other by TCP, hear what is said to everyone and to one, and answer', async () => {
    const stations = await open(() => places);
    await live(stations, () => haveMet(stations));
    const [a, b] = stations as [Station, Station, Station];
    let turn = 0;
    await live(stations, () => {
      // What is sent over a connection that has just been opened, or closed at the other end, may be lost.
      turn += 1;
      if (turn % 50 === 1) a.send(b.id, 'to one', Buffer.alloc(100_000));
      return b.has('to one') && b.heard.some(({ message }) => message.length === 100_000);
    });
    for (const { transport } of stations) expect(transport.statistics.datagramsReceived).toBe(0);
    await closeAll(stations);
  });

  it('find each other by way of one that knows none of them', async () => {
    const stations = await open((index) => (index === 0 ? [] : [places[0]!]));
    await live(stations, () => haveMet(stations));
    await closeAll(stations);
  });

  it('find one that comes back at another place', async () => {
    const stations = await open(() => places);
    await live(stations, () => haveMet(stations));
    await stations[2]!.transport.close();
    const [elsewhere = ''] = await newPlaces(1);
    stations[2] = await Station.open(testbed, { self: stations[2]!.id, listen: elsewhere, peers: places });
    for (const { heard } of stations) heard.length = 0;
    await live(stations, () => haveMet(stations));
    await closeAll(stations);
  });

  it('use datagrams as soon as these pass, and within a group send nothing small by TCP any more', async () => {
    const stations = await open(() => places);
    for (const { transport } of stations) transport.join(GROUP_A);
    await live(stations, () => haveMet(stations));
    wall.dropsDatagrams = false;
    const sentInBulk = (): number[] => stations.map(({ transport }) => transport.statistics.bulkMessagesSent);
    let last = sentInBulk();
    let quiet = 0;
    await live(stations, () => {
      const now = sentInBulk();
      quiet = now.every((sent, i) => sent === last[i]) ? quiet + 1 : 0;
      last = now;
      return quiet >= 500;
    });
    for (const { transport } of stations) expect(transport.statistics.datagramsReceived).toBeGreaterThan(0);
    await closeAll(stations);
  });
});
