import { describe, expect, it } from '@jest/globals';

import { countOf, percentile } from '../../benchmarks/latencies.js';
import { runLoad } from '../../benchmarks/load.js';
import { Meter } from '../../benchmarks/window.js';

describe('an open loop', () => {
  it('counts the latency of an operation from when it was due, so that a stall shows in all that it delays', async () => {
    const STALL_MS = 200;
    const [meter, abort] = [new Meter(false), new AbortController()];
    let executed = 0;
    const execute = async (): Promise<void> => {
      executed += 1;
      const until = performance.now() + (executed === 1 ? STALL_MS : 0);
      while (performance.now() < until);
      // Those that were due in the stall, and no others.
      if (executed === STALL_MS) abort.abort();
    };
    await runLoad({ kind: 'open', opsPerSecond: 1000 }, execute, meter, abort.signal);
    const { latencies } = meter.take();
    expect(countOf(latencies)).toBe(executed);
    // One was due each millisecond: they have waited from 0 to 200 ms, and longer where the machine is slow.
    expect(percentile(latencies, 50)).toBeGreaterThan(STALL_MS * 0.45);
    expect(percentile(latencies, 85)).toBeGreaterThan(STALL_MS * 0.8);
  });

  it('puts no more once as many as it may leave are unanswered, and ends when they are answered', async () => {
    const answers: (() => void)[] = [];
    const meter = new Meter(false);
    const load = { kind: 'open', opsPerSecond: 100_000, unansweredMax: 500 } as const;
    const execute = (): Promise<void> =>
      new Promise((resolve) => {
        answers.push(resolve);
        if (answers.length < 500) return;
        for (const answer of answers) answer();
      });
    await runLoad(load, execute, meter, new AbortController().signal);
    expect(answers).toHaveLength(500);
    expect(countOf(meter.take().latencies)).toBe(500);
  });
});
