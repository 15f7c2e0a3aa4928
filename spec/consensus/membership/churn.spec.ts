import { describe, expect, it } from '@jest/globals';

import type { Mode } from '../../../lib/consensus/mode.js';
import type { BatchId } from '../../../lib/model/batch.js';
import { CoreGroup } from '../../support/core-group.js';
import type { CoreProcess } from '../../support/core-process.js';
import { idOf } from '../../support/ids.js';
import { seededRandom } from '../../support/seeded-random.js';

const BORDER = 6;
const PROCESSES = 6;
const RUNS = 60;

/**
 * Members come and go while operations are proposed, messages are lost, repeated and late, and processes crash and come back.
 * In the end everything heals, and the group must go on with its latest members alone.
 */
function churn(seed: number, mode: Mode): void {
  const random = seededRandom(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const group = new CoreGroup(3, { mode, seed, borderOf: () => BORDER, windowOf: () => BORDER }).found();
  while (group.processes.length < PROCESSES) group.join();
  const first = group.propose(1, 'first');
  group.runUntil(() => group.everyoneHasDecided([first]));
  const lossRate = random() < 0.3 ? 0 : random() * 0.2;
  group.loss = () => random() < lossRate;
  group.copies = () => (random() < 0.1 ? [1 + below(60), 1 + below(5)] : [1 + (random() < 0.2 ? below(30) : 0)]);
  const commits = below(6);
  group.commitDelays = () => below(commits + 1);
  let count = 0;
  const changes = new Map<BatchId, CoreProcess>();
  for (let i = 0; i < 120; i += 1) {
    group.run(below(60));
    const live = group.live.map(({ number }) => number);
    const one = live[below(live.length)] ?? 1;
    const dice = random();
    if (dice < 0.45) group.propose(one, `operation ${(count += 1)}`);
    else if (dice < 0.6) {
      const members = Array.from({ length: PROCESSES }, (_, k) => k + 1).filter(() => random() < 0.5);
      if (members.length > 0) {
        changes.set(group.changeView(one, members, (count += 1)), group.process(one));
      }
    } else if (dice < 0.75 && live.length > 2) {
      // What it has proposed it proposes no more.
      for (const [id, p] of changes) if (p.number === one) changes.delete(id);
      group.crash(one);
    } else if (dice < 0.9) {
      const down = group.processes.filter(({ core }) => core === null);
      const back = down[below(down.length)];
      if (back !== undefined) group.restart(back.number);
    } else if (dice < 0.95) group.cut(one);
  }
  heal(group, changes);
}

function heal(group: CoreGroup, changes: ReadonlyMap<BatchId, CoreProcess>): void {
  group.loss = () => false;
  group.copies = () => [1];
  group.commitDelays = () => 0;
  group.restart(...group.processes.filter(({ core }) => core === null).map(({ number }) => number));
  const ids: BatchId[] = group.live.map(({ number }) => group.propose(number, `healed ${number}`));
  group.runUntil(() => group.everyoneHasDecided(ids));
  group.runUntil(() => [...changes].every(([id, p]) => [...p.decided.values()].includes(id)));
  group.runUntil(() => group.live.every(({ core }) => core?.views.current === core?.views.latest));
  const [one] = group.live;
  const { number = 0, members = [] } = one?.core?.views.latest ?? {};
  const knowsComplete = (p: CoreProcess): boolean => p.noticed('view-complete').some((told) => told.number >= number);
  group.runUntil(() => number === 0 || group.live.some(knowsComplete));
  for (const p of group.live) expect(p.core?.views.latest.members).toEqual(members);
  group.crash(...group.live.map(({ number }) => number).filter((number) => !members.includes(idOf(number))));
  const last = group.live.map(({ number }) => group.propose(number, `by themselves ${number}`));
  group.runUntil(() => group.everyoneHasDecided(last));
}

describe.each(['classic', 'fast', 'adaptive'] as const)('members that come and go (%s)', (mode) => {
  it.each(Array.from({ length: RUNS }, (_, i) => i))('leave one order, and a group that goes on: seed %i', (seed) => {
    churn(seed, mode);
  });
});
