/**
 * Measures what each part of the system costs by itself, in one process, so that it can be told where a change of the
 * whole comes from. All parts are measured in turn, `--runs` times; the figures are the medians.
 */
import { Bench } from 'tinybench';

import { constants } from '../../lib/model/constants.js';
import { benchmark, type Row } from '../benchmark.js';
import { withProgress } from '../progress.js';
import { columns, medianRow, standardRow, table } from '../rows.js';
import { bytesParts } from './bytes.js';
import { corePart } from './core.js';
import { datagramPart } from './datagrams.js';
import { ledgerPart } from './ledger.js';
import { machinePart } from './machine.js';
import type { Part } from './part.js';

/** The bytes that frame and message need of a datagram. */
const HEAD_BYTES = 64;

const printed = ['part', 'bytes', 'opsPerSecond', 'nsPerOperation', 'p99Ns'];

interface MicroOptions {
  readonly bytes: number;
  readonly port: number;
  readonly runs: number;
  readonly seconds: number;
}

/** Of each part and run. */
const defaults = { bytes: 100, runs: 5, seconds: 0.5 };

export const micro = benchmark(defaults, async (flags) => {
  const parts = await openParts(flags);
  try {
    const runs: Row[][] = [];
    for (let run = 1; run <= flags.runs; run += 1) {
      const rows = await withProgress(`run ${run} of ${flags.runs}`, () => runOf(parts, flags.seconds));
      runs.push(rows.map((row) => ({ ...row, run })));
    }
    const medians = parts.map((_, i) => medianRow(runs.map((rows) => rows[i] ?? {})));
    console.log(table(medians.map((row) => columns(row, printed))));
    return [...runs.flat(), ...medians];
  } finally {
    await Promise.all(parts.map((part) => part.close()));
  }
});

async function openParts({ bytes, port }: MicroOptions): Promise<Part[]> {
  return [
    ...bytesParts(bytes),
    corePart('classic', bytes),
    corePart('fast', bytes),
    await machinePart(bytes),
    await ledgerPart(1, bytes),
    await ledgerPart(100, bytes),
    await datagramPart(bytes, port),
    await datagramPart(constants.datagramBytes - HEAD_BYTES, port),
    await datagramPart(constants.datagramBytesOnLoopback - HEAD_BYTES, port),
  ];
}

/** Every part once; what a batch takes, shared among its operations. */
async function runOf(parts: readonly Part[], seconds: number): Promise<Row[]> {
  const bench = new Bench({
    time: 1000 * seconds,
    warmupTime: 200 * seconds,
    iterations: 10,
    throws: true,
    retainSamples: true,
  });
  for (const part of parts) bench.add(titleOf(part), part.batch, { async: part.isAsync });
  await bench.run();
  return parts.map((part) => {
    const { name, bytes, durable, operations } = part;
    const result = bench.getTask(titleOf(part))?.result;
    if (result?.state !== 'completed') throw new Error(`The part ${titleOf(part)} was not measured to its end.`);
    const { p50, p99, samples = [] } = result.latency;
    const p85 = samples[Math.floor(0.85 * samples.length)] ?? p99;
    return standardRow({
      benchmark: 'micro',
      system: 'treplica',
      bytes,
      durable,
      opsPerSecond: (1000 * operations) / result.period,
      p50Ms: p50 / operations,
      p85Ms: p85 / operations,
      p99Ms: p99 / operations,
      part: name,
      nsPerOperation: (1e6 * p50) / operations,
      p99Ns: (1e6 * p99) / operations,
    });
  });
}

/** A part is named once for each size. */
function titleOf({ name, bytes }: Part): string {
  return `${name} ${bytes}`;
}
