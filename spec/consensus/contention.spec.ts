import { describe, expect, it } from '@jest/globals';

import type { BatchId } from '../../lib/model/batch.js';
import { CoreGroup } from '../support/core-group.js';
import { seededRandom } from '../support/seeded-random.js';

/** Long enough for a hundred rounds or more. */
const DELAYS = 1_200;

interface Contention {
  /** The longest that the group has gone without deciding a batch. */
  readonly longestPause: number;
  /** The longest that each proposer has waited for one of its own. */
  readonly longestWaits: readonly number[];
  readonly decided: number;
}

/** Three processes always have one batch each under way, for as long as it lasts. A message takes up to `spread` delays. */
function contend(n: number, spread: number): Contention {
  const group = new CoreGroup(n, { mode: 'fast' }).found();
  const random = seededRandom(n * 100 + spread);
  group.copies = () => [1 + Math.floor(random() * spread)];
  const proposers = [1, 2, 3].map((number) => ({ number, id: null as BatchId | null, since: group.now, longest: 0 }));
  let decided = 0;
  let since = group.now;
  let longestPause = 0;
  for (let delay = 0; delay < DELAYS; delay += 1) {
    for (const p of proposers) {
      p.longest = Math.max(p.longest, group.now - p.since);
      if (p.id !== null && !group.hasDecided(p.number, p.id)) continue;
      p.id = group.propose(p.number, `${String(p.number)} at ${String(delay)}`);
      p.since = group.now;
    }
    group.step();
    longestPause = Math.max(longestPause, group.now - since);
    if (group.process(1).decidedIds.size === decided) continue;
    decided = group.process(1).decidedIds.size;
    since = group.now;
  }
  return { longestPause, longestWaits: proposers.map((p) => p.longest), decided };
}

describe.each([3, 4, 5])('three proposers that contend in a fast reign over %i', (n) => {
  // The first undecided instance has been proposed at when its predecessor was learnt. From there a proposal, the votes,
  // an `accept` where they collided and the votes for that take one message each, and no other message is waited for.
  it.each([1, 2, 4])('decide a batch every four messages, each of which takes up to %i delays', (spread) => {
    const { longestPause, decided } = contend(n, spread);
    expect(longestPause).toBeLessThanOrEqual(4 * spread);
    expect(decided).toBeGreaterThan(DELAYS / (4 * spread));
  });

  it.each([1, 2, 4])('get a turn each, within 40 rounds of messages that take up to %i delays', (spread) => {
    for (const wait of contend(n, spread).longestWaits) expect(wait).toBeLessThan(40 * 4 * spread);
  });
});
