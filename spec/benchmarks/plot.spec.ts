import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import type { Row } from '../../benchmarks/benchmark.js';
import { plotLatency, seriesOf } from '../../benchmarks/plot.js';
import { standardRow } from '../../benchmarks/rows.js';

function row(known: Row): Row {
  return standardRow({ system: 'treplica', mode: 'fast', opsPerSecond: 1000, p50Ms: 2, p85Ms: 3, ...known });
}

describe('a plot', () => {
  it('has a line for each system, mode, phase and sweep', () => {
    const rows = [
      row({ callers: 1 }),
      row({ mode: 'classic' }),
      row({ callers: 4 }),
      row({ phase: 'multi' }),
      row({ sweep: 'bytes' }),
      row({ system: 'etcd', mode: null }),
    ];
    expect(seriesOf(rows).map(({ name, points }) => [name, points.length])).toEqual([
      ['treplica fast', 2],
      ['treplica classic', 1],
      ['treplica fast multi', 1],
      ['treplica fast by bytes', 1],
      ['etcd', 1],
    ]);
  });

  it('says of a point what the others of its line do not have', () => {
    const [series] = seriesOf([row({ callers: 1, bytes: 64 }), row({ callers: 4, bytes: 64 })]);
    expect(series?.points).toEqual([
      { opsPerSecond: 1000, p50Ms: 2, p85Ms: 3, label: 'callers 1' },
      { opsPerSecond: 1000, p50Ms: 2, p85Ms: 3, label: 'callers 4' },
    ]);
  });

  it('shows the medians of several runs, and the runs where there are none', () => {
    const runs = [row({ run: 1, p50Ms: 1 }), row({ run: 2, p50Ms: 5 })];
    expect(seriesOf(runs)[0]?.points.map(({ p50Ms }) => p50Ms)).toEqual([1, 5]);
    expect(seriesOf([...runs, row({ run: 'median', p50Ms: 3 })])[0]?.points.map(({ p50Ms }) => p50Ms)).toEqual([3]);
  });

  it('leaves out what has no place on a logarithmic axis', () => {
    expect(seriesOf([row({ p50Ms: null }), row({ opsPerSecond: 0 }), standardRow({ benchmark: 'micro' })])).toEqual([]);
  });

  it('is a picture that names its lines, also the characters that mean something to SVG', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'treplica-plot-'));
    try {
      const file = join(directory, 'plot.svg');
      const near = row({ system: 'a <b> & c', callers: 1 });
      const far = row({ system: 'a <b> & c', callers: 4, opsPerSecond: 9000 });
      await plotLatency([near, far], file, 'Auctions');
      const svg = await readFile(file, 'utf8');
      expect(svg).toMatch(/^<svg [^]*<\/svg>$/);
      for (const text of ['Auctions', 'a &lt;b&gt; &amp; c fast', 'callers 4', 'operations a second', 'latency, ms']) {
        expect(svg).toContain(`>${text}</text>`);
      }
      await expect(plotLatency([], file, 'T')).rejects.toThrow(`There is nothing to plot in ${file}`);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
