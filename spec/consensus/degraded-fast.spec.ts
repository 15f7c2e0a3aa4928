import { describe, expect, it } from '@jest/globals';

import type { Mode } from '../../lib/consensus/mode.js';
import { defaults } from '../../lib/model/settings.js';
import { CoreGroup } from '../support/core-group.js';

const OPERATIONS = 50;

/** Of a group in which as many are stopped as it bears: long enough for its coordinator to have noticed. */
function degraded(n: number, mode: Mode, stopped: readonly number[]): CoreGroup {
  const group = new CoreGroup(n, { mode }).found();
  group.crash(...stopped);
  group.runTicks(2 * defaults.silenceTicks);
  return group;
}

/** How many message delays one caller at a process waits for its operations, one after the other. */
function delaysOfOneCaller(group: CoreGroup, caller: number): number {
  let delays = 0;
  for (let i = 0; i < OPERATIONS; i += 1) {
    const id = group.propose(caller, String(i));
    delays += group.runUntil(() => group.hasDecided(caller, id));
  }
  return delays;
}

describe('forced fast reigns where no fast quorum is there', () => {
  it.each([
    [3, [3], 1],
    [3, [3], 2],
    [4, [4], 2],
    [5, [4, 5], 1],
    [5, [4, 5], 3],
    [7, [5, 6, 7], 2],
  ])('%i processes without %j: one caller at %i gets on as in a fast reign and half as fast', (n, stopped, caller) => {
    const fast = delaysOfOneCaller(degraded(n, 'fast', stopped), caller);
    expect(fast).toBeLessThanOrEqual(4 * OPERATIONS);
    const classic = delaysOfOneCaller(degraded(n, 'classic', stopped), caller);
    expect(fast).toBeLessThanOrEqual(3 * classic);
  });

  it('several proposers at once are all served', () => {
    const group = degraded(3, 'fast', [3]);
    let delays = 0;
    // As many at a time as a process has in flight.
    for (let round = 0; round < 12; round += 1) {
      const ids = Array.from({ length: 16 }, (_, i) => group.propose(1 + (i % 2), `${round}/${i}`));
      delays += group.runUntil(() => group.everyoneHasDecided(ids), 20_000);
    }
    expect(delays).toBeLessThan(4 * 12 * 16);
  });

  it('nobody is asked for votes that have come, and nothing is recovered while a fast quorum answers', () => {
    const group = degraded(3, 'fast', [3]);
    delaysOfOneCaller(group, 2);
    expect(group.sentOf('inquire')).toEqual([]);
    group.restart(3);
    group.runTicks(2 * defaults.silenceTicks);
    group.sent.length = 0;
    expect(delaysOfOneCaller(group, 2)).toBe(2 * OPERATIONS);
    expect(group.sentOf('accept')).toEqual([]);
  });
});
