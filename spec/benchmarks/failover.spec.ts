import { describe, expect, it } from '@jest/globals';

import { Meter } from '../../benchmarks/window.js';
import { runBench } from '../support/bench.js';

const FIGURES = [
  'outageP50Ms',
  'outageP99Ms',
  'outageMaxMs',
  'latencyMaxMs',
  'blockMaxMs',
  'opsPerSecond',
  'p50Ms',
  'p85Ms',
  'p99Ms',
];

describe('the longest gap', () => {
  it('is all of the time in which nothing ended, of each window by itself', () => {
    const meter = new Meter(false);
    for (const { longestGapMs, elapsedMs } of [meter.take(), meter.take()]) expect(longestGapMs).toBe(elapsedMs);
  });

  it('ends with an operation', () => {
    const meter = new Meter(false);
    let now = performance.now();
    for (const begin = now; now === begin; now = performance.now());
    meter.add(1);
    const { longestGapMs, elapsedMs } = meter.take();
    expect(longestGapMs).toBeGreaterThan(0);
    expect(longestGapMs).toBeLessThanOrEqual(elapsedMs);
  });
});

describe('npm run bench -- failover', () => {
  it('measures what callers feel of the death and the return of either', async () => {
    const { code, errors, rows, left } = await runBench('failover', '--rounds', '1', '--callers', '5');
    expect({ code, errors, left }).toEqual({ code: 0, errors: '', left: [] });
    expect(rows.map(({ round, victim, phase }) => [round, victim, phase])).toEqual(
      [1, 'all'].flatMap((round) =>
        ['coordinator', 'follower'].flatMap((victim) =>
          ['before', 'kill', 'restart'].map((phase) => [round, victim, phase]),
        ),
      ),
    );
    for (const row of rows) {
      expect(row).toMatchObject({ benchmark: 'failover', system: 'treplica', replicas: 3, callers: 5, durable: true });
      for (const figure of FIGURES) expect([figure, row[figure]]).toEqual([figure, expect.any(Number)]);
    }
    // Of one round there is nothing to sum up.
    expect(rows.slice(6)).toEqual(rows.slice(0, 6).map((row) => ({ ...row, round: 'all' })));
    // With nobody to order them, nothing is answered for as long as a coordinator may be silent.
    const [killed] = rows.filter(({ victim, phase }) => victim === 'coordinator' && phase === 'kill');
    expect(killed?.['outageMaxMs']).toBeGreaterThan(100);
  });
});
