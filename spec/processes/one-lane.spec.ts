import { describe, expect, it } from '@jest/globals';

import { Hosts, missingForHosts } from '../support/namespaces.js';
import { ProcessGroup } from '../support/process-group.js';
import type { ReplicaProcess } from '../support/replica-process.js';
import { until } from '../support/udp-testbed.js';

/** More than leaves as datagrams on a network. */
const LARGE = 'x'.repeat(70_000);

const APPEND_MS_MAX = 10_000;

function append(replica: ReplicaProcess, entry: string): Promise<unknown> {
  return replica.ask({ kind: 'append', entry, timeoutMs: APPEND_MS_MAX });
}

async function withGroup(action: (group: ProcessGroup, hosts: Hosts) => Promise<void>): Promise<void> {
  const missing = missingForHosts();
  if (missing !== null) {
    console.warn(`${missing}. What a firewall that lets one protocol pass does to a group has not been shown`);
    return;
  }
  const hosts = new Hosts(3);
  const group = await ProcessGroup.create(3, {
    options: { networkInterface: Hosts.interfaceName, insecure: true },
    under: (index) => hosts.command(index),
  });
  try {
    await group.start();
    await until(() => group.coordinator !== undefined);
    await action(group, hosts);
    expect(await group.violations()).toEqual([]);
  } finally {
    await group.close();
    hosts.remove();
  }
}

describe('three hosts, where the firewall of one', () => {
  it('lets only UDP pass, execute large operations at each all the same, whichever it is', async () => {
    await withGroup(async (group, hosts) => {
      const coordinator = group.replicas.indexOf(group.coordinator!);
      for (const walled of [coordinator, (coordinator + 1) % 3]) {
        hosts.drop(walled, 'tcp');
        for (const replica of group.replicas) await append(replica, LARGE);
        hosts.pass(walled);
        for (const replica of group.replicas) await append(replica, LARGE);
      }
    });
  });

  it('lets only TCP pass, execute operations at each all the same', async () => {
    await withGroup(async (group, hosts) => {
      const walled = (group.replicas.indexOf(group.coordinator!) + 1) % 3;
      hosts.drop(walled, 'udp');
      for (const [i, replica] of group.replicas.entries()) if (i !== walled) await append(replica, LARGE);
      await append(group.replica(walled), 'small');
      await append(group.replica(walled), LARGE);
    });
  });
});
