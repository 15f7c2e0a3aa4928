import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { QueueEvent } from '../../lib/queue/events.js';
import type { Queue } from '../../lib/queue/queue.js';
import { KeptTexts } from '../support/kept-texts.js';
import { rejection } from '../support/queue-group.js';
import { bindAll, type QueueTestbed, type QueueTraits } from './queue-testbed.js';

/** What every engine tells of a queue; most tell more. */
const LIFE: readonly QueueEvent['kind'][] = ['opened', 'founded', 'checkpoint-made', 'stopped'];

const livesIn = (told: readonly QueueEvent[]): QueueEvent[] => told.filter(({ kind }) => LIFE.includes(kind));

/** The part of the compliance suite about what a queue tells its listeners. */
export function describeEvents({ open }: QueueTraits): void {
  describe('that is listened to', () => {
    let group: QueueTestbed;
    let queue: Queue;

    afterEach(() => group.remove());

    it('tells of each queue of a group, in order, that it is opened, founded, has made a checkpoint and is stopped', async () => {
      group = await open(3);
      await bindAll(group);
      await group.queues[0]!.put(Buffer.from('x'));
      await Promise.all(group.queues.map((each) => each.sync()));
      const checkpoints = [];
      for (const each of group.queues) checkpoints.push(await each.checkpoint());
      await Promise.all(group.queues.map((each) => Promise.all([each.close(), each.close()])));
      const ids = group.queues.map(({ processId }) => processId).toSorted();
      for (const [i, { processId }] of group.queues.entries()) {
        const [opened, founded, ...rest] = livesIn(group.told[i]!);
        expect(opened).toMatchObject({ kind: 'opened', process: processId, incarnation: 1 });
        expect(founded).toMatchObject({ kind: 'founded', part: 'member' });
        expect(founded?.kind === 'founded' && founded.members.toSorted()).toEqual(ids);
        expect(rest).toEqual([
          { kind: 'checkpoint-made', checkpoint: checkpoints[i] },
          { kind: 'stopped', cause: null, counts: expect.any(Object) },
        ]);
      }
    });

    it('tells at each start which one of the process it is', async () => {
      group = await open(3);
      await group.stop(1);
      await group.reopen(1);
      const starts = group.told[1]!.flatMap((event) => (event.kind === 'opened' ? [event.incarnation] : []));
      expect(starts).toEqual([1, 2]);
    });

    it('gives its holder the means to tell events once, before anything else, a saved state included', async () => {
      group = await open(1);
      await group.queues[0]!.put(Buffer.from('before'));
      const [holder] = await bindAll(group);
      await group.queues[0]!.checkpoint();
      await group.stop(0);
      await group.reopen(0);
      const [again] = await bindAll(group);
      expect([holder!.texts, again!.restored]).toEqual([['before'], ['before']]);
      for (const { contexts } of [holder!, again!])
        expect(contexts).toEqual([{ texts: 0, context: { tell: expect.any(Function) } }]);
    });

    describe('by itself', () => {
      beforeEach(async () => {
        group = await open(1);
        queue = group.queues[0]!;
      });

      /** From now on, whatever the listener does when it is told. */
      function listen(on: (event: QueueEvent) => void = () => undefined): {
        readonly heard: QueueEvent[];
        readonly end: () => void;
      } {
        const heard: QueueEvent[] = [];
        const end = queue.subscribe((event) => {
          heard.push(event);
          on(event);
        });
        return { heard, end };
      }

      it('tells the cause of its end, once, before it is closed', async () => {
        const { heard } = listen();
        const cause = new Error('cannot');
        const holder = new KeptTexts();
        holder.onDeliver = () => {
          throw cause;
        };
        await queue.bind(holder);
        queue.put(Buffer.from('x')).catch(() => undefined);
        expect(await rejection(queue.closed)).toBe(cause);
        await queue.close().catch(() => undefined);
        expect(livesIn(heard)).toEqual([{ kind: 'stopped', cause, counts: expect.any(Object) }]);
      });

      it('tells of a checkpoint before the call for it resolves', async () => {
        const { heard } = listen();
        await queue.bind(new KeptTexts());
        const checkpoint = await queue.checkpoint();
        expect(livesIn(heard)).toEqual([{ kind: 'checkpoint-made', checkpoint }]);
      });

      it('goes on, and tells all others, whatever a listener throws; the others are told of its first failure', async () => {
        const error = new Error('cannot listen');
        const before = listen();
        const failing = listen(() => {
          throw error;
        });
        const after = listen();
        await queue.bind(new KeptTexts());
        for (const text of ['a', 'b']) {
          await queue.put(Buffer.from(text));
          await queue.checkpoint();
        }
        await queue.close();
        const expected = ['checkpoint-made', 'checkpoint-made', 'stopped'];
        for (const { heard } of [before, failing, after])
          expect(livesIn(heard).map(({ kind }) => kind)).toEqual(expected);
        const failures = [before, failing, after].map(({ heard }) =>
          heard.filter(({ kind }) => kind === 'listener-failed'),
        );
        expect(failures).toEqual([[{ kind: 'listener-failed', error }], [], [{ kind: 'listener-failed', error }]]);
      });

      it('tells one that has ended its subscription nothing more, and the others all the same', async () => {
        const [ended, other] = [listen(), listen()];
        await queue.bind(new KeptTexts());
        await queue.checkpoint();
        const heard = [...ended.heard];
        expect(livesIn(heard)).toHaveLength(1);
        ended.end();
        ended.end();
        await queue.put(Buffer.from('x'));
        await queue.checkpoint();
        await queue.close();
        expect(ended.heard).toEqual(heard);
        expect(livesIn(other.heard)).toHaveLength(3);
      });

      it('may be closed by a listener', async () => {
        // Other events may come before it: of a clock, say, or of a slow disk.
        const { heard } = listen(({ kind }) => {
          if (kind === 'checkpoint-made') void queue.close();
        });
        await queue.bind(new KeptTexts());
        queue.checkpoint().catch(() => undefined);
        await queue.closed;
        expect(livesIn(heard).map(({ kind }) => kind)).toEqual(['checkpoint-made', 'stopped']);
      });

      it('tells what its holder tells, at once and in order, until it has stopped', async () => {
        const { heard } = listen();
        const counts = () => heard.flatMap((event) => (event.kind === 'message-skipped' ? [event.count] : []));
        const holder = new KeptTexts();
        const atOnce: number[] = [];
        holder.onDeliver = () => {
          holder.tell(atOnce.length + 1);
          atOnce.push(counts().length);
        };
        holder.onStopped = () => holder.tell(98);
        await queue.bind(holder);
        await queue.put(Buffer.from('a'));
        await queue.put(Buffer.from('b'));
        await holder.until(2);
        expect(heard.filter(({ kind }) => kind === 'message-skipped')).toEqual(
          [1, 2].map((count) => ({ kind: 'message-skipped', position: 0, head: null, count })),
        );
        await queue.close();
        holder.tell(99);
        expect([counts(), atOnce]).toEqual([
          [1, 2],
          [1, 2],
        ]);
      });

      it('may be closed by a listener while its holder tells it something: then nothing more is delivered', async () => {
        listen(() => void queue.close());
        const holder = new KeptTexts();
        holder.onDeliver = () => holder.tell(1);
        await queue.bind(holder);
        for (const text of ['a', 'b', 'c']) queue.put(Buffer.from(text)).catch(() => undefined);
        await queue.closed;
        expect(holder.stops).toHaveLength(1);
        const { texts } = holder;
        await new Promise(setImmediate);
        expect([holder.texts, texts.includes('a')]).toEqual([texts, true]);
      });

      it('that is closed tells a new listener nothing', async () => {
        await queue.close();
        const { heard, end } = listen();
        await queue.close();
        end();
        expect(heard).toEqual([]);
      });
    });
  });
}
