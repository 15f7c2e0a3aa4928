import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { type ImportGraph, importsOf, readImportGraph } from '../support/import-graph.js';
import { layerViolations } from '../support/layers.js';

describe('the layers', () => {
  it('no file imports what its layer must not know', () => {
    const graph = readImportGraph(join(import.meta.dirname, '../..'), ['lib', 'samples', 'simulator']);
    for (const folder of ['lib/', 'samples/', 'simulator/'])
      expect([...graph.keys()].filter((file) => file.startsWith(folder))).not.toEqual([]);
    expect(layerViolations(graph)).toEqual([]);
  });
});

describe('the check of the layers', () => {
  it.each([
    ['lib/model/view.ts', `import '../consensus/quorum.js';`],
    ['lib/consensus/acceptor.ts', `import { Ledger } from '../ledger/ledger.js';`],
    ['lib/consensus/acceptor.ts', `import type { Ledger } from '../ledger/ledger.js';`],
    ['lib/consensus/acceptor.ts', `type Ledger = import('../ledger/ledger.js').Ledger;`],
    ['lib/ledger/lmdb/lmdb-ledger.ts', `import { step } from '../../consensus/step.js';`],
    ['lib/transport/udp.ts', `export * from '../ledger/ledger.js';`],
    ['lib/serialization/codec.ts', `import { Queue } from '../queue/queue.js';`],
    ['lib/paxos/paxos-queue.ts', `const machine = await import('../machine/machine.js');`],
    ['lib/machine/machine.ts', `import { Ledger } from '../ledger/ledger.js';`],
    ['lib/machine/machine.ts', `import { Queue } from '../index.js';`],
    ['lib/machine/machine.ts', `import { Group } from '../../spec/support/group.js';`],
    ['lib/index.ts', `import { Auction } from '../samples/auction/auction.js';`],
    ['lib/consensus/acceptor.ts', `import { createHash } from 'node:crypto';`],
    ['lib/consensus/acceptor.ts', `import { pack } from 'msgpackr';`],
    ['lib/paxos/batcher.ts', `import { step } from '../consensus/step.js'; import { Udp } from '../transport/udp.js';`],
    ['lib/command/report.ts', `import { dataFile } from '../ledger/lmdb/data-file.js';`],
    ['lib/backup/restore.ts', `import type { RecordCodec } from '../ledger/records/record-codec.js';`],
    ['lib/paxos/paxos-queue.ts', `import { FileCheckpoints } from '../ledger/checkpoints/file-checkpoints.js';`],
    ['lib/paxos/paxos-queue.ts', `import { MemoryDisk } from '../ledger/memory/memory-ledger.js';`],
    ['lib/simulation/damage.ts', `import { metaKey } from '../ledger/records/record-codec.js';`],
    ['lib/helpers/strings.ts', `export const empty = '';`],
    ['lib/strings.ts', `export const empty = '';`],
    ['samples/auction/auction.ts', `import { Queue } from '../../lib/paxos/paxos-queue.js';`],
    ['samples/auction/auction.ts', `import { Group } from '../../spec/support/group.js';`],
    ['samples/auction/auction.ts', `import { readFlags } from '../../simulator/flags.js';`],
    ['lib/simulation/run.ts', `import { registers } from '../../simulator/registers.js';`],
    ['simulator/registers.ts', `import { Group } from '../spec/support/group.js';`],
    ['simulator/mutants/quorums.ts', `import type { Bench } from '../../benchmarks/micro/bench.js';`],
    ['simulator/registers.ts', `export * from '../samples/auction/auction.js';`],
  ])('refuses %s with %s', (file, text) => {
    const violations = layerViolations(new Map([[file, importsOf(file, text)]]));
    expect(violations).toHaveLength(1);
    expect(violations[0]).toContain(file);
    for (const { target } of importsOf(file, text)) expect(violations[0]).toContain(target);
  });

  it.each([
    ['lib/model/digest.ts', `import { createHash } from 'node:crypto';`],
    ['lib/consensus/acceptor.ts', `import { View } from '../model/view.js'; import './outbox.js';`],
    [
      'lib/paxos/driver.ts',
      `import '../consensus/step.js'; import '../ledger/ledger.js'; import '../transport/udp.js';`,
    ],
    ['lib/paxos/batcher.ts', `import '../consensus/step.js'; import type { Ledger } from '../ledger/ledger.js';`],
    ['lib/command/report.ts', `import '../ledger/inspection.js'; import type { Ledger } from '../ledger/ledger.js';`],
    ['lib/simulation/disk.ts', `import { MemoryDisk } from '../ledger/memory/memory-ledger.js';`],
    ['lib/machine/machine.ts', `import '../queue/queue.js'; import '../serialization/codec.js'; import 'pino';`],
    ['lib/index.ts', `export * from './machine/machine.js'; export * from './ledger/ledger.js';`],
    [
      'samples/auction/auction.ts',
      `import { Operation } from '../../lib/index.js'; import './lot.js'; import 'fastify';`,
    ],
    ['benchmarks/ledger.ts', `import { Ledger } from '../lib/ledger/ledger.js';`],
    ['simulator/index.ts', `import { run } from '../lib/simulation/run.js'; import './flags.js'; import 'node:path';`],
  ])('allows %s with %s', (file, text) => {
    expect(layerViolations(new Map([[file, importsOf(file, text)]]))).toEqual([]);
  });

  it.each([
    ['of values', { 'lib/ledger/a.ts': `import './b.js';`, 'lib/ledger/b.ts': `export * from './a.js';` }],
    [
      'of types',
      { 'lib/ledger/a.ts': `import type { B } from './b.js';`, 'lib/ledger/b.ts': `export type * from './a.js';` },
    ],
    [
      'of a value and types, through three files',
      {
        'simulator/a.ts': `import { b } from './b.js';`,
        'simulator/b.ts': `import type { C } from './c.js';`,
        'simulator/c.ts': `type A = import('./a.js').A;`,
      },
    ],
    ['of one file', { 'lib/ledger/a.ts': `import type { A } from './a.js';` }],
  ])('refuses a circle %s', (_, texts) => {
    // The files around it are in no circle.
    const graph = graphOf({
      ...texts,
      'lib/ledger/above.ts': `import './a.js';`,
      'simulator/above.ts': `import './a.js'; import './below.js';`,
      'simulator/below.ts': '',
    });
    const violations = layerViolations(graph);
    expect(violations).toHaveLength(1);
    expect(violations[0]).toContain(`${Object.keys(texts).join(', ')} import one another`);
  });

  it('refuses each circle by itself', () => {
    const graph = graphOf({
      'lib/ledger/a.ts': `import './b.js';`,
      'lib/ledger/b.ts': `import './a.js'; import './c.js';`,
      'lib/ledger/c.ts': `import './d.js';`,
      'lib/ledger/d.ts': `import type { C } from './c.js';`,
    });
    const circles = layerViolations(graph).map((violation) => violation.split(' import ')[0]);
    expect(circles.sort()).toEqual(['lib/ledger/a.ts, lib/ledger/b.ts', 'lib/ledger/c.ts, lib/ledger/d.ts']);
  });

  it('allows several ways to one file, and circles outside lib/ and simulator/', () => {
    const graph = graphOf({
      'lib/ledger/a.ts': `import './b.js'; import type { C } from './c.js';`,
      'lib/ledger/b.ts': `import './d.js';`,
      'lib/ledger/c.ts': `import type { B } from './b.js'; import type { D } from './d.js';`,
      'lib/ledger/d.ts': '',
      'samples/auction/auction.ts': `import './lot.js';`,
      'samples/auction/lot.ts': `import './auction.js';`,
    });
    expect(layerViolations(graph)).toEqual([]);
  });
});

function graphOf(texts: Readonly<Record<string, string>>): ImportGraph {
  return new Map(Object.entries(texts).map(([file, text]) => [file, importsOf(file, text)]));
}
