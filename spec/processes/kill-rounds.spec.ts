import { describe, expect, it } from '@jest/globals';

import { DIRECTORY_BYTES_MAX, killRounds } from '../programs/kill-rounds.js';

describe('three processes that are killed again and again', () => {
  it.each([
    ['their own', false],
    ["another process's", true],
  ])('lose nothing acknowledged, and keep their disks bounded, with checkpoints of %s making', async (_, module) => {
    const summary = await killRounds({ rounds: 8, seed: module ? 2 : 1, module });
    expect(summary.violations).toEqual([]);
    expect(summary.kills).toBeGreaterThan(8);
    expect(summary.checkpointsMade).toBeGreaterThan(0);
    expect(Math.max(...summary.largestDirectoryBytes)).toBeLessThan(DIRECTORY_BYTES_MAX);
  });
});
