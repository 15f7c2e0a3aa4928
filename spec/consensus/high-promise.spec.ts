import { describe, expect, it } from '@jest/globals';

import { ballotOf } from '../../lib/model/ballot.js';
import { constants } from '../../lib/model/constants.js';
import { COUNTER_MAX } from '../../lib/model/ids.js';
import { CoreGroup } from '../support/core-group.js';
import { idOf } from '../support/ids.js';

describe('a member that alone has promised a high reign', () => {
  /** Process 3 is the one, and 1 is down, so that there is no majority without it. */
  function withHighPromise(reign: number): CoreGroup {
    const group = new CoreGroup(3).found();
    group.crash(1, 3);
    group.process(3).disk.promise = ballotOf(reign, idOf(2), 'classic');
    group.restart(3);
    return group;
  }

  it.each([2, 1_000_000, constants.reignStep, 3 * constants.reignStep + 7])(
    'of %i gets through where there is no majority without it',
    (reign) => {
      const group = withHighPromise(reign);
      const ids = [group.propose(2, 'a'), group.propose(3, 'b')];
      group.runUntil(() => group.everyoneHasDecided(ids), 60 * 2_000);
      expect(group.process(2).disk.promise.reign).toBeGreaterThanOrEqual(reign);
    },
  );

  it('holds nobody up where there is one', () => {
    const group = withHighPromise(2 ** 50);
    group.restart(1);
    group.runUntil(() => group.coordinator !== null);
    const ids = [group.propose(1, 'a'), group.propose(2, 'b')];
    group.runUntil(() => ids.every((id) => group.hasDecided(1, id)), 60 * 2_000);
    const { coordinator } = group;
    group.runTicks(1_000);
    expect(group.coordinator).toBe(coordinator);
    expect(group.process(1).disk.promise.reign).toBeLessThan(constants.reignStep);
  });

  it('and is alone in its group goes on from there', () => {
    const group = new CoreGroup(1).found();
    group.crash(1);
    group.process(1).disk.promise = ballotOf(2 ** 50, idOf(1), 'classic');
    group.restart(1);
    const id = group.propose(1, 'a');
    group.runUntil(() => group.hasDecided(1, id), 2_000);
  });

  it('the highest there is, says that it can coordinate no more, and does not stop', () => {
    const group = new CoreGroup(1).found();
    group.crash(1);
    group.process(1).disk.promise = ballotOf(COUNTER_MAX, idOf(1), 'classic');
    group.restart(1);
    group.runTicks(100);
    expect(group.process(1).noticed('reigns-exhausted').length).toBeGreaterThan(0);
  });
});
