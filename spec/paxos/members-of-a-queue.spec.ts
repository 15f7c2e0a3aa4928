import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { AsynchronousPersistentQueue } from '../../lib/index.js';
import { QueueGroup, rejection } from '../support/queue-group.js';
import { soon } from '../support/soon.js';

let group: QueueGroup;
beforeEach(async () => {
  group = await QueueGroup.open(3);
});
afterEach(async () => {
  await group.closeAll();
  await group.remove();
});

/** A process that joins the group without a vote, and is level as the founders know it. */
async function observer(index: number): Promise<AsynchronousPersistentQueue> {
  const founders = group.queues.slice(0, 3);
  await group.reopen([index], { recover: true });
  const { processId } = group.queue(index);
  await soon(() => {
    for (const { observers } of founders)
      expect(observers.find(({ process }) => process === processId)?.lagInstances).toBeLessThan(512);
  });
  return group.queue(index);
}

/** Waits until the process knows the view of this size with that member: a change is complete once a majority holds it. */
async function knows(queue: AsynchronousPersistentQueue, member: { processId: string }, size: number): Promise<void> {
  await soon(() => {
    expect(queue.members).toContain(member.processId);
    expect(queue.members).toHaveLength(size);
  });
}

async function texts(queue: AsynchronousPersistentQueue, count: number): Promise<string[]> {
  const read: string[] = [];
  while (read.length < count) read.push(Buffer.from((await queue.get()).message as Uint8Array).toString());
  return read;
}

function ids(...indices: readonly number[]): string[] {
  return indices.map((index) => group.queue(index).processId);
}

describe('the members of a queue', () => {
  it('are replaced one after the other, while messages are put, until none of the first is left', async () => {
    const added = [await observer(3), await observer(4), await observer(5)];
    let puts = 0;
    for (const [i, newcomer] of added.entries()) {
      const former = group.queue(i);
      const put = async (): Promise<void> => {
        for (let k = 0; k < 20; k += 1) await newcomer.put(Buffer.from(`message ${(puts += 1)}`));
      };
      const asking = group.queue(i === 2 ? 4 : 2);
      await soon(() => expect(asking.observers.map(({ process }) => process)).toContain(newcomer.processId));
      await Promise.all([put(), asking.changeMembers({ add: [newcomer.processId], remove: [former.processId] })]);
      expect(asking.members).toContain(newcomer.processId);
      expect(asking.members).not.toContain(former.processId);
      await former.close();
      await put();
    }
    const last = added.map(({ processId }) => processId).sort();
    await soon(() => expect([...group.queue(5).members]).toEqual(last));
    const [first, second] = await Promise.all([texts(group.queue(3), puts), texts(group.queue(5), puts)]);
    expect(first).toEqual(second);
    expect(first).toEqual(Array.from({ length: puts }, (_, k) => `message ${k + 1}`));
    // Of the founders none is left, and yet the group is joined, by a process that was started for another number of them.
    await group.reopen([6], { recover: true, replicas: 5 });
    const late = group.queue(6);
    await late.put(Buffer.from('of the last'));
    expect(await texts(late, puts + 1)).toEqual([...first, 'of the last']);
    await soon(() => expect([...late.members]).toEqual(last));
    // A former member that knows founders alone finds the others, and is an observer.
    await group.reopen([0]);
    await soon(() => expect([...group.queue(0).members]).toEqual(last));
    expect(group.queue(0).status().role).toBe('observer');
  });

  it('grow and shrink, also by several at once', async () => {
    const [fourth, fifth] = [await observer(3), await observer(4)];
    const [one] = group.queues;
    const add = [fourth.processId, fifth.processId];
    await one!.changeMembers({ add });
    expect(one!.status().view.members).toHaveLength(5);
    await soon(() => expect(fourth.status().role).toBe('member'));
    await knows(fifth, one!, 5);
    await fifth.changeMembers({
      remove: [one!.processId, group.queue(1).processId, group.queue(2).processId, add[0]!],
    });
    await group.close(0, 1, 2, 3);
    await fifth.put(Buffer.from('alone'));
    expect(fifth.members).toEqual([fifth.processId]);
  });

  it('change one change after the other', async () => {
    const [fourth, fifth] = [await observer(3), await observer(4)];
    const [one] = group.queues;
    await Promise.all([
      one!.changeMembers({ add: [fourth.processId] }),
      one!.changeMembers({ add: [fifth.processId] }),
    ]);
    expect(one!.members).toHaveLength(5);
  });

  it.each([
    ['an id that is none', { add: ['me'] }, 'is no id of a process'],
    ['nothing', {}, 'names no process'],
    ['a member to add and to remove', () => ({ add: ids(0), remove: ids(0) }), 'is a member already'],
    ['a process to add twice', { add: ['0123456789abcdef', '0123456789abcdef'] }, 'names a process twice'],
    ['a member to add', () => ({ add: [group.queue(0).processId] }), 'is a member already'],
    ['a stranger to remove', { remove: ['0123456789abcdef'] }, 'is no member'],
    ['everybody to remove', () => ({ remove: group.queues.map(({ processId }) => processId) }), 'would leave 0'],
  ])('do not change for %s, and nobody is harmed', async (_, change, why) => {
    const asked = typeof change === 'function' ? change() : change;
    const before = [...group.queue(0).members];
    await expect(group.queue(0).changeMembers(asked)).rejects.toThrow(why);
    await expect(group.queue(0).changeMembers(asked)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    for (const index of [0, 1, 2]) await group.put(index, `by ${index}`);
    expect(group.queues.map(({ members }) => [...members])).toEqual([before, before, before]);
  });

  it('do not change to so many that are not heard that the group would stop', async () => {
    await group.close(2);
    const [one, two, silent] = group.queues;
    await soon(() => {
      const last = one!.status().view.members.find(({ process }) => process === silent!.processId);
      expect(last?.heardMsAgo).toBeGreaterThan(2_000);
    });
    const change = one!.changeMembers({ remove: [two!.processId] });
    await expect(change).rejects.toMatchObject({ code: 'NO_MAJORITY' });
    await one!.changeMembers({ remove: [silent!.processId] });
    expect([...one!.members]).toEqual([one!.processId, two!.processId].sort());
  });

  it('do not change to include a process that is not heard as an observer, unless that is forced', async () => {
    const [one] = group.queues;
    const add = ['0123456789abcdef'];
    await expect(one!.changeMembers({ add })).rejects.toMatchObject({ code: 'NOT_LEVEL' });
    await expect(one!.changeMembers({ add })).rejects.toThrow('0123456789abcdef cannot become a member yet');
    await one!.changeMembers({ add }, { force: true });
    expect(one!.members).toContain('0123456789abcdef');
  });

  it('know the observers, with where they are, and these know themselves', async () => {
    const fourth = await observer(3);
    const [known] = group.queue(0).observers;
    expect(known).toMatchObject({ process: fourth.processId, lagInstances: 0 });
    expect(known!.address).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(Date.now() - known!.sinceMs).toBeLessThan(60_000);
    expect(fourth.observers.map(({ process }) => process)).toEqual([fourth.processId]);
    await group.queue(0).changeMembers({ add: [fourth.processId] });
    expect(group.queue(0).observers).toEqual([]);
    await soon(() => expect(fourth.observers).toEqual([]));
  });

  it('are judged by what the group has decided by then, also where the process that asks has not heard of it', async () => {
    const fourth = await observer(3);
    const [one, two, three] = group.queues.map(({ processId }) => processId);
    await group.queue(0).changeMembers({ remove: [two!] });
    await expect(fourth.changeMembers({ remove: [two!] })).rejects.toThrow('is no member');
    await fourth.changeMembers({ add: [fourth.processId], remove: [three!] });
    expect([...fourth.members]).toEqual([one, fourth.processId].sort());
  });

  it('do not change while there is no majority, until there is one, or the wait is ended', async () => {
    await group.close(1, 2);
    const [one] = group.queues;
    const remove = [group.queue(2).processId];
    const controller = new AbortController();
    const ended = one!.changeMembers({ remove }, { force: true, signal: controller.signal });
    const waiting = one!.changeMembers({ remove });
    controller.abort(new Error('no longer'));
    await expect(ended).rejects.toThrow('no longer');
    expect(one!.members).toContain(remove[0]);
    await group.reopen([1]);
    await waiting;
    expect(one!.members).not.toContain(remove[0]);
  });

  it('do not change at the word of an observer that hears no majority, which waits no longer than it is told', async () => {
    const fourth = await observer(3);
    const remove = [group.queue(2).processId];
    await group.close(1, 2);
    const signal = AbortSignal.timeout(50);
    await expect(fourth.changeMembers({ remove }, { signal })).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(fourth.members).toContain(remove[0]);
  });

  describe('whose new majority does not come', () => {
    /** Decided, but not complete: of seven members three are there. */
    async function begun(signal?: AbortSignal): Promise<{ readonly end: Promise<unknown> }> {
      const [one] = group.queues;
      const add = ['0123456789abcdef', '0123456789abcde0', '0123456789abcde1', '0123456789abcde2'];
      const change = one!.changeMembers({ add }, { force: true, ...(signal === undefined ? {} : { signal }) });
      const end = rejection(change);
      await soon(() => expect(one!.members).toHaveLength(7));
      return { end };
    }

    it('may have changed if the wait is ended', async () => {
      const controller = new AbortController();
      const { end } = await begun(controller.signal);
      controller.abort(new Error('too long'));
      expect(await end).toMatchObject({ code: 'UNKNOWN_OUTCOME', cause: { message: 'too long' } });
    });

    it('may have changed if the queue is closed meanwhile', async () => {
      const { end } = await begun();
      const [one] = group.queues;
      await one!.close();
      expect(await end).toMatchObject({ code: 'UNKNOWN_OUTCOME' });
      await expect(one!.changeMembers({ remove: [group.queue(1).processId] })).rejects.toMatchObject({
        code: 'QUEUE_CLOSED',
      });
    });
  });
});
