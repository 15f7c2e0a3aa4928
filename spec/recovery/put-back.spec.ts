import { cp, rm } from 'node:fs/promises';
import { afterEach, describe, expect, it } from '@jest/globals';

import type { AsynchronousPersistentQueue } from '../../lib/index.js';
import { QueueGroup, take } from '../support/queue-group.js';

let group: QueueGroup;

afterEach(async () => {
  await Promise.all(group.queues.map((queue) => queue.close()));
  await group.remove();
});

/** What is in a replica's directory now is there again after the replica has been started once more and gone on. */
async function putBack(index: number): Promise<void> {
  const directory = group.directoryOf(index);
  const copy = `${directory}-copy`;
  await group.close(index);
  await cp(directory, copy, { recursive: true });
  await group.reopen([index]);
  await group.put(index, 'by the start that is forgotten');
  await group.close(index);
  await rm(directory, { recursive: true });
  await cp(copy, directory, { recursive: true });
}

function causeOf(queue: AsynchronousPersistentQueue): Promise<unknown> {
  return queue.closed.then(
    () => null,
    (cause: unknown) => cause,
  );
}

describe('a directory is put back on a process that has gone on', () => {
  it('the process hears of it from the others, votes no more under its id, and comes back as an observer', async () => {
    group = await QueueGroup.open(3);
    const { processId } = group.queue(0);
    await group.put(0, 'first');
    await putBack(0);

    await group.reopen([0]);
    expect(await causeOf(group.queue(0))).toMatchObject({
      code: 'VOTES_LOST',
      message: expect.stringContaining(processId),
    });
    // For good: what the directory holds tells it, whether others are there or not.
    await group.close(1, 2);
    await expect(group.reopen([0])).rejects.toMatchObject({ code: 'VOTES_LOST' });

    await Promise.all([group.reopen([1, 2]), group.reopen([0], { recover: true })]);
    expect(group.queue(0).processId).not.toBe(processId);
    await group.put(0, 'last');
    const texts = (await take(group.queue(0), 3)).map(({ message }) => String(message));
    expect(texts).toEqual(['first', 'by the start that is forgotten', 'last']);
  });

  it('one of the others is enough to know it', async () => {
    group = await QueueGroup.open(3);
    await group.put(0, 'first');
    await putBack(0);
    await group.close(2);
    await group.reopen([0]);
    expect(await causeOf(group.queue(0))).toMatchObject({ code: 'VOTES_LOST' });
  });

  it('two that run on copies of one directory both stop', async () => {
    group = await QueueGroup.open(3);
    const directory = group.directoryOf(0);
    await group.close(0);
    await cp(directory, `${directory}-copy`, { recursive: true });
    await group.reopen([0]);
    const { directoryOf } = group;
    group.directoryOf = (index) => (index === 3 ? `${directory}-copy` : directoryOf.call(group, index));
    await group.reopen([3]);
    expect(await causeOf(group.queue(0))).toMatchObject({ code: 'VOTES_LOST' });
    expect(await causeOf(group.queue(3))).toMatchObject({ code: 'VOTES_LOST' });
  });
});

it('a process that is started anew again and again is who it always was', async () => {
  group = await QueueGroup.open(3);
  const { processId } = group.queue(0);
  for (let start = 0; start < 20; start += 1) {
    await group.close(0);
    await group.reopen([0]);
  }
  await group.close(1, 2);
  await group.reopen([1, 2]);
  await group.put(0, 'still here');
  expect(group.queue(0).processId).toBe(processId);
});
