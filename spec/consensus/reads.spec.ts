import { describe, expect, it } from '@jest/globals';

import type { Mode } from '../../lib/consensus/mode.js';
import { ballotOf } from '../../lib/model/ballot.js';
import type { BatchId } from '../../lib/model/batch.js';
import { NO_OP_ID } from '../../lib/model/batch.js';
import type { Instance } from '../../lib/model/ids.js';
import { CoreGroup } from '../support/core-group.js';
import { both, either, from, isolating, none, of, to } from '../support/losses.js';
import { seededRandom } from '../support/seeded-random.js';

function tickets(group: CoreGroup, number: number): number[] {
  return group.process(number).readable.map(({ ticket }) => ticket);
}

describe.each<Mode>(['classic', 'fast'])('a read in %s mode', (mode) => {
  it.each([1, 2, 3, 4, 5])('in a group of %i takes two delays where nothing is under way', (n) => {
    const group = new CoreGroup(n, { mode }).found();
    const id = group.propose(1, 'a');
    group.runUntil(() => group.everyoneHasDecided([id]));
    group.read(n, 1);
    expect(group.runUntil(() => tickets(group, n).length === 1)).toBe(n === 1 ? 0 : 2);
  });

  it('is served only after everything that was acknowledged anywhere before it', () => {
    const group = new CoreGroup(3, { mode }).found();
    group.loss = either(both(of('accepted', 'heartbeat'), to(3)), of('catch-up'));
    const id = group.propose(2, 'a');
    group.runUntil(() => group.hasDecided(2, id));
    group.read(3, 1);
    group.runTicks(10);
    expect(tickets(group, 3)).toEqual([]);
    group.loss = none;
    group.runUntil(() => tickets(group, 3).length === 1, 2_000);
    expect(group.hasDecided(3, id)).toBe(true);
  });

  it('is not served by a minority', () => {
    const group = new CoreGroup(5, { mode }).found();
    group.loss = isolating(1, 2);
    for (const number of [1, 2]) group.read(number, number);
    group.runTicks(100);
    expect([tickets(group, 1), tickets(group, 2)]).toEqual([[], []]);
    group.loss = none;
    group.runUntil(() => tickets(group, 1).length + tickets(group, 2).length === 2, 2_000);
  });

  it('is not served by processes that are no members', () => {
    const group = new CoreGroup(3, { mode, extra: 2 }).found();
    group.loss = isolating(1);
    group.read(1, 1);
    const { round } = group.sentOf('ask').at(-1)!.message;
    const answer = { kind: 'answer', incarnation: 1, round, until: 0 as Instance } as const;
    for (const stranger of [4, 5]) group.forge(stranger, 1, answer);
    expect(tickets(group, 1)).toEqual([]);
    group.forge(2, 1, answer);
    expect(tickets(group, 1)).toEqual([1]);
  });

  it('needs no coordinator and no disk', () => {
    const group = new CoreGroup(5, { mode }).found();
    const id = group.propose(2, 'a');
    group.runUntil(() => group.everyoneHasDecided([id]));
    group.crash(1);
    group.commitDelays = () => {
      throw new Error('something is written');
    };
    group.read(4, 1);
    expect(group.runUntil(() => tickets(group, 4).length === 1)).toBe(2);
  });

  it('ends though an acceptor has voted at an instance that nobody else uses', () => {
    const group = new CoreGroup(3, { mode }).found();
    // 3 has voted in a reign of 2 that came to nothing, at the instance after the next.
    group.loss = both(from(3), of('promise', 'canvass', 'accepted'));
    const ballot = ballotOf(2, group.process(2).id, 'classic');
    group.forge(2, 3, { kind: 'accept', ballot, items: [{ instance: 1 as Instance, id: NO_OP_ID }] });
    group.read(3, 1);
    group.run(2);
    expect(tickets(group, 3)).toEqual([]);
    group.runUntil(() => group.coordinator !== null && group.coordinator !== 3, 2_000);
    group.loss = both(from(3), of('promise', 'canvass'));
    group.runUntil(() => tickets(group, 3).length === 1, 2_000);
    expect(group.sentOf('fill').length).toBeGreaterThan(0);
    expect(group.process(3).decided.size).toBe(2);
    expect(group.delivered(3)).toEqual([]);
  });

  it('goes on when questions and answers are lost', () => {
    const group = new CoreGroup(3, { mode }).found();
    const random = seededRandom(3);
    group.loss = both(of('ask', 'answer'), () => random() < 0.7);
    for (let i = 0; i < 10; i += 1) group.read(3, i);
    group.runUntil(() => tickets(group, 3).length === 10, 20_000);
  });

  it('is linearizable: never behind what was known anywhere when it was asked for', () => {
    const random = seededRandom(11);
    const group = new CoreGroup(3, { mode }).found();
    group.copies = () => [1 + Math.floor(random() * 10)];
    group.loss = () => random() < 0.05;
    const known = new Map<number, number>();
    const ids: BatchId[] = [];
    for (let i = 0; i < 3_000; i += 1) {
      if (random() < 0.1) ids.push(group.propose(1 + (i % 3), String(i)));
      if (random() < 0.1) {
        known.set(i, Math.max(...group.processes.map((p) => p.decided.size)));
        group.read(1 + Math.floor(random() * 3), i);
      }
      group.step();
    }
    group.runUntil(() => group.processes.reduce((sum, p) => sum + p.readable.length, 0) === known.size, 5_000);
    expect(ids.length).toBeGreaterThan(200);
    for (const p of group.processes) {
      for (const { ticket, decided } of p.readable) expect(decided).toBeGreaterThanOrEqual(known.get(ticket)!);
    }
  });
});

describe('reads that wait at one moment', () => {
  it('share one round, and those that come later share the next', () => {
    const group = new CoreGroup(3).found();
    group.sent.length = 0;
    for (let i = 0; i < 100; i += 1) group.read(2, i);
    group.runUntil(() => tickets(group, 2).length === 100);
    expect(group.sentOf('ask').length).toBe(2 * 2); // To two others, twice.
    expect(tickets(group, 2)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });
});
