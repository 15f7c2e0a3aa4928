import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { compareBallots } from '../../../lib/model/ballot.js';
import { classicQuorum, fastQuorum } from '../../../lib/model/view.js';
import { isBelow, quorumOf } from '../../../lib/simulation/checkers/votes.js';
import { A, B, classic, fast } from './subjects.js';

describe('quorums and ballots of the checkers', () => {
  const ballot = fc.record({
    reign: fc.nat(3),
    coordinator: fc.constantFrom(A, B),
    step: fc.constantFrom<0 | 1>(0, 1),
  });

  it('are those of the product, which they have been written without', () => {
    fc.assert(fc.property(ballot, ballot, (a, b) => expect(isBelow(a, b)).toBe(compareBallots(a, b) < 0)));
    for (let n = 1; n <= 31; n += 1) {
      expect(quorumOf(n, classic(1))).toBe(classicQuorum(n));
      expect(quorumOf(n, fast(1))).toBe(fastQuorum(n));
    }
  });
});
