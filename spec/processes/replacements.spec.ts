import { describe, expect, it } from '@jest/globals';

import { replacements } from '../programs/replacements.js';

/** For a machine that is busy with other things. */
const LIMIT_MS = 180_000;

describe('three processes under load', () => {
  it.each([
    ['by multicast', false],
    ['at addresses', true],
  ])(
    'that meet %s are replaced one after the other until none of the first is left: nothing acknowledged is lost, and no caller of those that live is told an error',
    async (_, unicast) => {
      const { network, replaced, members, ...summary } = await replacements({ rounds: 3, seed: 1, unicast });
      console.info(`The processes are on ${network}.`);
      expect(summary.violations).toEqual([]);
      expect(new Set(replaced).size).toBe(3);
      expect(members).toHaveLength(3);
      expect(members.filter((member) => replaced.includes(member))).toEqual([]);
      expect(summary.acknowledged).toBeGreaterThan(1_000);
    },
    LIMIT_MS,
  );
});
