import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { constants } from '../../lib/model/constants.js';
import type { Queue } from '../../lib/queue/queue.js';
import { KeptTexts } from '../support/kept-texts.js';
import { rejection } from '../support/queue-group.js';
import type { QueueTestbed, QueueTraits } from './queue-testbed.js';

const MiB = 1024 * 1024;

const CLOSED = { code: 'QUEUE_CLOSED' };
const BOUND = { code: 'QUEUE_BOUND' };

/** The part of the compliance suite about a queue that is the only one of its group. */
export function describeAlone({ open }: QueueTraits): void {
  describe('by itself', () => {
    let group: QueueTestbed;
    let queue: Queue;

    beforeEach(async () => {
      group = await open(1);
      queue = group.queues[0]!;
    });

    afterEach(() => group.remove());

    it('serves get first come, first served, whether callers or messages come first', async () => {
      const early = [queue.get(), queue.get()];
      for (const text of ['a', 'b', 'c']) await queue.put(Buffer.from(text));
      const got = [...(await Promise.all(early)), await queue.get()];
      expect(got.map(({ message }) => String(message))).toEqual(['a', 'b', 'c']);
    });

    it('is iterated until its owner closes it, and goes on after a break where it was', async () => {
      for (const text of ['a', 'b', 'c']) await queue.put(Buffer.from(text));
      const texts: string[] = [];
      for await (const { message } of queue) {
        texts.push(String(message));
        break;
      }
      for await (const { message } of queue) if (texts.push(String(message)) === 3) void queue.close();
      expect(texts).toEqual(['a', 'b', 'c']);
    });

    it('is either bound, once, or read', async () => {
      await queue.bind(new KeptTexts());
      expect(await rejection(queue.bind(new KeptTexts()))).toMatchObject(BOUND);
      expect(await rejection(queue.get())).toMatchObject(BOUND);
      expect(() => queue[Symbol.asyncIterator]()).toThrow(expect.objectContaining(BOUND));
    });

    it('that is read cannot be bound', async () => {
      const got = rejection(queue.get());
      expect(await rejection(queue.bind(new KeptTexts()))).toMatchObject(BOUND);
      await queue.close();
      expect(await got).toMatchObject(CLOSED);
    });

    it('takes a ticket only while a holder is bound that gets it again, and goes on', async () => {
      const invalid = expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining('Bind it') });
      for (const ticket of ['ticket', null, 0]) expect(() => queue.submit(Buffer.from('x'), ticket)).toThrow(invalid);
      expect(queue.submit(Buffer.from('without'), undefined)).toBeUndefined();
      expect(await queue.put(Buffer.from('put'))).toBe(1);
      const holder = new KeptTexts();
      await queue.bind(holder);
      expect(queue.submit(Buffer.from('with'), 'ticket')).toBeUndefined();
      await holder.until(3);
      expect([holder.texts, holder.tickets]).toEqual([['without', 'put', 'with'], ['ticket']]);
    });

    it('that is read takes no ticket, for nobody would get it again', async () => {
      const got = queue.get();
      got.catch(() => undefined); // The queue is closed where this fails.
      expect(() => queue.submit(Buffer.from('x'), 'ticket')).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTION' }),
      );
      await queue.put(Buffer.from('put'));
      expect(await got).toMatchObject({ position: 0, message: Buffer.from('put') });
    });

    it('takes from others than its holder what the holder accepts, and nothing else', async () => {
      const holder = new KeptTexts((ticket) => ticket === 'mine');
      await queue.bind(holder);
      expect(await rejection(queue.put(Buffer.from('foreign')))).toMatchObject(BOUND);
      expect(() => queue.submit(Buffer.from('foreign'), 'yours')).toThrow(expect.objectContaining(BOUND));
      expect(queue.submit(Buffer.from('own'), 'mine')).toBeUndefined();
      await holder.until(1);
      expect(holder.texts).toEqual(['own']);
    });

    it.each([
      ['nothing', undefined],
      ['a text', 'text'],
      ['an object without methods', {}],
      ['an object whose deliver is async', { deliver: async () => undefined, stopped: () => undefined }],
      ['an object whose bound is async', Object.assign(new KeptTexts(), { bound: async () => undefined })],
      ['an object whose bound is no method', Object.assign(new KeptTexts(), { bound: 'bound' })],
    ])('refuses to be bound to what is no holder: %s', async (_, holder) => {
      expect(await rejection(queue.bind(holder as never))).toMatchObject({ code: 'INVALID_OPTION' });
      await queue.bind(new KeptTexts());
    });

    it('is not bound to a holder that throws when it is', async () => {
      const cause = new Error('cannot');
      const bound = (): never => {
        throw cause;
      };
      expect(await rejection(queue.bind(Object.assign(new KeptTexts(), { bound })))).toBe(cause);
      const holder = new KeptTexts();
      await queue.bind(holder);
      await queue.put(Buffer.from('x'));
      await holder.until(1);
    });

    it('stops with what its holder throws, and tells the holder so', async () => {
      const holder = new KeptTexts();
      const cause = new Error('cannot');
      holder.onDeliver = () => {
        throw cause;
      };
      await queue.bind(holder);
      expect(queue.submit(Buffer.from('x'), 'ticket')).toBeUndefined();
      expect(await rejection(queue.closed)).toBe(cause);
      expect(holder.stops).toEqual([{ tickets: ['ticket'], cause }]);
      expect(await rejection(queue.put(Buffer.from('x')))).toMatchObject(CLOSED);
    });

    it('that is closed takes nothing and gives nothing, and says so', async () => {
      await queue.put(Buffer.from('before'));
      await Promise.all([queue.close(), queue.close()]);
      await queue.close();
      await queue.closed;
      for (const refused of [
        () => queue.put(Buffer.from('late')),
        () => queue.get(),
        () => queue.sync(),
        () => queue.bind(new KeptTexts()),
        () => queue.checkpoint(),
      ])
        expect(await rejection(refused())).toMatchObject(CLOSED);
      expect(() => queue.submit(Buffer.from('late'), null)).toThrow(expect.objectContaining(CLOSED));
    });

    it('makes no checkpoint where nothing keeps a state', async () => {
      expect(await rejection(queue.checkpoint())).toMatchObject(CLOSED);
    });

    it('gives up a sync whose signal aborts, with the reason of the signal', async () => {
      const reason = new Error('enough');
      expect(await rejection(queue.sync(AbortSignal.abort(reason)))).toBe(reason);
      await queue.sync(new AbortController().signal);
    });

    it('calls back once after a time, unless it is told not to', async () => {
      const calls: string[] = [];
      queue.after(5, () => calls.push('not this'))();
      await new Promise<void>((resolve) =>
        queue.after(10, () => {
          calls.push('this');
          resolve();
        }),
      );
      await new Promise<void>((resolve) => queue.after(20, resolve));
      expect(calls).toEqual(['this']);
    });

    it.each([0, 1, 100_000, 3 * MiB])('carries a message of %i bytes', async (bytes) => {
      const message = Buffer.alloc(bytes, 'treplica');
      await queue.put(message);
      const got = await queue.get();
      expect(message.equals(got.message as Buffer)).toBe(true);
    });

    it.each([
      ['nothing', undefined],
      ['a text', 'lamp'],
      ['a number', -0.5],
      ['an object of collections', { bids: new Map([['ann', [1, 2n]]]), seen: new Set(['bob']), at: new Date(7) }],
      ['bytes within something else', { bytes: Buffer.from('raw') }],
    ])('carries any value: %s', async (_, value) => {
      await queue.put(value);
      await queue.put(Buffer.from('bytes'));
      expect((await queue.get()).message).toEqual(value);
      expect((await queue.get()).message).toEqual(Buffer.from('bytes'));
    });

    it('carries what a value was at the call', async () => {
      const [list, bytes] = [['before'], Buffer.from('before')];
      const puts = [queue.put(list), queue.put(bytes)];
      list.push('after');
      bytes.write('after!');
      await Promise.all(puts);
      expect((await queue.get()).message).toEqual(['before']);
      expect((await queue.get()).message).toEqual(Buffer.from('before'));
    });

    it('refuses what cannot be carried before it has taken anything, and goes on', async () => {
      expect(await rejection(queue.put({ socket: () => undefined }))).toMatchObject({ code: 'NOT_SERIALIZABLE' });
      expect(await rejection(queue.put(new (class Unknown {})()))).toMatchObject({ code: 'CLASS_NOT_REGISTERED' });
      expect(await queue.put('small')).toBe(0);
    });

    it('refuses what is too large before it has taken anything, and goes on', async () => {
      const large = Buffer.alloc(constants.messageBytesMax + 1);
      expect(await rejection(queue.put(large))).toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
      expect(() => queue.submit(large, null)).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }));
      expect(await queue.put(Buffer.from('small'))).toBe(0);
    });

    it.each([undefined, null, 'text', 7, [1, 2], {}])('throws at submit for %p, which is no message', async (value) => {
      expect(() => queue.submit(value as never, null)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
      expect(await queue.put(Buffer.from('x'))).toBe(0);
    });

    it('takes nothing where it has no room, and gives a promise of room instead', async () => {
      const holder = new KeptTexts();
      await queue.bind(holder);
      const { taken, room } = fill(queue);
      await room;
      expect(queue.submit(LAST, 'last')).toBeUndefined();
      await holder.until(taken + 1);
      expect(holder.tickets).toEqual([...Array.from({ length: taken }, (_, i) => i), 'last']);
    });

    it('lets those who wait for room in before later ones, in the order in which they came', async () => {
      await queue.bind(new KeptTexts());
      const { taken } = fill(queue);
      const puts = await Promise.all(['a', 'b', 'c'].map((text) => queue.put(Buffer.from(text))));
      expect(puts).toEqual([taken, taken + 1, taken + 2]);
    });

    it('tells those who wait for room when it closes', async () => {
      await queue.bind(new KeptTexts());
      const { room } = fill(queue);
      const put = rejection(queue.put(LAST));
      await Promise.all([group.stop(0), expect(room).rejects.toMatchObject(CLOSED)]);
      expect(await put).toMatchObject(CLOSED);
    });
  });
}

const LAST = Buffer.from('last');

/** Submits messages, numbered by their tickets, until there is no room for `LAST`. */
function fill(queue: Queue): { readonly taken: number; readonly room: Promise<void> } {
  const message = Buffer.alloc(MiB);
  let room: Promise<void> | undefined;
  let taken = 0;
  for (; room === undefined; taken += 1) {
    if (taken === 1000) throw new Error('the queue has room for everything');
    room = queue.submit(message, taken);
  }
  room.catch(() => undefined);
  const last = queue.submit(LAST, 'last');
  if (last === undefined) throw new Error('a message has come in before one that waits');
  return { taken: taken - 1, room: last };
}
