import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { type Batch, batchId, partsOf } from '../../lib/model/batch.js';
import type { Instance } from '../../lib/model/ids.js';
import { unpackBody } from '../../lib/sequence/batch-body.js';
import { idOfBody } from '../../lib/sequence/sound-batch.js';
import { ANNA } from '../support/ids.js';
import { batcherWith, messagesOf, put, SINCE } from './batcher-subject.js';

const MESSAGE_HEAD = 4;

describe('the batcher', () => {
  it('puts everything that is pending into one batch, in order', () => {
    const batcher = batcherWith();
    put(batcher, 'a', 'b', 'c');
    const batch = batcher.nextBatch()!;
    expect(batch.id).toBe(idOfBody({ process: ANNA, incarnation: 3, since: SINCE }, 0, batch.body));
    expect(unpackBody(batch.body).proposedAtMs).toBe(1234);
    expect(messagesOf(batch)).toEqual(['a', 'b', 'c']);
    expect(batcher.nextBatch()).toBeNull();
  });

  it('counts its batches from 0', () => {
    const batcher = batcherWith();
    const ids = ['a', 'b', 'c'].map((text) => {
      put(batcher, text);
      return partsOf(batcher.nextBatch()!.id);
    });
    expect(ids).toEqual([0, 1, 2].map((sequence) => ({ process: ANNA, incarnation: 3, since: SINCE, sequence })));
  });

  it('gives the tickets of a batch back in order, once', () => {
    const batcher = batcherWith();
    put(batcher, 'a', 'b');
    const { id } = batcher.nextBatch()!;
    expect(batcher.delivered(id)).toEqual(['a', 'b']);
    expect(batcher.delivered(id)).toBeNull();
    expect(batcher.delivered(batchId(ANNA, 2, 0, SINCE))).toBeNull();
  });

  it('lets messages gather while its batches are in flight', () => {
    const batcher = batcherWith({ batchesInFlightMax: 1 });
    put(batcher, 'a');
    const first = batcher.nextBatch()!;
    put(batcher, 'b', 'c');
    expect(batcher.nextBatch()).toBeNull();
    batcher.delivered(first.id);
    expect(messagesOf(batcher.nextBatch())).toEqual(['b', 'c']);
  });

  it('lets one batch fly however large it is', () => {
    const batcher = batcherWith({ batchBytesMax: 10, bytesInFlightMax: () => 10 });
    put(batcher, 'a message of 22 bytes.', 'b');
    const first = batcher.nextBatch()!;
    expect(messagesOf(first)).toEqual(['a message of 22 bytes.']);
    expect(batcher.nextBatch()).toBeNull();
    batcher.delivered(first.id);
    expect(messagesOf(batcher.nextBatch())).toEqual(['b']);
  });

  it('is idle when everything that was put is delivered', () => {
    const batcher = batcherWith();
    expect(batcher.isIdle).toBe(true);
    put(batcher, 'a');
    expect([batcher.isIdle, batcher.pendingMessages, batcher.batchesInFlight]).toEqual([false, 1, 0]);
    const { id } = batcher.nextBatch()!;
    expect([batcher.isIdle, batcher.pendingMessages, batcher.batchesInFlight]).toEqual([false, 0, 1]);
    batcher.delivered(id);
    expect(batcher.isIdle).toBe(true);
  });

  it('keeps order and limits whatever happens when', () => {
    const limits = {
      pendingMessagesMax: 8,
      pendingBytesMax: 60,
      batchBytesMax: 40,
      batchesInFlightMax: 3,
      bytesInFlightMax: () => 90,
    };
    const steps = fc.array(
      fc.oneof(
        { weight: 4, arbitrary: fc.record({ kind: fc.constant('put' as const), bytes: fc.nat(70) }) },
        { weight: 2, arbitrary: fc.record({ kind: fc.constant('next' as const) }) },
        { weight: 1, arbitrary: fc.record({ kind: fc.constant('delivered' as const), which: fc.nat() }) },
      ),
      { maxLength: 100, size: 'max' },
    );
    fc.assert(
      fc.property(steps, (list) => {
        const batcher = batcherWith(limits);
        const pending: Buffer[] = [];
        const inFlight: { batch: Batch; messages: Buffer[] }[] = [];
        const sizeOf = (messages: readonly Buffer[], head: number) =>
          messages.reduce((sum, { length }) => sum + head + length, 0);
        for (const step of list) {
          if (step.kind === 'put') {
            const message = Buffer.alloc(step.bytes, step.bytes);
            const fits =
              pending.length < limits.pendingMessagesMax && sizeOf([...pending, message], 0) <= limits.pendingBytesMax;
            if (!fits && pending.length > 0) continue;
            expect(batcher.submit(message, message)).toBeUndefined();
            pending.push(message);
          } else if (step.kind === 'next') {
            const batch = batcher.nextBatch();
            const size = pending.findIndex(
              (_, i) => sizeOf(pending.slice(0, i + 1), MESSAGE_HEAD) > limits.batchBytesMax,
            );
            const messages = pending.slice(0, size < 0 ? pending.length : Math.max(size, 1));
            const bytes = sizeOf(inFlight.flatMap((flying) => flying.messages).concat(messages), MESSAGE_HEAD);
            const mayFly =
              inFlight.length === 0 ||
              (inFlight.length < limits.batchesInFlightMax && bytes <= limits.bytesInFlightMax());
            if (batch === null) {
              expect(mayFly && messages.length > 0).toBe(false);
            } else {
              expect(mayFly).toBe(true);
              expect(unpackBody(batch.body).messages).toEqual(messages);
              inFlight.push({ batch, messages });
              pending.splice(0, messages.length);
            }
          } else if (inFlight.length > 0) {
            const [flying] = inFlight.splice(step.which % inFlight.length, 1);
            expect(batcher.delivered(flying!.batch.id)).toEqual(flying!.messages);
          }
          expect(batcher.pendingMessages).toBe(pending.length);
          expect(batcher.batchesInFlight).toBe(inFlight.length);
        }
        expect(batcher.abandon()).toEqual([...inFlight.flatMap(({ messages }) => messages), ...pending]);
      }),
    );
  });

  it('begins another series with what is in flight, in order and with its tickets', () => {
    const batcher = batcherWith();
    const bodies = ['a', 'b'].map((text) => {
      put(batcher, text);
      return batcher.nextBatch()!.body;
    });
    const since = 9 as Instance;
    const series = { process: ANNA, incarnation: 3 };
    const renewed = batcher.renew(since);
    expect(renewed).toEqual(bodies.map((body, i) => ({ id: idOfBody({ ...series, since }, i, body), body })));
    expect(batcher.delivered(idOfBody({ ...series, since: SINCE }, 0, bodies[0]!))).toBeNull();
    expect(renewed.map(({ id }) => batcher.delivered(id))).toEqual([['a'], ['b']]);
    put(batcher, 'c');
    const next = batcher.nextBatch()!;
    expect(next.id).toBe(idOfBody({ ...series, since }, 2, next.body));
    expect(() => batcher.renew(since)).toThrow(expect.objectContaining({ code: 'INVARIANT_VIOLATION' }));
  });
});

describe('a batcher that is abandoned', () => {
  it('gives all tickets back, those in flight first', () => {
    const batcher = batcherWith();
    put(batcher, 'a', 'b');
    batcher.nextBatch();
    put(batcher, 'c');
    expect(batcher.abandon()).toEqual(['a', 'b', 'c']);
    expect(batcher.abandon()).toEqual([]);
    expect(batcher.isIdle).toBe(true);
  });

  it('takes nothing more and sends away those who wait', async () => {
    const batcher = batcherWith({ pendingMessagesMax: 1 });
    put(batcher, 'a');
    const waiting = batcher.submit(Buffer.from('b'), 'b');
    batcher.abandon();
    await expect(waiting).rejects.toMatchObject({ code: 'QUEUE_CLOSED' });
    expect(() => batcher.submit(Buffer.from('c'), 'c')).toThrow('closed');
    expect(batcher.nextBatch()).toBeNull();
  });
});
