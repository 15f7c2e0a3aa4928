import { describe, expect, it } from '@jest/globals';

import { DIRECTORY_BYTES_MAX, killRounds } from '../programs/kill-rounds.js';

/** For a machine that is busy with other things. */
const LIMIT_MS = 300_000;

describe('three processes that are killed again and again', () => {
  it.each([
    ['their own', { rounds: 5, seed: 1, module: false }],
    ["another process's", { rounds: 3, seed: 2, module: true }],
  ])(
    'lose nothing acknowledged, and keep their disks bounded, with checkpoints of %s making',
    async (_, options) => {
      const summary = await killRounds(options);
      expect(summary.violations).toEqual([]);
      expect(summary.kills).toBeGreaterThan(options.rounds);
      expect(summary.checkpointsMade).toBeGreaterThan(0);
      expect(Math.max(...summary.largestDirectoryBytes)).toBeLessThan(DIRECTORY_BYTES_MAX);
    },
    LIMIT_MS,
  );
});
