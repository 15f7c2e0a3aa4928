import { beforeEach, describe, expect, it } from '@jest/globals';

import type { Batch } from '../../lib/model/batch.js';
import { TreplicaError } from '../../lib/model/errors.js';
import type { ProcessId } from '../../lib/model/ids.js';
import { FIRST_KEY_STATE, type KeyState } from '../../lib/model/keys.js';
import { KeyChanges } from '../../lib/paxos/key-changes.js';
import type { ReadWaiter } from '../../lib/paxos/waiting-reads.js';
import { unpackKeyChange } from '../../lib/sequence/key-change.js';
import { keyCore } from '../support/key-core.js';
import { rejection } from '../support/queue-group.js';

const SECOND = 100;
const obstacleNow = new TreplicaError('KEY_MISSING', 'somebody lacks it');

let latest: KeyState;
let obstacle: TreplicaError | null;
let reads: ReadWaiter[];
let proposed: Batch[];
let changes: KeyChanges;
/** Whether a majority answers. */
let hasMajority: boolean;

beforeEach(() => {
  [latest, obstacle, reads, proposed, hasMajority] = [FIRST_KEY_STATE, null, [], [], true];
  changes = new KeyChanges({
    core: keyCore(() => latest),
    ...{ self: '0000000000000001' as ProcessId, startNumber: 1 },
    obstacle: () => obstacle,
    propose: (batch) => proposed.push(batch),
    read: (waiter) => {
      reads.push(waiter);
      if (hasMajority) waiter.resolve();
      return () => undefined;
    },
  });
});

function pass(ticks: number): void {
  for (let i = 0; i < ticks; i += 1) changes.tick();
}

/** What is proposed is decided. */
function decide(): void {
  const { id } = unpackKeyChange(proposed.at(-1)!.body)!;
  latest = { ...latest, number: latest.number + 1, sendingId: id };
  changes.decided(latest);
}

describe('A change of the keys', () => {
  it('is proposed once a majority has told what was decided', async () => {
    hasMajority = false;
    const use = changes.change('use', 2, {});
    pass(SECOND);
    expect([reads.length, proposed.length]).toEqual([1, 0]);
    reads[0]!.resolve();
    pass(1);
    expect(proposed.map(({ body }) => unpackKeyChange(body))).toEqual([{ follows: 0, action: 'use', id: 2 }]);
    decide();
    await use;
  });

  it('waits for what is in its way, and is refused where that stays', async () => {
    obstacle = obstacleNow;
    const use = rejection(changes.change('use', 2, {}));
    pass(5 * SECOND);
    expect(await use).toBe(obstacleNow);
    expect([proposed, reads]).toEqual([[], []]);
  });

  it('asks a majority after what was in its way has gone, and judges anew', async () => {
    obstacle = obstacleNow;
    hasMajority = false;
    const use = changes.change('use', 2, {});
    pass(SECOND);
    obstacle = null;
    pass(1);
    obstacle = obstacleNow;
    pass(1);
    obstacle = null;
    reads[0]!.resolve(); // Asked before the second time.
    pass(1);
    expect([reads.length, proposed.length]).toEqual([2, 0]);
    reads[1]!.resolve();
    pass(1);
    expect(proposed).toHaveLength(1);
    decide();
    await use;
  });

  it('is refused without a majority, with nothing changed, also where it is forced', async () => {
    hasMajority = false;
    for (const force of [false, true]) {
      const use = rejection(changes.change('use', 2, { force }));
      pass(5 * SECOND);
      expect(await use).toMatchObject({ code: 'NO_MAJORITY', message: expect.stringContaining('Nothing was changed') });
    }
    expect(proposed).toEqual([]);
  });

  it('of a key that is removed for good is refused at once', async () => {
    hasMajority = false;
    latest = { number: 2, sendingId: 3, removedUpTo: 2 };
    expect(await rejection(changes.change('use', 2, {}))).toMatchObject({ code: 'INVALID_OPTION' });
    expect(reads).toEqual([]);
  });

  it('that has waited for others has a second at least when its turn comes, and no more than that', async () => {
    const use = changes.change('use', 2, {});
    obstacle = obstacleNow;
    const late = [rejection(changes.change('use', 3, {})), rejection(changes.change('use', 4, {}))];
    pass(20 * SECOND);
    decide();
    await use;
    pass(SECOND);
    expect(await late[0]).toBe(obstacleNow);
    pass(SECOND);
    expect(await late[1]).toBe(obstacleNow);
  });
});
