import { describe, expect, it } from '@jest/globals';

import { manyGroups, MESSAGES } from '../programs/many-groups.js';

/** For a machine that is busy with other things. */
const LIMIT_MS = 300_000;

describe('twenty groups in three processes', () => {
  it.each([
    ['multicast', false],
    ['unicast', true],
  ])(
    'are founded by %s, take messages from each process, go on without one that is killed, and reach it when it is back',
    async (_, unicast) => {
      const { messages } = await manyGroups({ groups: 20, seconds: 0, unicast });
      expect(messages).toBe((3 + 2 + 3) * MESSAGES);
    },
    LIMIT_MS,
  );
});
