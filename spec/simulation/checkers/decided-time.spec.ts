import { describe, expect, it } from '@jest/globals';

import { DecidedTime } from '../../../lib/simulation/checkers/decided-time.js';
import { delivered, found, report } from './subjects.js';

const NOW_MS = 1e12;
const YEAR_MS = 365 * 86_400_000;

const right = { hasBeenWrong: false };
const wrong = { hasBeenWrong: true };

function isHanded(stampMs: number, clocks: readonly { readonly hasBeenWrong: boolean }[]): void {
  const checker = new DecidedTime(
    () => clocks,
    () => NOW_MS,
    report,
  );
  checker.delivers('p1', { ...delivered(7, ['a']), proposedAtMs: stampMs });
}

describe('decided time', () => {
  it('is not moved into the future by a minority of clocks', () => {
    isHanded(NOW_MS + YEAR_MS, [right, wrong, right]);
    expect(found).toEqual([`p1 is handed position 7 with a stamp that is ${YEAR_MS} ms ahead`]);
  });

  it('may be behind, and ahead within the bound', () => {
    isHanded(NOW_MS - YEAR_MS, [right, wrong, right]);
    isHanded(NOW_MS + 1_000, [right, wrong, right]);
    expect(found).toEqual([]);
  });

  it('may be anything where half of the clocks have been wrong', () => {
    isHanded(NOW_MS + YEAR_MS, [right, wrong]);
    expect(found).toEqual([]);
  });
});
