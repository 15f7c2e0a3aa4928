import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { defaults } from '../../lib/model/settings.js';
import { CoreGroup, DELAYS_A_TICK } from '../support/core-group.js';
import type { InTransit } from '../support/core-network.js';
import { PART, PATIENCE } from '../support/laggard.js';
import { both, either, of, to } from '../support/losses.js';

const { windowInstances, catchUpQuestions } = defaults;

describe('a process that comes back', () => {
  const INSTANCES = 4 * windowInstances;

  /** A group whose last process is back and lacks INSTANCES, in parts of which each answer holds one. */
  function lagging(n: number): CoreGroup {
    const group = new CoreGroup(n).found();
    group.crash(n);
    const missed = Array.from({ length: INSTANCES }, (_, i) => {
      const id = group.propose(2, String(i));
      group.step();
      return id;
    });
    group.runUntil(() => group.everyoneHasDecided(missed));
    group.settle();
    group.restart(n);
    group.answerInstances = PART;
    group.sent.length = 0;
    return group;
  }

  /** The last process hears how far the others are. Returns how many message delays later it is as far as they. */
  function catchUp(group: CoreGroup): number {
    const { watermark, reign } = group.process(1).core!;
    for (let source = 1; source < group.n; source += 1)
      group.forge(source, group.n, { kind: 'accepted', ballot: reign!, watermark, items: [] });
    return group.runUntil(() => group.process(group.n).core!.watermark >= watermark, 10_000);
  }

  it.each([3, 4, 5])('in a group of %i needs a round trip for each window', (n) => {
    const group = lagging(n);
    expect(catchUp(group)).toBeLessThanOrEqual(2 * (INSTANCES / windowInstances) + 1);
    expect(group.sentOf('catch-up').length).toBe(INSTANCES / PART);
  });

  it('is slower by one wait if one of those that it asks is dead', () => {
    const group = lagging(5);
    group.loss = either(
      to(1),
      both(of('decided'), (m) => m.from === 1),
    );
    const waits = Math.floor(catchUp(group) / (PATIENCE * DELAYS_A_TICK));
    expect(waits).toBeLessThanOrEqual(1);
    expect(group.sentOf('catch-up').filter((m) => m.to === 1).length).toBeLessThanOrEqual(catchUpQuestions);
  });

  it('asks for every part once, whatever is delayed and doubled within the time for an answer', () => {
    const delays = fc.array(fc.integer({ min: 1, max: 4 * DELAYS_A_TICK }), { minLength: 1, maxLength: 3 });
    const fates = fc.infiniteStream(delays);
    fc.assert(
      fc.property(fates, (fate) => {
        const group = lagging(3);
        const isRepair = ({ message: { kind } }: InTransit) => kind === 'catch-up' || kind === 'decided';
        group.copies = (m) => (isRepair(m) ? (fate.next().value as number[]) : [1]);
        catchUp(group);
        const parts = group.sentOf('catch-up').map(({ message }) => message.from);
        expect(new Set(parts).size).toBe(parts.length);
      }),
      { numRuns: 10 },
    );
  });
});
