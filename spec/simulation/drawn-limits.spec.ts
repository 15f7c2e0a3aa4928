import { describe, expect, it } from '@jest/globals';

import { checkLimits, LIMITS } from '../../lib/paxos/limits.js';
import type { QueueLimits } from '../../lib/paxos/queue-limits.js';
import { drawLimits } from '../../lib/simulation/drawn-limits.js';
import { Random } from '../../lib/simulation/random.js';
import { run } from '../../lib/simulation/run.js';
import { registers } from '../../simulator/registers.js';

const names = Object.keys(LIMITS) as (keyof QueueLimits)[];
const drawn = Array.from({ length: 300 }, (_, seed) => drawLimits(new Random(seed)));

describe('the limits of a simulated group', () => {
  it('are such as the product takes', () => {
    for (const limits of drawn.flat()) expect(() => checkLimits(limits)).not.toThrow();
  });

  it('are the same at all processes in some runs, and differ in others, but for those that a group needs in common', () => {
    expect(drawn.filter(({ length }) => length === 1).length).toBeGreaterThan(50);
    const different = drawn.filter(({ length }) => length > 1);
    expect(different.length).toBeGreaterThan(100);
    const valuesOf = (limits: readonly QueueLimits[], name: keyof QueueLimits): number =>
      new Set(limits.map((one) => one[name])).size;
    for (const limits of different) {
      expect([valuesOf(limits, 'heartbeatMs'), valuesOf(limits, 'silenceMs'), valuesOf(limits, 'helloMs')]).toEqual([
        1, 1, 1,
      ]);
      expect(valuesOf(limits, 'helloExpiryMs')).toBe(1);
      expect(valuesOf(limits, 'windowInstances')).toBeGreaterThan(1);
    }
  });

  it('reach below and above each default that has room on both sides', () => {
    const values = new Map(names.map((name) => [name, drawn.flat().map((limits) => limits[name]!)]));
    for (const name of ['silenceMs', 'retryMs', 'windowInstances', 'batchBytesMax', 'catchUpBytes'] as const) {
      const sorted = values.get(name)!.sort((a, b) => a - b);
      expect(sorted.at(-1)! / sorted[0]!).toBeGreaterThanOrEqual(8);
    }
  });

  it('are told by the first line of the trace, in the profile that has them alone', async () => {
    const firstLineOf = async (profile: 'settings' | 'swarm'): Promise<string> => {
      const { trace } = await run(registers(), { seed: 2, profile, faultySeconds: 0.2, isTraced: true });
      return trace[0] ?? '';
    };
    expect(await firstLineOf('settings')).toContain('limits of the processes, in turn: [{"heartbeatMs":');
    expect(await firstLineOf('swarm')).not.toContain('limits');
  });
});
