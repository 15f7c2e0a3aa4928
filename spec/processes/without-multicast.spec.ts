import { afterEach, describe, expect, it } from '@jest/globals';

import { Hosts, missingForHosts } from '../support/namespaces.js';
import { ProcessGroup } from '../support/process-group.js';
import { newPlaces, until } from '../support/udp-testbed.js';

const PORT = 7400;

let group: ProcessGroup;

afterEach(() => group.close());

describe('three processes without multicast, on loopback with datagrams as on a network', () => {
  it('lose nothing under load when each is killed and started again, one of them at another place', async () => {
    const places = await newPlaces(3);
    group = await ProcessGroup.create(3, { options: { maxDatagramBytes: 1_400, peers: places }, noteBytes: 200 });
    for (const [i, replica] of group.replicas.entries()) replica.use({ listen: places[i]! });
    await group.start();
    await group.load(20);
    for (const [i, replica] of group.replicas.entries()) {
      await group.pass(200);
      await replica.kill();
      await group.pass(200);
      if (i === 1) replica.use({ listen: (await newPlaces(1))[0]! });
      await replica.start();
      await replica.load(20);
    }
    await group.pass(200);
    await group.stopLoad();
    expect(await group.violations()).toEqual([]);
  });
});

describe('three hosts without multicast', () => {
  it('go on where UDP passes from and to one of them no more, and found a group where it has never passed', async () => {
    const missing = missingForHosts({ filters: false });
    const hosts = missing === null ? new Hosts(3) : null;
    if (hosts === null)
      console.warn(`${missing}. What hosts do behind a firewall has not been shown: loopback is used`);
    const places = hosts === null ? await newPlaces(3) : [0, 1, 2].map((i) => `${hosts.addressOf(i)}:${PORT}`);
    try {
      group = await ProcessGroup.create(3, {
        options: { peers: places, insecure: true },
        ...(hosts === null ? {} : { under: (index: number) => hosts.command(index) }),
      });
      for (const [i, replica] of group.replicas.entries()) replica.use({ listen: places[i]! });
      hosts?.dropUnicast(0, 'udp');
      await group.start();
      await until(() => group.coordinator !== undefined);
      for (const [i, replica] of group.replicas.entries()) {
        await replica.ask({ kind: 'append', entry: `small ${i}`, timeoutMs: 10_000 });
        await replica.ask({ kind: 'append', entry: 'x'.repeat(20_000), timeoutMs: 10_000 });
      }
      hosts?.passUnicast(0);
      hosts?.dropUnicast(2, 'udp');
      for (const replica of group.replicas)
        await replica.ask({ kind: 'append', entry: 'x'.repeat(70_000), timeoutMs: 10_000 });
      expect(await group.violations()).toEqual([]);
    } finally {
      await group.close();
      hosts?.remove();
    }
  });
});
