import { describe, expect, it } from '@jest/globals';

import { tryLargeState } from '../programs/large-state.js';

/** For a machine that is busy with other things. */
const LIMIT_MS = 120_000;

describe('a state with one value that is much larger than a chunk', () => {
  it.each([
    ['buffer', 40_000_000],
    ['text', 30_000_001],
    ['wide text', 20_000_001],
  ] as const)(
    'is saved, restored and fetched with a %s of %i',
    async (kind, length) => {
      const { violations } = await tryLargeState(kind, length);
      expect(violations).toEqual([]);
    },
    LIMIT_MS,
  );
});
