import { describe, expect, it } from '@jest/globals';

import { batcherWith, messagesOf, microtasks, put, putPatiently } from './batcher-subject.js';

describe('a batcher that is full', () => {
  it('takes those who wait in the order in which they came', async () => {
    const batcher = batcherWith({ pendingMessagesMax: 2 });
    const taken: string[] = [];
    const puts = Array.from('abcdefg', (text) => putPatiently(batcher, text, taken));
    const batches: string[][] = [];
    while (!batcher.isIdle) {
      await microtasks();
      const batch = batcher.nextBatch();
      batches.push(messagesOf(batch));
      batcher.delivered(batch!.id);
      await microtasks();
    }
    await Promise.all(puts);
    expect(batches).toEqual([['a', 'b'], ['c', 'd'], ['e', 'f'], ['g']]);
    expect(taken.join('')).toBe('abcdefg');
  });

  it('calls no more of them than there is room for', async () => {
    const batcher = batcherWith({ pendingBytesMax: 10 });
    put(batcher, '0123456789');
    const called: string[] = [];
    for (const text of ['6 byte', '4 by', '1']) {
      void batcher.submit(Buffer.from(text), text)?.then(() => called.push(text));
    }
    batcher.nextBatch();
    await microtasks();
    expect(called).toEqual(['6 byte', '4 by']);
  });

  it('keeps the place of one whom it called from one who has not waited', async () => {
    const batcher = batcherWith({ pendingMessagesMax: 1 });
    const taken: string[] = [];
    put(batcher, 'a');
    void putPatiently(batcher, 'b', taken);
    expect(messagesOf(batcher.nextBatch())).toEqual(['a']);
    void putPatiently(batcher, 'c', taken);
    await microtasks();
    expect(messagesOf(batcher.nextBatch())).toEqual(['b']);
    await microtasks();
    expect(messagesOf(batcher.nextBatch())).toEqual(['c']);
  });

  it('keeps that place while it makes further batches in the same turn', async () => {
    const batcher = batcherWith({ pendingMessagesMax: 1 });
    const taken: string[] = [];
    put(batcher, 'a');
    void putPatiently(batcher, 'b', taken);
    batcher.nextBatch();
    expect(batcher.nextBatch()).toBeNull();
    void putPatiently(batcher, 'c', taken);
    await microtasks();
    expect(taken).toEqual(['b']);
  });

  it('gives the place of one who does not come back to the next', async () => {
    const batcher = batcherWith({ pendingMessagesMax: 1 });
    const taken: string[] = [];
    put(batcher, 'a');
    void batcher.submit(Buffer.from('gone'), 'gone');
    void putPatiently(batcher, 'b', taken);
    batcher.nextBatch();
    await microtasks();
    expect(taken).toEqual([]);
    batcher.nextBatch();
    await microtasks();
    expect(taken).toEqual(['b']);
  });

  it('keeps a place for each of several who put the same bytes', async () => {
    const batcher = batcherWith({ pendingMessagesMax: 2 });
    const message = Buffer.from('same');
    put(batcher, 'a', 'b');
    let taken = 0;
    const patiently = async () => {
      for (let room = batcher.submit(message, null); room; room = batcher.submit(message, null)) await room;
      taken += 1;
    };
    void patiently();
    void patiently();
    batcher.nextBatch();
    await microtasks();
    expect(taken).toBe(2);
  });

  it('takes a message larger than all its room once nothing else is pending', async () => {
    const batcher = batcherWith({ pendingBytesMax: 3 });
    const taken: string[] = [];
    put(batcher, 'a');
    void putPatiently(batcher, 'far too large', taken);
    void putPatiently(batcher, 'b', taken);
    batcher.nextBatch();
    await microtasks();
    expect(taken).toEqual(['far too large']);
  });

  it('takes nobody before those who were called and have not come back yet', async () => {
    const batcher = batcherWith({ pendingMessagesMax: 2 });
    put(batcher, 'a', 'b');
    const taken: string[] = [];
    const first = putPatiently(batcher, 'first', taken);
    batcher.nextBatch(); // Calls the first, which comes back in a microtask.
    const second = putPatiently(batcher, 'second', taken);
    await microtasks();
    batcher.nextBatch();
    await Promise.all([first, second]);
    expect(taken).toEqual(['first', 'second']);
  });
});
