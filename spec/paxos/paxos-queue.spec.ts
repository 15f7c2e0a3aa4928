import { afterEach, describe, expect, it } from '@jest/globals';

import { type DeliveredBatch, ReplicatedStateMachine, type StateHolder, UnknownOutcomeError } from '../../lib/index.js';
import { constants } from '../../lib/model/constants.js';
import { defaults } from '../../lib/model/settings.js';
import { Append, Journal } from '../programs/journal.js';
import { textOf } from '../support/kept-texts.js';
import { type Put, QueueGroup, rejection, take, takeTexts } from '../support/queue-group.js';

const groups: QueueGroup[] = [];

async function opened(...of: Parameters<typeof QueueGroup.open>): Promise<QueueGroup> {
  const group = await QueueGroup.open(...of);
  groups.push(group);
  return group;
}

afterEach(async () => {
  await Promise.all(groups.splice(0).map((group) => group.remove()));
});

/** The texts of what was put, by position. */
function inOrder(puts: readonly Put[]): string[] {
  return puts.toSorted((a, b) => a.position - b.position).map(({ text }) => text);
}

class Holder implements StateHolder {
  readonly batches: DeliveredBatch[] = [];
  readonly stops: { readonly tickets: readonly unknown[]; readonly cause: Error | null }[] = [];

  get texts(): string[] {
    return this.batches.flatMap(({ messages }) => messages.map(textOf));
  }

  deliver(batch: DeliveredBatch): void {
    this.batches.push(batch);
  }

  stopped(tickets: readonly unknown[], cause: Error | null): void {
    this.stops.push({ tickets, cause });
  }
}

describe.each(['adaptive', 'classic', 'fast'] as const)('queues in %s mode', (mode) => {
  it.each([1, 2, 3])('of %i replicas give every message everywhere, in the order of the positions', async (n) => {
    const group = await opened(n, { mode });
    const puts = await Promise.all(
      group.queues.flatMap((_, i) => Array.from({ length: 40 }, (_, k) => group.put(i, `${i}/${k}`))),
    );
    expect(puts.map(({ position }) => position).sort((a, b) => a - b)).toEqual(puts.map((_, position) => position));
    for (const queue of group.queues) {
      const messages = await take(queue, puts.length);
      expect(messages.map(({ position }) => position)).toEqual(puts.map((_, position) => position));
      expect(messages.map(({ message }) => String(message))).toEqual(inOrder(puts));
      for (const { origin, message } of messages) {
        expect(origin).toBe(group.queue(Number(String(message).split('/')[0])).processId);
      }
    }
  });
});

describe('reading', () => {
  it('get waits until something is put', async () => {
    const group = await opened(1);
    const got = group.queue(0).get();
    await group.queue(0).sync();
    await group.put(0, 'first');
    expect(await got).toMatchObject({ position: 0, origin: group.queue(0).processId });
    expect(String((await got).message)).toBe('first');
  });

  it('for await gives what get has not, and ends when the queue is closed', async () => {
    const group = await opened(1);
    await Promise.all(['a', 'b', 'c'].map((text) => group.put(0, text)));
    expect(await takeTexts(group.queue(0), 1)).toEqual(['a']);
    const texts: string[] = [];
    for await (const { message } of group.queue(0)) {
      texts.push(String(message));
      if (texts.length === 2) void group.queue(0).close();
    }
    expect(texts).toEqual(['b', 'c']);
  });

  it('for await over a queue that is closed already gives nothing', async () => {
    const group = await opened(1);
    await group.put(0, 'unread');
    await group.queue(0).close();
    const texts: string[] = [];
    for await (const { message } of group.queue(0)) texts.push(String(message));
    expect(texts).toEqual([]);
  });

  it('a reader that has stopped with break may go on', async () => {
    const group = await opened(1);
    await Promise.all(['a', 'b'].map((text) => group.put(0, text)));
    for await (const { message } of group.queue(0)) {
      expect(String(message)).toBe('a');
      break;
    }
    expect(await takeTexts(group.queue(0), 1)).toEqual(['b']);
  });

  it('a process that never reads holds up neither its own puts nor the others, and finds everything later', async () => {
    const group = await opened(2);
    const first = group.queue(0).get();
    const large = Buffer.alloc(1024 * 1024);
    const count = Math.ceil(defaults.unreadBytesMax / large.length) + 4;
    for (let i = 0; i < count; i += 1) await group.queue(i % 2).put(Buffer.concat([Buffer.from([i]), large]));
    expect((await take(group.queue(1), count)).map(({ message }) => (message as Buffer)[0])).toEqual([
      ...Array(count).keys(),
    ]);
    const numbers = [await first, ...(await take(group.queue(0), count - 1))].map(
      ({ message }) => (message as Buffer)[0],
    );
    expect(numbers).toEqual([...Array(count).keys()]);
  });

  it('after sync everything is there that was acknowledged anywhere', async () => {
    const group = await opened(3);
    const holders = await Promise.all(
      group.queues.map(async (queue) => {
        const holder = new Holder();
        await queue.bind(holder);
        return holder;
      }),
    );
    for (let i = 0; i < 30; i += 1) {
      await group.put(i % 3, String(i));
      await group.queue((i + 1) % 3).sync();
      expect(holders[(i + 1) % 3]!.texts).toContain(String(i));
    }
  });
});

describe('a bound queue', () => {
  it('gives the holder everything from the first message on, with the tickets where they were submitted', async () => {
    const group = await opened(2);
    await group.put(1, 'before');
    const [here, there] = [new Holder(), new Holder()];
    await Promise.all([group.queue(0).bind(here), group.queue(1).bind(there)]);
    void group.queue(0).submit(Buffer.from('submitted'), 'ticket');
    await group.put(1, 'after');
    await Promise.all(group.queues.map((queue) => queue.sync()));
    await group.queue(0).sync();
    expect(here.texts).toHaveLength(3);
    expect(here.texts).toEqual(there.texts);
    expect(here.batches.flatMap(({ tickets }) => tickets ?? [])).toEqual(['ticket']);
    expect(there.batches.flatMap(({ tickets }) => tickets ?? [])).toEqual([undefined]);
  });

  it('is bound once, and cannot be read beside', async () => {
    const group = await opened(1);
    const queue = group.queue(0);
    await queue.bind(new Holder());
    expect(await rejection(queue.bind(new Holder()))).toMatchObject({ code: 'QUEUE_BOUND' });
    expect(await rejection(queue.get())).toMatchObject({ code: 'QUEUE_BOUND' });
    expect(() => queue[Symbol.asyncIterator]()).toThrow(expect.objectContaining({ code: 'QUEUE_BOUND' }));
  });

  it('cannot be one that is read', async () => {
    const group = await opened(1);
    const got = rejection(group.queue(0).get());
    expect(await rejection(group.queue(0).bind(new Holder()))).toMatchObject({ code: 'QUEUE_BOUND' });
    await group.closeAll();
    expect(await got).toMatchObject({ code: 'QUEUE_CLOSED' });
  });
});

describe('a closed queue', () => {
  it('takes nothing and gives nothing', async () => {
    const group = await opened(1);
    const queue = group.queue(0);
    await queue.close();
    const refused = { code: 'QUEUE_CLOSED' };
    expect(await rejection(queue.put(Buffer.from('late')))).toMatchObject(refused);
    expect(await rejection(queue.get())).toMatchObject(refused);
    expect(await rejection(queue.sync())).toMatchObject(refused);
    expect(await rejection(queue.bind(new Holder()))).toMatchObject(refused);
    expect(() => queue.submit(Buffer.from('late'), null)).toThrow(expect.objectContaining(refused));
  });

  it('may be closed again, and again while it is closing', async () => {
    const group = await opened(1);
    await Promise.all([group.queue(0).close(), group.queue(0).close()]);
    await group.queue(0).close();
    await group.queue(0).closed;
  });

  it('tells everyone who waited: what was put has an unknown outcome', async () => {
    const group = await opened(3);
    const [lonely] = group.queues;
    await group.close(1, 2);
    const put = rejection(group.put(0, 'nobody hears'));
    const got = rejection(lonely!.get());
    const synced = rejection(lonely!.sync());
    await lonely!.close();
    expect(await put).toBeInstanceOf(UnknownOutcomeError);
    expect(await got).toMatchObject({ code: 'QUEUE_CLOSED' });
    expect(await synced).toMatchObject({ code: 'QUEUE_CLOSED' });
  });

  it('gives the holder back the tickets of what it does not know to be ordered', async () => {
    const group = await opened(3);
    const holder = new Holder();
    await group.queue(0).bind(holder);
    await group.close(1, 2);
    void group.queue(0).submit(Buffer.from('nobody hears'), 'ticket');
    await group.close(0);
    expect(holder.stops).toEqual([{ tickets: ['ticket'], cause: null }]);
  });
});

describe('a queue opened again', () => {
  it.each([1, 3])('of %i goes on where it was and gives everything from the first message on', async (n) => {
    const group = await opened(n);
    const ids = group.queues.map(({ processId }) => processId);
    const before = await Promise.all(group.queues.map((_, i) => group.put(i, `before ${i}`)));
    await group.closeAll();
    await group.reopen();
    expect(group.queues.map(({ processId }) => processId)).toEqual(ids);
    const after = await group.put(0, 'after');
    expect(after.position).toBe(n);
    for (const queue of group.queues) {
      expect(await takeTexts(queue, n + 1)).toEqual([...inOrder(before), 'after']);
    }
  });

  it('learns what the others have ordered without it', async () => {
    const group = await opened(3);
    await group.put(2, 'with all');
    await group.close(2);
    const without = await Promise.all(Array.from({ length: 50 }, (_, i) => group.put(i % 2, `without ${i}`)));
    await group.reopen([2]);
    expect(await takeTexts(group.queue(2), 51)).toEqual(['with all', ...inOrder(without)]);
  });
});

describe('two queues', () => {
  it('share processes and directories and do not mix, and one goes on when the other is closed', async () => {
    const auctions = await opened(2);
    const bank = await opened(2, { mode: 'fast' }, auctions);
    await Promise.all([auctions.put(0, 'lamp'), bank.put(1, 'account')]);
    expect(await takeTexts(auctions.queue(1), 1)).toEqual(['lamp']);
    expect(await takeTexts(bank.queue(0), 1)).toEqual(['account']);
    await auctions.closeAll();
    expect(await bank.put(0, 'transfer')).toMatchObject({ position: 1 });
    await auctions.reopen();
    expect(await auctions.put(1, 'chair')).toMatchObject({ position: 1 });
    expect(await takeTexts(auctions.queue(0), 2)).toEqual(['lamp', 'chair']);
    expect(await takeTexts(bank.queue(0), 1)).toEqual(['transfer']);
  });
});

describe.each(['classic', 'fast'] as const)('operations of 8 MB in %s mode', (mode) => {
  it('pass from each replica, and again after a restart', async () => {
    const group = await opened(3, { mode });
    const large = 'x'.repeat(8_000_000);
    let machines = await Promise.all(group.queues.map((queue) => ReplicatedStateMachine.create(new Journal(), queue)));
    for (const machine of machines) await machine.execute(new Append(large));
    await group.closeAll();
    await group.reopen();
    machines = await Promise.all(group.queues.map((queue) => ReplicatedStateMachine.create(new Journal(), queue)));
    expect(await machines[2]!.execute(new Append(large))).toBe(3);
    for (const machine of machines) {
      expect(await machine.read(({ entries }) => entries.map(({ length }) => length))).toEqual(
        Array(4).fill(large.length),
      );
    }
  });
});

describe('a message', () => {
  it('may be empty', async () => {
    const group = await opened(1);
    await group.put(0, '');
    expect(await takeTexts(group.queue(0), 1)).toEqual(['']);
  });

  it('over the limit is refused at once, and the queue goes on', async () => {
    const group = await opened(1);
    const error = await rejection(group.queue(0).put(Buffer.alloc(constants.messageBytesMax + 1)));
    expect(error).toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
    expect(error.message).toContain(String(constants.messageBytesMax));
    expect(await group.put(0, 'small')).toMatchObject({ position: 0 });
  });

  it.each(['text', 7, undefined, [1, 2], new DataView(new ArrayBuffer(3))])(
    'that is %p instead of bytes is refused at submit, and the queue goes on',
    async (wrong) => {
      const group = await opened(1);
      expect(() => group.queue(0).submit(wrong as never, null)).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining('Uint8Array') }),
      );
      expect(await group.put(0, 'bytes')).toMatchObject({ position: 0 });
    },
  );
});
