import { describe, expect, it } from '@jest/globals';

import { runBench } from '../support/bench.js';

const SHORT = ['--callers', '1,8', '--warmUpSeconds', '0.1', '--seconds', '0.5'];

describe('npm run bench -- peers', () => {
  it.each([
    ['etcd', true],
    ['zookeeper', true],
    ['nats', false],
    ['nats-synced', true],
  ])('measures %s beside Treplica, or names it where it is not installed', async (name, durable) => {
    const { code, output, errors, rows, left } = await runBench('peers', '--only', name, ...SHORT);
    expect([code, errors]).toEqual([0, expect.stringContaining('run 1: treplica')]);
    expect(left).toEqual([]);
    const isMissing = output.includes(`${name}: not measured, `);
    if (isMissing) console.warn(`${name} is not installed: that it is measured has not been shown`);
    const systems = isMissing ? ['treplica'] : ['treplica', name];
    expect(
      rows.map(({ system, callers, proposers, run }) => [String(system).split(' ')[0], callers, proposers, run]),
    ).toEqual(
      [1, 'median'].flatMap((run) =>
        systems.flatMap((system) => [
          [system, 1, 1, run],
          [system, 8, 3, run],
        ]),
      ),
    );
    for (const row of rows) {
      const isOurs = row['system'] === 'treplica';
      expect(row).toMatchObject({ benchmark: 'peers', replicas: 3, bytes: 100, failed: 0 });
      expect([row['mode'], row['durable']]).toEqual([isOurs ? 'adaptive' : null, isOurs || durable]);
      for (const field of ['opsPerSecond', 'p50Ms', 'p85Ms', 'p99Ms']) expect(row[field]).toBeGreaterThan(0);
    }
    const ratios = rows
      .filter(({ run, proposers }) => run === 'median' && proposers === 3)
      .map((row) => row['treplicaRatio']);
    expect(ratios).toEqual(systems.map(() => expect.any(Number)));
  });

  it.each([
    [['--only', 'consul'], 'There is no peer consul: use etcd, zookeeper, nats, nats-synced.'],
    [['--callers', '0'], '--callers is 0: give whole numbers above 0, separated by commas.'],
  ])('refuses %j', async (args, why) => {
    expect(await runBench('peers', ...args)).toMatchObject({ code: 1, errors: `${why}\n`, left: [] });
  });
});
