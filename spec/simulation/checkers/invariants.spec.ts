import { describe, expect, it } from '@jest/globals';

import { StateMachine } from '../../../lib/index.js';
import { ApplicationInvariants, type Invariants } from '../../../lib/simulation/checkers/invariants.js';
import { found, report } from './subjects.js';

class Ledger extends StateMachine {
  readonly lines: string[] = [];
  readonly totals: Map<string, number> = new Map();
}

describe('invariants', () => {
  const look = (invariants: Invariants<Ledger>): void =>
    new ApplicationInvariants(invariants, report).executed('p1', 4, new Ledger());

  it('may hold', () => {
    look({ 'there is room': ({ lines }) => lines.length < 10 });
    expect(found).toEqual([]);
  });

  it.each<[string, (state: Ledger) => boolean | string, string]>([
    ['not hold', () => false, ''],
    ['say why they do not hold', ({ lines }) => `${lines.length} are too few`, ': 0 are too few'],
  ])('may %s', (_, holds, why) => {
    look({ 'all is well': () => true, 'it is full': holds });
    expect(found).toEqual([`after 4 operations at p1, "it is full" does not hold${why}`]);
  });

  it('may not throw', () => {
    look({
      'it has a first line': ({ lines }) => {
        if (lines[0] === undefined) throw new TypeError('there is none');
        return true;
      },
    });
    expect(found).toEqual([expect.stringContaining('does not hold: it throws TypeError: there is none')]);
  });
});
