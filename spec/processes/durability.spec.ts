import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';

import { traceVotes } from '../programs/trace-votes.js';

function canTrace(): boolean {
  try {
    execFileSync('strace', ['-e', 'trace=none', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('the system calls of a replica', () => {
  it.each(['classic', 'fast'] as const)(
    'in a %s reign no datagram with a vote leaves before the vote, or a later one in its place, was written and fdatasync has returned, of the journal or of LMDB',
    async (mode) => {
      if (!canTrace()) {
        console.warn('strace is not installed or not permitted: the order of fdatasync and sendmsg has not been shown');
        return;
      }
      const traced = await traceVotes(mode);
      expect(traced.length).toBeGreaterThan(20);
      expect(traced.filter(({ ways }) => ways.includes(null))).toEqual([]);
      expect(new Set(traced.flatMap(({ ways }) => ways))).toEqual(new Set(['journal', 'LMDB']));
    },
  );
});
