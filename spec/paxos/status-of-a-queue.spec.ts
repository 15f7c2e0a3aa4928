import { afterEach, describe, expect, it } from '@jest/globals';

import type { AsynchronousPersistentQueue } from '../../lib/index.js';
import { kindOf } from '../../lib/model/ballot.js';
import { constants } from '../../lib/model/constants.js';
import type { PaxosStatus } from '../../lib/paxos/paxos-status.js';
import { KeptTexts } from '../support/kept-texts.js';
import { QueueGroup, take } from '../support/queue-group.js';
import { openOverMemory } from '../support/queue-testbeds.js';
import { soon } from '../support/soon.js';

let remove: () => Promise<void>;

afterEach(() => remove());

async function opened(...of: Parameters<typeof QueueGroup.open>): Promise<QueueGroup> {
  const group = await QueueGroup.open(...of);
  remove = () => group.remove();
  return group;
}

describe('the status of a queue of a group of three', () => {
  it('names as a whole who votes, who coordinates and how far the sequence is, the same at every process', async () => {
    const group = await opened(3);
    const ids = group.queues.map(({ processId }) => processId).toSorted();
    for (let i = 0; i < 6; i += 1) await group.put(i % 3, 'x'.repeat(100));
    await soon(() => {
      const [first, ...others] = group.queues.map((queue) => queue.status()) as [PaxosStatus, ...PaxosStatus[]];
      const { view, reign, watermark, durableWatermark, logBytes, ...rest } = first;
      expect(rest).toEqual({
        ...{
          role: 'member',
          hasQuorum: true,
          position: 6,
          lagInstances: 0,
          stopped: null,
          checkpoint: null,
          observers: [],
        },
        ...{ pending: { messages: 0, bytes: 0 }, mode: kindOf(reign!) },
      });
      expect([view.number, view.members.map(({ process }) => process).toSorted()]).toEqual([0, ids]);
      expect(ids).toContain(reign!.coordinator);
      expect(watermark).toBeGreaterThanOrEqual(6);
      expect(durableWatermark).toBeLessThanOrEqual(watermark);
      expect(logBytes).toBeGreaterThanOrEqual(600);
      for (const { reign: others_, watermark: known, position } of others)
        expect([others_, known, position]).toEqual([reign, watermark, 6]);
    });
  });

  it('says of each member when it was last heard, in ticks, and of a silent one how long ago', async () => {
    const group = await opened(3);
    const [self, heard, silent] = group.queues as [
      AsynchronousPersistentQueue,
      AsynchronousPersistentQueue,
      AsynchronousPersistentQueue,
    ];
    const msAgo = (): Map<string, number | null> =>
      new Map(self.status().view.members.map(({ process, heardMsAgo }) => [process, heardMsAgo]));
    await soon(() => expect(Math.max(...[...msAgo().values()].map((ms) => ms ?? Infinity))).toBeLessThan(1000));
    await group.close(2);
    const closedAtMs = performance.now();
    await soon(() => expect(msAgo().get(silent.processId)).toBeGreaterThan(1000));
    const silentMs = msAgo().get(silent.processId)!;
    expect(silentMs).toBeLessThan(performance.now() - closedAtMs + 1000);
    expect(silentMs % constants.tickMs).toBe(0);
    expect(msAgo().get(self.processId)).toBe(0);
    await soon(() => expect(msAgo().get(heard.processId)).toBeLessThan(1000));
    await group.reopen([2]);
    await soon(() => expect(msAgo().get(silent.processId)).toBeLessThan(1000));
  });

  it('tells a member that has never been heard since the start from one that is silent', async () => {
    const group = await opened(3);
    const never = group.queue(2).processId;
    await group.closeAll();
    await group.reopen([0, 1]);
    const { view } = group.queue(0).status();
    expect(view.members.find(({ process }) => process === never)).toEqual({ process: never, heardMsAgo: null });
  });
});

describe('the pending part of a status', () => {
  it('is every message without a place, and its bytes, until a majority is there again', async () => {
    const group = await opened(2);
    const [first] = group.queues as [AsynchronousPersistentQueue];
    await first.bind(new KeptTexts());
    await group.close(1);
    const put = first.put(Buffer.alloc(1000));
    for (let i = 0; i < 9; i += 1) expect(first.submit(Buffer.alloc(100), i)).toBeUndefined();
    const { messages, bytes } = first.status().pending;
    expect(messages).toBe(10);
    expect(bytes).toBeGreaterThanOrEqual(1900);
    expect(bytes).toBeLessThan(2000);
    await group.reopen([1]);
    expect(await put).toBe(0);
    await soon(() => expect(first.status()).toMatchObject({ pending: { messages: 0, bytes: 0 }, position: 10 }));
  });
});

describe('the lag of a queue', () => {
  it('is what is decided and has not been read, once so much is unread that it takes no more', async () => {
    const group = await openOverMemory(3, { unreadBytesMax: 1000 });
    remove = () => group.remove();
    const [slow, other] = [0, 1].map((index) => group.queues[index] as AsynchronousPersistentQueue) as [
      AsynchronousPersistentQueue,
      AsynchronousPersistentQueue,
    ];
    const first = slow.get();
    for (let i = 0; i < 20; i += 1) await other.put(Buffer.alloc(500));
    await first;
    await soon(() => expect(slow.status().watermark).toBeGreaterThanOrEqual(20));
    const { position, lagInstances, watermark, hasQuorum } = slow.status();
    expect(hasQuorum).toBe(true);
    expect(position).toBeLessThan(20);
    // Each put was a batch, and so an instance of its own; others are without messages.
    expect(lagInstances).toBeGreaterThanOrEqual(20 - position);
    expect(lagInstances).toBeLessThanOrEqual(watermark);
    expect(other.status()).toMatchObject({ position: 20, lagInstances: 0 });
    await take(slow, 19);
    await soon(() => expect(slow.status()).toMatchObject({ position: 20, lagInstances: 0 }));
  });
});

describe('the sizes of log and checkpoint', () => {
  it('grow with what is put, shrink with a checkpoint as far as no margin is kept, and are the same after a restart', async () => {
    const group = await opened(1, { checkpoint: { logMarginBytes: 0 } });
    const bind = async (): Promise<AsynchronousPersistentQueue> => {
      await group.queue(0).bind(new KeptTexts());
      return group.queue(0);
    };
    const first = await bind();
    const empty = first.status();
    expect(empty.checkpoint).toBeNull();
    // Each is an instance of its own, and the log is cut by whole segments.
    const count = constants.segmentInstances + 100;
    for (let i = 0; i < count; i += 1) await first.put(Buffer.alloc(200, 'x'));
    await soon(() => expect(first.status().logBytes - empty.logBytes).toBeGreaterThanOrEqual(200 * count));
    const full = first.status();
    expect(full.logBytes - empty.logBytes).toBeLessThan(300 * count);
    const checkpoint = await first.checkpoint();
    expect(checkpoint.bytes).toBeGreaterThanOrEqual(200 * count);
    expect(first.status().checkpoint).toEqual(checkpoint);
    await soon(() => expect(first.status().logBytes).toBeLessThan(full.logBytes / 2));
    await group.close(0);
    const ended = first.status();
    expect(ended).toMatchObject({ checkpoint, position: count, hasQuorum: false, reign: null, mode: null });
    await group.reopen();
    const again = (await bind()).status();
    expect([again.checkpoint, again.position]).toEqual([checkpoint, count]);
    expect(again.logBytes).toBeLessThan(full.logBytes / 2);
  });
});
