import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { climb } from '../../benchmarks/paper/climb.js';
import { holds } from '../../benchmarks/paper/step.js';
import { runBench } from '../support/bench.js';

/** A system that keeps up with every rate that is not above `capacity`. */
async function climbOf(capacity: number, start: number) {
  const tried: number[] = [];
  const best = await climb(start, async (offeredPerSecond) => {
    tried.push(offeredPerSecond);
    return { offeredPerSecond, held: offeredPerSecond <= capacity };
  });
  return { best, tried };
}

describe('the search for the highest rate', () => {
  it('comes to within 5 % of what the system can do, wherever it starts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 1, max: 1e6, noNaN: true }),
        fc.double({ min: 1, max: 1e6, noNaN: true }),
        async (capacity, start) => {
          const { best } = await climbOf(capacity, start);
          // Below one operation a second nothing is tried.
          if (best === null) expect(capacity).toBeLessThan(2);
          else {
            expect(best.offeredPerSecond).toBeLessThanOrEqual(capacity);
            expect(best.offeredPerSecond * 1.05).toBeGreaterThanOrEqual(capacity);
          }
        },
      ),
    );
  });

  it('raises the rate by a quarter until one does not hold, and halves the factor in between', async () => {
    const { tried } = await climbOf(130, 64);
    expect(tried.slice(0, 5)).toEqual([64, 80, 100, 125, 156.25]);
    expect(tried[5]).toBeCloseTo(Math.sqrt(125 * 156.25));
  });

  it('goes down where the first rate is too high', async () => {
    const { tried } = await climbOf(30, 100);
    expect(tried.slice(0, 4)).toEqual([100, 50, 25, Math.sqrt(25 * 50)]);
  });

  it('ends without a rate where none holds', async () => {
    expect((await climbOf(0, 100)).best).toBeNull();
  });
});

describe('a rate', () => {
  const offered = 1000;
  const seconds = 5;

  it('holds while p85 is at most 100 ms', () => {
    expect(holds({ opsPerSecond: offered, p85Ms: 100 }, offered, seconds)).toBe(true);
    expect(holds({ opsPerSecond: offered, p85Ms: 100.5 }, offered, seconds)).toBe(false);
  });

  it('does not hold where nothing has been answered', () => {
    expect(holds({ opsPerSecond: 0, p85Ms: Number.NaN }, offered, seconds)).toBe(false);
  });

  it('does not hold where what is unanswered has grown by more than is due in 100 ms, however fast the rest was', () => {
    expect(holds({ opsPerSecond: 981, p85Ms: 5 }, offered, seconds)).toBe(true);
    expect(holds({ opsPerSecond: 979, p85Ms: 5 }, offered, seconds)).toBe(false);
  });
});

it('npm run bench -- paper measures one client, and all replicas at the rate that is given', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'treplica-paper-spec-'));
  try {
    const plot = join(directory, 'rows.svg');
    const { code, rows, left } = await runBench('paper', '--seconds', '0.3', '--offered', '300', '--plot', plot);
    expect({ code, left }).toEqual({ code: 0, left: [] });

    const [single, multi] = rows;
    expect(rows).toHaveLength(2);
    const about = { benchmark: 'paper', system: 'treplica', replicas: 3, bytes: 64, mode: 'adaptive', durable: true };
    const figures = Object.fromEntries(
      ['opsPerSecond', 'p50Ms', 'p85Ms', 'p99Ms'].map((name) => [name, expect.any(Number)]),
    );
    expect(single).toMatchObject({ ...about, ...figures, callers: 1, phase: 'single', paperOpsPerSecond: 90.7 });
    expect(single?.['ratio']).toBeCloseTo(Number(single?.['opsPerSecond']) / 90.7);
    expect(multi).toMatchObject({ ...about, ...figures, callers: null, phase: 'multi', offeredPerSecond: 300 });
    expect(multi?.['held']).toEqual(expect.any(Boolean));
    expect(await readFile(plot, 'utf8')).toContain('treplica adaptive multi');
  } finally {
    await rm(directory, { recursive: true });
  }
});
