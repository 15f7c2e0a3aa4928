import { describe, expect, it } from '@jest/globals';

import type { Mode } from '../../lib/consensus/mode.js';
import type { View } from '../../lib/model/view.js';
import { surviveFaults } from '../support/faults.js';

// The checker must find what it is there to find: a group whose quorums are too small to meet disagrees sooner or later.

const SEEDS = 50;

type Quorums = Pick<View, 'classicQuorum' | 'fastQuorum'>;

/** The first seed that shows that processes have decided differently; null if none of them does. */
function firstDisagreement(n: number, mode: Mode, lie: (view: View) => Partial<Quorums>): number | null {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    try {
      surviveFaults(n, mode, seed, (view) => Object.assign(view, lie(view)));
    } catch (error) {
      const { message } = (error as Error).cause as Error;
      if (/one value is chosen at an instance|has decided .* and others/.test(message)) return seed;
    }
  }
  return null;
}

describe('a group is found to disagree', () => {
  it.each([2, 3])('when one less than a majority of %i is taken for a quorum', (n) => {
    const seed = firstDisagreement(n, 'classic', ({ classicQuorum }) => ({ classicQuorum: classicQuorum - 1 }));
    expect(seed).not.toBeNull();
  });

  it.each([3, 4, 5])('when one less than three quarters of %i is taken for a fast quorum', (n) => {
    const seed = firstDisagreement(n, 'fast', ({ fastQuorum }) => ({ fastQuorum: fastQuorum - 1 }));
    expect(seed).not.toBeNull();
  });
});
