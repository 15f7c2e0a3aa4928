/**
 * `npm run bench -- [name] [--flags]`: measures real processes on this machine. `--help` after a name lists its flags,
 * docs/benchmarks.md says what is measured and how.
 */
import type { Benchmark } from './benchmark.js';
import { recovery } from './recovery/recovery.js';
import { soak } from './soak.js';
import { throughput } from './throughput.js';

const benchmarks = new Map<string, Benchmark>(Object.entries({ throughput, recovery, soak }));

const args = process.argv.slice(2);
const name = args[0] === undefined || args[0].startsWith('-') ? 'throughput' : (args.shift() ?? '');
const run = benchmarks.get(name);
try {
  if (run === undefined) throw new Error(`There is no benchmark ${name}: use ${[...benchmarks.keys()].join(', ')}.`);
  await run(args);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1); // Others may still wait for what will never come.
}
