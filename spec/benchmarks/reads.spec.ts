import { describe, expect, it } from '@jest/globals';

import { runBench } from '../support/bench.js';

describe('npm run bench -- reads', () => {
  it('measures reads of each consistency, writes, and the mix of the paper', async () => {
    const short = ['--seconds', '0.3', '--warmUpSeconds', '0.3'];
    const { code, rows, left } = await runBench('reads', '--callers', '5', ...short);
    expect({ code, left }).toEqual({ code: 0, left: [] });
    const loads = [
      ...['linearizable', 'sequential', 'local'].flatMap((kind) => [1, 5].map((callers) => [`${kind} reads`, callers])),
      ['writes', 5],
      ['four linearizable reads to a write', 5],
    ];
    for (const run of [1, 'median'])
      expect(rows.filter((row) => row['run'] === run).map(({ load, callers }) => [load, callers])).toEqual(loads);
    for (const { opsPerSecond, p50Ms, p99Ms } of rows) {
      expect(opsPerSecond).toBeGreaterThan(0);
      expect(p99Ms).toBeGreaterThanOrEqual(Number(p50Ms));
    }
  });
});
