/**
 * `npm run bench -- [name] [--flags]`: measures real processes on this machine. `--help` after a name lists its flags,
 * docs/benchmarks.md says what is measured and how.
 */
import './production.js';

import type { Benchmark } from './benchmark.js';
import { failover } from './failover.js';
import { floor } from './floor/floor.js';
import { drive } from './lan/drive.js';
import { lan } from './lan/lan.js';
import { node } from './lan/node.js';
import { micro } from './micro/micro.js';
import { paper } from './paper/paper.js';
import { peers } from './peers/peers.js';
import { reads } from './reads.js';
import { recovery } from './recovery/recovery.js';
import { soak } from './soak.js';
import { throughput } from './throughput/throughput.js';

const benchmarks = new Map<string, Benchmark>(
  Object.entries({ throughput, reads, paper, peers, recovery, failover, floor, micro, soak, lan, node, drive }),
);

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
