import { describe, expect, it } from '@jest/globals';

import { messageOf, operationOf } from '../../benchmarks/micro/bytes.js';
import { type Row, runBench } from '../support/bench.js';

const standard = ['benchmark', 'system', 'replicas', 'callers', 'bytes', 'mode', 'durable', 'opsPerSecond'];
const latencies = ['p50Ms', 'p85Ms', 'p99Ms'];

describe('npm run bench -- micro', () => {
  it('measures each part of the way of an operation, and leaves nothing behind', async () => {
    const { code, rows, left } = await runBench('micro', '--runs', '1', '--seconds', '0.01');
    expect([code, left]).toEqual([0, []]);
    const ofRun = (run: number | string): Row[] => rows.filter((row) => row['run'] === run);
    expect(ofRun(1).map(({ part, durable }) => `${String(part)}, ${String(durable)}`)).toEqual([
      'operation encode, null',
      'operation decode, null',
      'message encode, null',
      'message decode, null',
      'frame encode, null',
      'frame decode, null',
      'core classic, null',
      'core fast, null',
      'machine execute, null',
      'ledger commit of 1, true',
      'ledger commit of 100, true',
      'datagram, null',
      'datagram, null',
      'datagram, null',
    ]);
    expect(ofRun('median')).toEqual(ofRun(1).map((row) => ({ ...row, run: 'median' })));
    expect(rows).toHaveLength(28);
    for (const row of rows) {
      expect(Object.keys(row).slice(0, 11)).toEqual([...standard, ...latencies]);
      const [p50, p85, p99] = latencies.map((field) => row[field] as number) as [number, number, number];
      expect(p50).toBeGreaterThan(0);
      expect(p85).toBeGreaterThanOrEqual(p50);
      expect(p99).toBeGreaterThanOrEqual(p85);
      expect(row['nsPerOperation']).toBeCloseTo(1e6 * p50);
      expect(row['opsPerSecond']).toBeGreaterThan(0);
    }
  });
});

describe('an operation of the benchmark', () => {
  it.each([60, 100, 255, 256, 1000, 65_536, 100_000])('is encoded to %d bytes, or to one or two fewer', (bytes) => {
    const { length } = messageOf(operationOf(bytes));
    expect(length).toBeLessThanOrEqual(bytes);
    expect(length).toBeGreaterThanOrEqual(bytes - 2);
  });
});
