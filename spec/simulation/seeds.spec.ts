import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { type ProfileName, profileNames } from '../../lib/simulation/profiles.js';
import { run } from '../../lib/simulation/run.js';
import { registers } from '../../simulator/registers.js';

interface Regression {
  readonly seed: number;
  readonly profile: ProfileName;
  readonly faultySeconds: number;
  readonly found: string;
}

/** Every seed in which something has ever gone wrong. */
const regressions = JSON.parse(
  readFileSync(join(import.meta.dirname, 'regressions.json'), 'utf8'),
) as readonly Regression[];

/** Of each profile; the long form `seeds` runs some thirty. */
const SEEDS = 1;

describe('the group does nothing wrong, and completes everything once faults have ended,', () => {
  it.each(profileNames)('under the faults of the profile %s', async (profile) => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const { violation } = await run(registers(), { seed, profile, faultySeconds: 3, isTraced: false });
      expect({ seed, violation }).toEqual({ seed, violation: null });
    }
  });

  it.each(regressions)('in seed $seed of $profile, where $found', async ({ seed, profile, faultySeconds }) => {
    const { violation } = await run(registers(), { seed, profile, faultySeconds, isTraced: false });
    expect(violation).toBeNull();
  });
});
