import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { RoundTrips } from '../../lib/consensus/round-trips.js';
import { constants } from '../../lib/model/constants.js';
import type { Instance } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import { View } from '../../lib/model/view.js';
import { sharedOf } from '../support/core-shared.js';
import { idOf } from '../support/ids.js';

const MAX = defaults.roundTripTicksMax;

/** Process 1 of a group of so many, to whose members it is so far; 0 to itself. */
function measured(...ticks: readonly number[]): RoundTrips {
  const members = Array.from({ length: ticks.length + 1 }, (_, i) => idOf(i + 1));
  const { roundTrips, views } = sharedOf(idOf(1), { view: new View(0, members), from: 0 as Instance });
  ticks.forEach((each, i) => roundTrips.measured(idOf(i + 2), each));
  roundTrips.tick(views);
  return roundTrips;
}

describe('round trips', () => {
  it('are none where nothing is known, and on a LAN', () => {
    for (const roundTrips of [new RoundTrips(idOf(1), defaults), measured(0, 0, 0, 0)]) {
      const { toQuorum, toFastQuorum, toFarthest, toDecision } = roundTrips;
      expect([toQuorum, toFastQuorum, toFarthest, toDecision, roundTrips.to(idOf(2))]).toEqual([0, 0, 0, 0, 0]);
    }
  });

  it('to a quorum are those to the members nearest by, this process among them', () => {
    const roundTrips = measured(0, 16, 30, 17);
    expect(roundTrips.toQuorum).toBe(16);
    expect(roundTrips.toFastQuorum).toBe(17);
    expect(roundTrips.toFarthest).toBe(30);
    expect(roundTrips.toDecision).toBe(46);
    expect(roundTrips.to(idOf(4))).toBe(30);
  });

  it('count for no more than the limit', () => {
    expect(measured(2_000, 2_000).toFarthest).toBe(MAX);
  });

  it('are those of the views that count: of two, the longer ones', () => {
    const [old, young] = [new View(0, [1, 2, 3].map(idOf)), new View(1, [1, 4, 5].map(idOf))];
    const { borderInstances } = constants;
    const { roundTrips, views } = sharedOf(
      idOf(1),
      { view: old, from: 0 as Instance },
      { view: young, from: borderInstances as Instance },
    );
    [5, 6, 20, 30].forEach((ticks, i) => roundTrips.measured(idOf(i + 2), ticks));
    roundTrips.tick(views);
    expect([roundTrips.toQuorum, roundTrips.toFarthest]).toEqual([20, 30]);
  });

  it('to a quorum are no longer than to the members that tell the truth, if those are a quorum', () => {
    const ticks = fc.integer({ min: 0, max: MAX });
    fc.assert(
      fc.property(fc.array(ticks, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 8 }), (true_, lies) => {
        fc.pre(lies.length <= true_.length);
        expect(measured(...true_, ...lies).toQuorum).toBeLessThanOrEqual(Math.max(0, ...true_));
      }),
    );
  });

  it('of processes that come and go do not add up, and those of members stay', () => {
    const roundTrips = measured(7, 8);
    for (let i = 0; i < 5 * constants.peersMax; i += 1) roundTrips.measured(idOf(100 + i), 9);
    const known = Array.from({ length: 5 * constants.peersMax }, (_, i) => roundTrips.to(idOf(100 + i)));
    expect(known.filter((ticks) => ticks > 0).length).toBeLessThanOrEqual(constants.peersMax);
    expect([roundTrips.to(idOf(2)), roundTrips.to(idOf(3))]).toEqual([7, 8]);
  });
});
