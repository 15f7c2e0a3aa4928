import { describe, expect, it } from '@jest/globals';

import type { Mode } from '../../lib/consensus/mode.js';
import type { BatchId } from '../../lib/model/batch.js';
import { defaults } from '../../lib/model/settings.js';
import { CoreGroup, DELAYS_A_TICK } from '../support/core-group.js';
import type { Loss } from '../support/core-network.js';
import { heartbeatOf } from '../support/heartbeat.js';
import { both, either, from, isolating, none, of, to } from '../support/losses.js';
import { seededRandom } from '../support/seeded-random.js';

/** Batches of one process, a few message delays apart. */
function propose(group: CoreGroup, number: number, count: number, delays = 3): BatchId[] {
  return Array.from({ length: count }, (_, i) => {
    const id = group.propose(number, `${String(group.now)}:${String(i)} of ${String(number)}`);
    group.run(delays);
    return id;
  });
}

describe.each<Mode>(['classic', 'fast'])('in %s mode, a process', (mode) => {
  it.each<[string, Loss]>([
    ['everything', isolating(5)],
    ['the batches', both(of('batch', 'propose'), to(5))],
    ['the `accept`s', both(of('accept', 'propose'), to(5))],
    ['the votes', both(of('accepted'), to(5))],
    ['the votes of most', both(of('accepted'), from(1, 2, 3), to(5))],
    ['every other message', () => false],
  ])('that missed %s for a while catches up', (what, loss) => {
    const group = new CoreGroup(5, { mode }).found();
    let count = 0;
    group.loss = what === 'every other message' ? (m) => m.to === 5 && (count += 1) % 2 === 0 : loss;
    const ids = propose(group, 2, 30);
    group.loss = none;
    group.runUntil(() => group.everyoneHasDecided(ids), 1_000);
    expect(group.delivered(5)).toEqual(group.delivered(2));
  });

  it('that was down for a while catches up', () => {
    const group = new CoreGroup(5, { mode }).found();
    const before = propose(group, 2, 10);
    group.crash(5);
    const ids = propose(group, 2, 200);
    group.restart(5);
    group.runUntil(() => group.everyoneHasDecided([...before, ...ids]), 1_000);
  });

  it('that is behind by more than the window catches up, while the others go on', () => {
    const group = new CoreGroup(3, { mode }).found();
    group.crash(3);
    const missed = propose(group, 2, 2 * defaults.windowInstances, 2);
    group.restart(3);
    const meanwhile = propose(group, 2, 50);
    group.runUntil(() => group.everyoneHasDecided([...missed, ...meanwhile]), 200);
    expect(group.delivered(3)).toEqual(group.delivered(2));
  });

  it('asks at once when it is far behind, and goes on asking while there is more', () => {
    const group = new CoreGroup(3, { mode }).found();
    group.crash(3);
    const missed = propose(group, 2, defaults.windowInstances, 2);
    group.runUntil(() => group.everyoneHasDecided(missed));
    group.restart(3);
    group.sent.length = 0;
    const watermark = group.process(1).core!.watermark;
    group.forge(1, 3, heartbeatOf(group.process(1).core!.reign!, watermark));
    const answers = defaults.windowInstances / 64;
    expect(group.runUntil(() => group.everyoneHasDecided(missed))).toBeLessThanOrEqual(2 * answers);
    expect(group.sentOf('catch-up').length).toBe(answers);
  });

  it.each([1, 2, 3, 4])('catches up from process %i alone', (source) => {
    const group = new CoreGroup(5, { mode }).found();
    group.crash(5);
    const ids = propose(group, 2, 20);
    group.runUntil(() => group.everyoneHasDecided(ids));
    group.settle();
    group.restart(5);
    group.loss = both(either(to(5), from(5)), (m) => m.from !== source && m.to !== source);
    group.runUntil(() => group.everyoneHasDecided(ids), 2_000);
  });

  it('asks another when the one it has asked does not answer', () => {
    const group = new CoreGroup(5, { mode }).found();
    group.loss = isolating(5);
    const ids = propose(group, 2, 20);
    group.loss = both(of('decided'), from(1, 2, 3));
    propose(group, 2, 1);
    group.runUntil(() => group.everyoneHasDecided(ids), 2_000);
  });

  it('fetches a batch whose body was lost, from its proposer or from who has voted for it', () => {
    const group = new CoreGroup(3, { mode }).found();
    group.loss = either(both(of('batch', 'propose'), from(2), to(3)), of('catch-up'));
    const id = group.propose(2, 'a');
    group.runUntil(() => group.everyoneHasDecided([id]), 1_000);
    expect(group.sentOf('fetch').some((m) => m.from === 3)).toBe(true);
  });

  it('fetches a batch that it knows to be decided', () => {
    const group = new CoreGroup(4, { mode }).found();
    group.loss = either(both(of('batch', 'propose', 'accept'), from(1, 2), to(4)), of('catch-up'));
    const id = group.propose(2, 'a');
    group.runUntil(() => [1, 2, 3].every((number) => group.hasDecided(number, id)), 10);
    group.runUntil(() => group.hasDecided(4, id), 500);
  });

  it('fetches a batch whose proposer is dead', () => {
    const group = new CoreGroup(3, { mode }).found();
    group.loss = both(of('batch', 'propose'), from(2), to(3));
    const id = group.propose(2, 'a');
    group.run(3);
    group.crash(2);
    group.runUntil(() => group.everyoneHasDecided([id]), 3_000);
  });
});

describe('a process that is far behind', () => {
  const PARTS = 16;

  /** Restarts 3, which lacks as many instances as are told in 16 answers, and returns how often it asks. */
  function questions(answerDelays: readonly number[]): number {
    const group = new CoreGroup(3).found();
    group.crash(3);
    const missed = propose(group, 2, 64 * PARTS, 1);
    group.runUntil(() => group.everyoneHasDecided(missed));
    group.restart(3);
    group.sent.length = 0;
    group.copies = ({ message }) => (message.kind === 'decided' ? answerDelays : [1]);
    group.runUntil(() => group.everyoneHasDecided(missed), 20_000);
    return group.sentOf('catch-up').length;
  }

  it('asks once for each part', () => {
    expect(questions([1])).toBe(PARTS);
  });

  it('asks no more often when answers come twice', () => {
    expect(questions([1, 1])).toBeLessThanOrEqual(PARTS + 1);
  });

  it('asks again while an answer takes its time, but once an interval, however many answers are late', () => {
    const delays = 3 * defaults.retryTicks * DELAYS_A_TICK;
    expect(questions([delays])).toBeLessThanOrEqual(4 * PARTS);
  });
});

describe('a process that has missed hundreds of batches', () => {
  it('is told of each about once, and asks for a few at a time', () => {
    const group = new CoreGroup(3).found();
    group.loss = both(of('batch'), to(3));
    const missed = Array.from({ length: 300 }, (_, i) => {
      const id = group.propose(2, String(i));
      if (i % 3 === 2) group.step();
      return id;
    });
    group.loss = none;
    group.runUntil(() => group.everyoneHasDecided(missed), 100);
    expect(group.sentOf('fetch').length).toBeGreaterThan(0);
    expect(group.sentOf('fetch').length).toBeLessThan(missed.length / 2);
    const told = group.sentOf('decided').reduce((sum, m) => sum + m.message.batches.length, 0);
    expect(told).toBeLessThan(2 * missed.length);
  });
});

describe.each<Mode>(['classic', 'fast', 'adaptive'])('in %s mode, what was decided anywhere', (mode) => {
  it.each([1, 2, 3, 4, 5])('is there after all of %i were down at once', (n) => {
    const random = seededRandom(n);
    const group = new CoreGroup(n, { mode }).found();
    const acknowledged = new Set<BatchId>();
    for (let round = 0; round < 5; round += 1) {
      const ids = group.processes.flatMap((p) => propose(group, p.number, 10, 1 + Math.floor(random() * 3)));
      const numbers = group.processes.map((p) => p.number);
      for (const id of ids) if (numbers.some((number) => group.hasDecided(number, id))) acknowledged.add(id);
      group.crash(...numbers);
      group.restart(...numbers);
      group.runUntil(() => group.everyoneHasDecided(acknowledged), 5_000);
    }
    const last = group.propose(n, 'last');
    group.runUntil(() => group.everyoneHasDecided([last]), 5_000);
    for (const p of group.processes) expect(group.delivered(p.number)).toEqual(group.delivered(1));
  });
});
