import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { importsOf, readImportGraph } from '../support/import-graph.js';
import { layerViolations } from '../support/layers.js';

describe('the layers', () => {
  it('no file imports what its layer must not know', () => {
    const graph = readImportGraph(join(import.meta.dirname, '../..'), ['lib', 'samples']);
    expect(graph.size).toBeGreaterThan(0);
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
  ])('allows %s with %s', (file, text) => {
    expect(layerViolations(new Map([[file, importsOf(file, text)]]))).toEqual([]);
  });
});
