import { afterEach, describe, expect, it } from '@jest/globals';

import { KeptTexts } from '../support/kept-texts.js';
import { rejection, takeTexts } from '../support/queue-group.js';
import { soon } from '../support/soon.js';
import { bindAll, type QueueTestbed, type QueueTraits } from './queue-testbed.js';

const NOTHING = { messages: 0, bytes: 0 };

/** What holds of a queue that works and has nothing to do. */
const IDLE = { role: 'member', hasQuorum: true, lagInstances: 0, pending: NOTHING, stopped: null };

/** The part of the compliance suite about the status of a queue. */
export function describeStatus({ open }: QueueTraits): void {
  describe('whose status is asked for', () => {
    let group: QueueTestbed;

    afterEach(() => group.remove());

    it('has nothing pending, lags by nothing and is at the beginning, before anything is put', async () => {
      group = await open(3);
      for (const queue of group.queues)
        await soon(() => expect(queue.status()).toMatchObject({ ...IDLE, position: 0, checkpoint: null }));
    });

    it('is at the same position everywhere once all is delivered, bound, read or neither', async () => {
      group = await open(3);
      const [bound, read] = group.queues;
      await bound!.bind(new KeptTexts());
      for (let i = 0; i < 20; i += 1) await group.queues[i % 3]!.put(Buffer.from(String(i)));
      await takeTexts(read!, 20);
      for (const queue of group.queues) {
        await queue.sync();
        await soon(() => expect(queue.status()).toMatchObject({ ...IDLE, position: 20 }));
      }
    });

    it('has the checkpoint that was made last, which is not touched by what is put afterwards', async () => {
      group = await open(1);
      const [queue] = group.queues as [QueueTestbed['queues'][number]];
      await bindAll(group);
      for (const text of ['a', 'b']) {
        await queue.put(Buffer.from(text));
        const checkpoint = await queue.checkpoint();
        expect(queue.status()).toMatchObject({ checkpoint, position: checkpoint.position });
      }
      await queue.put(Buffer.from('c'));
      expect(queue.status()).toMatchObject({ position: 3, checkpoint: { position: 2 } });
    });

    it('counts what was put and is not ordered, until it is told that the outcome is unknown', async () => {
      group = await open(3);
      const queue = group.queues[0]!;
      await queue.bind(new KeptTexts());
      await group.strand(0);
      const put = rejection(queue.put(Buffer.alloc(1000)));
      expect(queue.submit(Buffer.alloc(500), 'ticket')).toBeUndefined();
      const { pending } = queue.status();
      expect(pending.messages).toBe(2);
      expect(pending.bytes).toBeGreaterThanOrEqual(1500);
      expect(pending.bytes).toBeLessThan(1600);
      await soon(() => expect(queue.status()).toMatchObject({ hasQuorum: false, position: 0 }));
      await queue.close();
      await put;
      expect(queue.status()).toMatchObject({
        pending: NOTHING,
        hasQuorum: false,
        position: 0,
        stopped: { cause: null },
      });
    });

    it('says after the end where it stood, and whether its owner has closed it', async () => {
      group = await open(1);
      const queue = group.queues[0]!;
      await queue.bind(new KeptTexts());
      await queue.put(Buffer.from('x'));
      const checkpoint = await queue.checkpoint();
      await queue.close();
      const ended = { role: 'member', hasQuorum: false, lagInstances: 0, pending: NOTHING };
      expect(queue.status()).toMatchObject({ ...ended, position: 1, checkpoint, stopped: { cause: null } });
    });

    it('says after the end why it has stopped, and has nothing pending', async () => {
      group = await open(1);
      const queue = group.queues[0]!;
      const cause = new Error('cannot');
      const holder = new KeptTexts();
      await queue.bind(holder);
      await queue.put(Buffer.from('x'));
      holder.onDeliver = () => {
        throw cause;
      };
      queue.put(Buffer.from('y')).catch(() => undefined);
      expect(await rejection(queue.closed)).toBe(cause);
      const { pending, stopped, hasQuorum } = queue.status();
      expect([pending, hasQuorum]).toEqual([NOTHING, false]);
      expect(stopped?.cause).toBe(cause);
    });
  });
}
