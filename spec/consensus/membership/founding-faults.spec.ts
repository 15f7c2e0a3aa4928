import { describe, expect, it } from '@jest/globals';

import type { BatchId } from '../../../lib/model/batch.js';
import { CoreGroup } from '../../support/core-group.js';
import { none } from '../../support/losses.js';
import { seededRandom } from '../../support/seeded-random.js';

const SEEDS = Number(process.env['TREPLICA_SEEDS'] ?? 12);

/** How many different views are held. */
function views(group: CoreGroup): number {
  return new Set(group.processes.flatMap((p) => (p.disk.group === null ? [] : [p.disk.group]))).size;
}

/**
 * Processes found a group while messages are lost, doubled and overtaken, commits take their time, and processes crash
 * and come back. There are fewer than 2n of them: two groups of n would need two signatures of one process.
 */
function found(n: number, extra: number, seed: number): void {
  const random = seededRandom(seed);
  const group = new CoreGroup(n, { extra, seed });
  const lossRate = random() * 0.6;
  const crashRate = random() * 0.02;
  const restartRate = random() * 0.02;
  const spread = 1 + Math.floor(random() * 60);
  const commitMax = random() < 0.5 ? 0 : Math.floor(random() * 80);
  const delay = () => 1 + Math.floor(random() * spread);
  group.loss = () => random() < lossRate;
  group.copies = () => (random() < 0.1 ? [delay(), delay()] : [delay()]);
  group.crashAt = () => random() < crashRate;
  group.commitDelays = () => (commitMax === 0 ? 0 : Math.floor(random() * commitMax));
  for (let i = 0; i < 2_000; i += 1) {
    for (const p of group.processes) if (p.core === null && random() < restartRate) group.restart(p.number);
    group.step();
    if (views(group) > 1) throw new Error('two views are held');
  }
  group.loss = none;
  group.copies = () => [1];
  group.crashAt = () => false;
  group.commitDelays = () => 0;
  for (const p of group.processes) if (p.core === null) group.restart(p.number);

  const settled = () => group.processes.every((p) => p.disk.group !== null || p.noticed('founded').length > 0);
  group.runUntil(settled, 10_000);
  expect(views(group)).toBe(1);
  const members = group.processes.filter((p) => p.disk.group !== null);
  for (const p of members) expect(p.disk.views[0]?.view.members).toEqual(members.map(({ id }) => id));
  const ids: BatchId[] = members.map((p) => group.propose(p.number, `of ${String(p.number)}`));
  group.runUntil(() => members.every((p) => ids.every((id) => p.decidedIds.has(id))), 10_000);
}

describe('a group is founded once, whatever happens meanwhile', () => {
  it.each([
    [1, 0],
    [2, 0],
    [2, 1],
    [3, 0],
    [3, 1],
    [3, 2],
    [4, 0],
    [4, 1],
    [4, 2],
  ])('by %i, with %i more', (n, extra) => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      try {
        found(n, extra, seed);
      } catch (error) {
        throw new Error(`seed ${String(seed)}`, { cause: error });
      }
    }
  });
});
