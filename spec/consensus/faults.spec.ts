import { describe, expect, it } from '@jest/globals';
import type { Mode } from '../../lib/consensus/mode.js';
import type { BatchId } from '../../lib/model/batch.js';
import { CoreGroup } from '../support/core-group.js';
import { seededRandom } from '../support/seeded-random.js';

const SEEDS = Number(process.env['TREPLICA_SEEDS'] ?? 40);

/**
 * Loss, duplication, reordering, crashes at every point of a turn and restarts, all from one seed; then the faults end
 * and everything that a live process has proposed must be decided everywhere.
 */
function survives(n: number, mode: Mode, seed: number): void {
  const random = seededRandom(seed);
  const group = new CoreGroup(n, { mode, seed }).found();
  const lossRate = random() * 0.3;
  const crashRate = random() * 0.002;
  const copyRate = random() * 0.3;
  const spread = 1 + Math.floor(random() * 12);
  const proposers = 1 + Math.floor(random() * n);
  const acknowledged: BatchId[] = [];
  const outstanding = new Map<BatchId, number>();
  group.loss = () => random() < lossRate;
  group.copies = () =>
    random() < copyRate
      ? [1 + Math.floor(random() * spread), 1 + Math.floor(random() * spread)]
      : [1 + Math.floor(random() * spread)];
  group.crashAt = () => random() < crashRate;
  const settleOutstanding = () => {
    for (const [id, number] of outstanding) {
      if (!group.hasDecided(number, id)) continue;
      outstanding.delete(id);
      acknowledged.push(id);
    }
  };
  for (let delay = 0; delay < 1_500; delay += 1) {
    for (const p of group.processes) {
      if (p.core === null && random() < 0.01) {
        for (const [id, number] of outstanding) if (number === p.number) outstanding.delete(id);
        group.restart(p.number);
      }
      if (p.core !== null && p.number <= proposers && random() < 0.1)
        outstanding.set(group.propose(p.number, `${String(seed)}:${String(delay)}`), p.number);
    }
    group.step();
    if (delay % 50 === 0) settleOutstanding();
  }
  group.loss = () => false;
  group.copies = () => [1];
  group.crashAt = () => false;
  for (const p of group.processes) {
    if (p.core !== null) continue;
    for (const [id, number] of outstanding) if (number === p.number) outstanding.delete(id);
    group.restart(p.number);
  }
  group.runUntil(() => group.everyoneHasDecided([...outstanding.keys(), ...acknowledged]), 200_000);
  const last = group.propose(1, 'last');
  group.runUntil(() => group.everyoneHasDecided([last]), 20_000);
  const logs = group.processes.map((p) => group.delivered(p.number));
  for (const log of logs) expect(log).toEqual(logs[0]);
}

describe.each<Mode>(['classic', 'fast', 'adaptive'])('in %s mode', (mode) => {
  it.each([1, 2, 3, 4, 5])('a group of %i survives loss, duplication, reordering and crashes at any point', (n) => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      try {
        survives(n, mode, seed);
      } catch (error) {
        throw new Error(`n = ${String(n)}, mode ${mode}, seed ${String(seed)}`, { cause: error });
      }
    }
  });
});
