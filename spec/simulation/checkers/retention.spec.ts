import { beforeEach, describe, expect, it } from '@jest/globals';

import { MemoryDisk, type MemoryFile } from '../../../lib/ledger/memory/memory-ledger.js';
import type { Checkpoint } from '../../../lib/model/checkpoint.js';
import { Monotonicity, type OnDisk } from '../../../lib/simulation/checkers/monotonicity.js';
import { Retention } from '../../../lib/simulation/checkers/retention.js';
import { OutstandingDamage } from '../../../lib/simulation/outstanding-damage.js';
import { at, checkpointAt, found, report } from './subjects.js';

describe('retention', () => {
  let file: MemoryFile;
  let wounds: OutstandingDamage;
  let disk: OnDisk;

  /** The log from one instance to another, and chunks of a checkpoint. */
  const holding = (from: number, to: number, checkpoint: Checkpoint | null = null): void => {
    for (let instance = from; instance < to; instance += 1) file.entries.set(at(instance), Buffer.from('entry'));
    if (checkpoint !== null)
      file.checkpoints.complete.set('any name', { checkpoint, chunks: [Buffer.from('head'), Buffer.from('state')] });
  };
  const look = (): string[] => {
    new Retention(report).holds('p1', file, disk, wounds);
    return found;
  };

  beforeEach(() => {
    file = new MemoryDisk().file('queue');
    wounds = new OutstandingDamage();
    disk = { ...new Monotonicity(report).diskOf('p1'), watermark: 10 };
  });

  it('the log holds all that is decided', () => {
    holding(0, 10);
    expect(look()).toEqual([]);
  });

  it('or a checkpoint does, together with the log', () => {
    disk.checkpoint = checkpointAt(6);
    holding(6, 10, disk.checkpoint);
    expect(look()).toEqual([]);
  });

  it('nothing is cut that the checkpoint does not hold', () => {
    disk.checkpoint = checkpointAt(6);
    holding(7, 10, disk.checkpoint);
    expect(look()).toEqual(['p1 has neither the log at 6 nor a checkpoint beyond it']);
  });

  it.each<[string, Checkpoint | null]>([
    ['is not on the disk', null],
    ['is another one', checkpointAt(6, 6, 'e'.repeat(32))],
  ])('nobody starts from a checkpoint that %s', (_, there) => {
    disk.checkpoint = checkpointAt(6);
    holding(6, 10, there);
    expect(look()).toEqual(['p1 is to start from a checkpoint at 6, which is not on its disk']);
  });

  it('nor from one of which chunks are missing', () => {
    disk.checkpoint = { ...checkpointAt(6), chunks: 3 };
    holding(6, 10, disk.checkpoint);
    expect(look()).toEqual(['p1 is to start from a checkpoint at 6, which is not on its disk']);
  });

  it("damage is no process's doing", () => {
    holding(0, 4);
    holding(5, 10);
    wounds.entries.add(at(4));
    expect(look()).toEqual([]);
    wounds.entries.clear();
    wounds.isOfCheckpoint = true;
    expect(look()).toEqual([]);
  });
});
