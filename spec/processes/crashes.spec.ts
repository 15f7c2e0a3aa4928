import { afterEach, describe, expect, it } from '@jest/globals';

import { ProcessGroup } from '../support/process-group.js';
import type { ReplicaProcess } from '../support/replica-process.js';
import { seededRandom } from '../support/seeded-random.js';
import { until } from '../support/udp-testbed.js';

let group: ProcessGroup;

afterEach(async () => {
  await group.close();
});

/** Under load from every replica: kills the victims after a random number of acknowledgements, and starts them again. */
async function killUnderLoad(
  rounds: number,
  random: () => number,
  victims: () => readonly ReplicaProcess[],
): Promise<void> {
  await group.load(20);
  for (let round = 0; round < rounds; round += 1) {
    await group.pass(1 + Math.floor(random() * 2_000));
    const killed = victims();
    await Promise.all(killed.map((replica) => replica.kill()));
    await Promise.all(killed.map((replica) => replica.start()));
    await Promise.all(killed.map((replica) => replica.load(20)));
  }
  await group.pass(100);
  await group.stopLoad();
}

describe.each(['adaptive', 'classic', 'fast'] as const)('three processes in %s mode, under load from all', (mode) => {
  it('lose nothing acknowledged when the coordinator is killed', async () => {
    group = await ProcessGroup.create(3, { options: { mode } });
    await group.start();
    await killUnderLoad(1, seededRandom(1), () => [group.coordinator ?? group.replica(0)]);
    expect(await group.violations()).toEqual([]);
  });

  it('lose nothing acknowledged when a follower is killed', async () => {
    group = await ProcessGroup.create(3, { options: { mode } });
    await group.start();
    await killUnderLoad(1, seededRandom(2), () =>
      group.replicas.filter((replica) => replica !== group.coordinator).slice(0, 1),
    );
    expect(await group.violations()).toEqual([]);
  });

  it('lose nothing acknowledged when all are killed at once', async () => {
    group = await ProcessGroup.create(3, { options: { mode } });
    await group.start();
    await killUnderLoad(1, seededRandom(3), () => group.replicas);
    expect(await group.violations()).toEqual([]);
  });
});

describe('a group of three', () => {
  it('decides nothing while only one is alive, and goes on when a second one returns', async () => {
    group = await ProcessGroup.create(3);
    await group.start();
    await group.replica(0).ask({ kind: 'append', entry: 'by all' });
    await group.replica(1).kill();
    await group.replica(2).kill();
    await expect(group.replica(0).ask({ kind: 'append', entry: 'by one', timeoutMs: 1_500 })).rejects.toThrow(
      'UNKNOWN_OUTCOME',
    );
    expect(await group.replica(0).ask({ kind: 'local-entries' })).toEqual(['by all']);
    await group.replica(1).start();
    expect(await group.replica(1).ask({ kind: 'append', entry: 'by two' })).toBeGreaterThan(0);
    await group.replica(2).start();
    expect(await group.violations()).toEqual([]);
  });

  it('starts again with everything after all have been closed', async () => {
    group = await ProcessGroup.create(3);
    await group.start();
    await group.replica(1).ask({ kind: 'append', entry: 'before' });
    await Promise.all(group.replicas.map((replica) => replica.close()));
    await group.start();
    expect(await group.replica(2).ask({ kind: 'entries' })).toEqual(['before']);
  });

  it('leaves a fourth process waiting, which says so and takes no part', async () => {
    group = await ProcessGroup.create(3, { extra: 1 });
    await Promise.all(group.replicas.slice(0, 3).map((replica) => replica.start()));
    const fourth = group.replica(3);
    fourth.spawn();
    await until(() => fourth.events('founded').some(({ part }) => part === 'stranger'));
    await Promise.all([group.replica(0).kill(), group.replica(1).kill()]);
    await expect(group.replica(2).ask({ kind: 'append', entry: 'no quorum', timeoutMs: 1_500 })).rejects.toThrow(
      'UNKNOWN_OUTCOME',
    );
    expect(fourth.ready).toBe(false);
  });
});
