import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { AsynchronousPersistentQueue, QueueEvent } from '../../lib/index.js';
import { QueueGroup, rejection } from '../support/queue-group.js';
import { soon } from '../support/soon.js';

let group: QueueGroup;
let events: QueueEvent[];
const listener = (event: QueueEvent): void => void events.push(event);

beforeEach(async () => {
  events = [];
  group = await QueueGroup.open(3, { autoReplace: { afterMs: 1_000 }, listener });
});
afterEach(() => group.remove());

async function observer(index: number): Promise<AsynchronousPersistentQueue> {
  await group.reopen([index], { recover: true });
  return group.queue(index);
}

function idsOf(...indices: readonly number[]): string[] {
  return indices.map((index) => group.queue(index).processId).sort();
}

describe('a group that replaces its silent members', () => {
  it('has an observer take the place of a member that is gone, and the member is an observer when it comes back', async () => {
    await observer(3);
    const gone = group.queue(2).processId;
    await group.close(2);
    await soon(() => expect([...group.queue(0).members]).toEqual(idsOf(0, 1, 3)));
    const by = group.queue(3).processId;
    await soon(() => expect(events).toContainEqual({ kind: 'member-replaced', process: gone, by }));
    await group.reopen([2]);
    await soon(() => expect(group.queue(2).status().role).toBe('observer'));
    await group.queue(2).put(Buffer.from('of a former member'));
    expect([...group.queue(2).members]).toEqual(idsOf(0, 1, 3));
  });

  it('replaces nobody while the majority is lost', async () => {
    const fourth = await observer(3);
    const before = idsOf(0, 1, 2);
    await group.close(1, 2);
    await soon(() => {
      const silent = fourth.status().view.members.find(({ process }) => process === group.queue(1).processId);
      expect(silent?.heardMsAgo).toBeGreaterThan(4_000);
    });
    expect([...group.queue(0).members]).toEqual(before);
    expect(events.filter(({ kind }) => kind === 'member-replaced')).toEqual([]);
  });
});

it('a member is not replaced sooner than after a second', async () => {
  const { directory } = group;
  const wrong = group.reopen([4], { directory, autoReplace: { afterMs: 999 } });
  expect(await rejection(wrong)).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining('afterMs') });
});
