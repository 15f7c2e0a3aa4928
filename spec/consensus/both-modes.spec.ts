import { describe, expect, it } from '@jest/globals';

import type { Mode } from '../../lib/consensus/mode.js';
import type { BatchId } from '../../lib/model/batch.js';
import { CoreGroup } from '../support/core-group.js';
import { seededRandom } from '../support/seeded-random.js';

/** What must be the same whatever the mode, the size and the number of proposers. */
describe.each<Mode>(['classic', 'fast', 'adaptive'])('in %s mode', (mode) => {
  describe.each([1, 3, 4, 5])('among %i', (n) => {
    const proposers = [1, 2, 3].filter((count) => count <= n);

    function propose(group: CoreGroup, count: number, batches: number): BatchId[] {
      const ids: BatchId[] = [];
      for (let i = 0; i < batches; i += 1) {
        for (let number = n; number > n - count; number -= 1)
          ids.push(group.propose(number, `${String(number)}:${String(i)}`));
        if (i % 5 === 4) group.run(3);
      }
      return ids;
    }

    it.each(proposers)(
      'the batches of %i proposers are decided everywhere, in one order, and delivered once',
      (count) => {
        const group = new CoreGroup(n, { mode }).found();
        const ids = propose(group, count, 60);
        group.runUntil(() => group.everyoneHasDecided(ids), 5_000);
        group.runTicks(5);
        const [log, ...others] = group.processes.map((p) => group.delivered(p.number));
        expect(log?.length).toBe(ids.length);
        expect(new Set(log).size).toBe(ids.length);
        for (const other of others) expect(other).toEqual(log);
      },
    );

    it.each(proposers)(
      'the batches of %i proposers are decided though messages are lost, doubled and overtaken',
      (count) => {
        const group = new CoreGroup(n, { mode }).found();
        const random = seededRandom(n * 10 + count);
        const delay = () => 1 + Math.floor(random() * 8);
        group.loss = () => random() < 0.1;
        group.copies = () => (random() < 0.1 ? [delay(), delay()] : [delay()]);
        const ids = propose(group, count, 30);
        group.runUntil(() => group.everyoneHasDecided(ids), 50_000);
        for (const p of group.processes) expect(group.delivered(p.number)).toEqual(group.delivered(1));
        expect(group.delivered(1).length).toBe(ids.length);
      },
    );
  });

  it.each([1, 3, 4, 5])('a group of %i that has nothing to do says nothing but heartbeats', (n) => {
    const group = new CoreGroup(n, { mode }).found();
    const ids = group.processes.map((p) => group.propose(p.number, String(p.number)));
    group.runUntil(() => group.everyoneHasDecided(ids), 5_000);
    group.runTicks(10);
    group.sent.length = 0;
    group.runTicks(200);
    const kinds = new Set(group.sent.map((m) => m.message.kind));
    expect(kinds).toEqual(new Set(n === 1 ? [] : ['heartbeat', 'heard']));
  });

  it.each([1, 3, 4, 5])('a group of %i without faults repairs nothing', (n) => {
    const group = new CoreGroup(n, { mode }).found();
    for (let i = 0; i < 300; i += 1) {
      group.propose(n, String(i));
      group.run(1 + (i % 7));
    }
    expect(group.sent.filter((m) => ['catch-up', 'fetch', 'decided'].includes(m.message.kind))).toEqual([]);
  });

  it.each([1, 3, 4, 5])('a message of one proposer of %i does not overtake another where none is lost', (n) => {
    const group = new CoreGroup(n, { mode }).found();
    const ids: BatchId[] = [];
    for (let i = 0; i < 40; i += 1) {
      ids.push(group.propose(n, String(i)));
      group.run(i % 3);
    }
    group.runUntil(() => group.everyoneHasDecided(ids), 5_000);
    expect(group.delivered(1)).toEqual(ids.map((_, i) => String(i)));
  });
});
