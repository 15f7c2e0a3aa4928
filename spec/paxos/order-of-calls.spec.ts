import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';

import { QueueGroup } from '../support/queue-group.js';

let group: QueueGroup | null = null;

afterEach(async () => {
  await group?.remove();
  group = null;
});

const PUTS = 200;

/** Every 25th is so large that it travels by another lane than the others. */
function messageOf(number: number): Uint8Array {
  return Buffer.alloc(number % 25 === 24 ? 100_000 : 10, number);
}

/** Puts messages one after the other without waiting for any. Returns how many come before their predecessors. */
async function overtakings(index: number): Promise<number> {
  const puts: Promise<number>[] = [];
  for (let number = 0; number < PUTS; number += 1) {
    puts.push(group!.queue(index).put(messageOf(number)));
    if (number % 3 === 0) await nextTurn();
  }
  const positions = await Promise.all(puts);
  return positions.filter((position, i) => i > 0 && position < positions[i - 1]!).length;
}

describe.each(['classic', 'fast', 'adaptive'] as const)('what one process puts without waiting (%s)', (mode) => {
  it('is ordered as it was put, large or small, alone or while others put too, before a restart and after', async () => {
    group = await QueueGroup.open(3, { mode });
    expect(await overtakings(1)).toBe(0);
    expect(await Promise.all([0, 1, 2].map(overtakings))).toEqual([0, 0, 0]);
    await group.close(0);
    await group.reopen([0]);
    expect(await Promise.all([0, 1, 2].map(overtakings))).toEqual([0, 0, 0]);
  });
});
