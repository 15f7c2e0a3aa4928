import { describe, expect, it } from '@jest/globals';

import { type ReplacementProposed, Replacements } from '../../../lib/simulation/checkers/replacements.js';
import { A, B, found, report } from './subjects.js';

const SECOND_US = 1e6;

/** p1 has heard A at the beginning, and proposes B in its place a little more than a second later. */
function judged(proposed: Partial<ReplacementProposed>, afterUs: number | null = SECOND_US): readonly string[] {
  const replacements = new Replacements(afterUs, 512, report);
  replacements.heard('p1', A, 0);
  const nowUs = 1.01 * SECOND_US;
  replacements.proposed({ by: 'p1', removed: [A], added: [B], nowUs, lagOf: () => 512, ...proposed });
  return found;
}

describe('a replacement that nobody has asked for', () => {
  it('is that of a silent member by an observer that is level', () => {
    expect(judged({})).toEqual([]);
  });

  it('is of no member that was heard since', () => {
    expect(judged({ nowUs: 0.8 * SECOND_US })).toEqual([`p1 replaces ${A}, which it has heard 800 ms ago`]);
  });

  it('may meet the first word of a member that comes back', () => {
    expect(judged({ nowUs: 20_000 })).toEqual([]);
  });

  it('is by no observer that lacks more than a window', () => {
    expect(judged({ lagOf: () => 513 })).toEqual([`p1 makes ${B} a member, which lacks 513 instances`]);
  });

  it('is of one member by one', () => {
    expect(judged({ removed: [A, B], added: [] })).toEqual(['p1 replaces 2 members by 0 observers at once']);
  });

  it('is made only where it is wanted', () => {
    expect(judged({}, null)).toEqual(['p1 changes the members, and was not asked to']);
  });
});
