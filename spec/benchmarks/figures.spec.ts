import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { addLatency, countOf, mergeLatencies, noLatencies, percentile } from '../../benchmarks/latencies.js';
import { median, medianRow } from '../../benchmarks/rows.js';

const latency = fc.double({ min: 0.001, max: 100_000, noNaN: true });

function latenciesOf(values: readonly number[]) {
  const latencies = noLatencies();
  for (const ms of values) addLatency(latencies, ms);
  return latencies;
}

describe('latencies', () => {
  it('a percentile is that of the sorted values, to half a percent', () => {
    fc.assert(
      fc.property(fc.array(latency, { minLength: 1 }), fc.integer({ min: 1, max: 100 }), (values, percent) => {
        const sorted = values.toSorted((a, b) => a - b);
        const exact = sorted[Math.ceil((percent / 100) * sorted.length) - 1]!;
        const found = percentile(latenciesOf(values), percent);
        expect(Math.abs(found - exact) / exact).toBeLessThan(0.006);
      }),
    );
  });

  it('those of two processes together are those of all their operations', () => {
    fc.assert(
      fc.property(fc.array(latency), fc.array(latency), (one, other) => {
        expect(mergeLatencies([latenciesOf(one), latenciesOf(other)])).toEqual(latenciesOf([...one, ...other]));
      }),
    );
  });

  it('none is lost, however short or long', () => {
    expect(countOf(latenciesOf([0, 1e-9, 1, 1e12]))).toBe(4);
  });
});

describe('medians', () => {
  it('are the middle, or between the two in the middle', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 7])).toBe(6);
  });

  it('count a run that has not come to a number as worse than the others', () => {
    const rows = [3, null, 1].map((levelSeconds, run) => ({ load: 'full', run, levelSeconds }));
    expect(medianRow(rows)).toEqual({ load: 'full', run: 'median', levelSeconds: 3 });
    expect(medianRow(rows.slice(1))).toEqual({ load: 'full', run: 'median', levelSeconds: null });
  });
});
