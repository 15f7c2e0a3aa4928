import { describe, expect, it } from '@jest/globals';

import { batchId, NO_OP } from '../../lib/model/batch.js';
import type { Instance } from '../../lib/model/ids.js';
import { PutTicket } from '../../lib/paxos/put-ticket.js';
import { DeliverySubject, foreign, Holder, lone } from '../support/delivery-subject.js';
import { BERT } from '../support/ids.js';
import { KeptTexts } from '../support/kept-texts.js';

describe('binding', () => {
  it('is done once what was decided at that time is handed over', async () => {
    const subject = new DeliverySubject().startedWith(...Array.from({ length: 20 }, (_, i) => foreign(BERT, 1, i)));
    const holder = new Holder();
    let handedOver = -1;
    const bound = subject.delivery.bind(holder).then(() => (handedOver = holder.batches.length));
    subject.turn();
    await new Promise(setImmediate);
    expect(handedOver).toBe(-1);
    subject.settle();
    await bound;
    expect(handedOver).toBe(20);
  });

  it('is done at once where nothing has been decided', async () => {
    await new DeliverySubject().delivery.bind(new Holder());
  });

  it('may be followed by waiting for what has been decided since', async () => {
    const subject = new DeliverySubject();
    const holder = new Holder();
    void subject.delivery.bind(holder);
    holder.onDeliver = () => (holder.isReady = false);
    subject.decideAndCommit(lone(BERT, 1), lone(BERT, 2));
    let handedOver = -1;
    const caughtUp = subject.delivery.caughtUp().then(() => (handedOver = holder.batches.length));
    subject.settle();
    await new Promise(setImmediate);
    expect(handedOver).toBe(-1);
    holder.onDeliver = () => {};
    holder.isReady = true;
    subject.delivery.resume();
    subject.settle();
    await caughtUp;
    expect(handedOver).toBe(2);
    subject.delivery.stop(null);
    await expect(subject.delivery.caughtUp()).rejects.toMatchObject({ code: 'QUEUE_CLOSED' });
  });

  it('is refused a second time', () => {
    const { delivery } = new DeliverySubject();
    void delivery.bind(new Holder());
    expect(() => delivery.bind(new Holder())).toThrow(expect.objectContaining({ code: 'QUEUE_BOUND' }));
  });

  it('fails when the queue stops before it is done, and after', async () => {
    const { delivery } = new DeliverySubject().startedWith(lone(BERT, 1));
    const bound = delivery.bind(new Holder());
    delivery.stop(null);
    await expect(bound).rejects.toMatchObject({ code: 'QUEUE_CLOSED' });
    expect(() => delivery.bind(new Holder())).toThrow(expect.objectContaining({ code: 'QUEUE_CLOSED' }));
  });
});

describe('a holder that throws', () => {
  it('stops the delivery and is told which of its tickets were not delivered', () => {
    const subject = new DeliverySubject();
    const holder = new Holder();
    const cause = new Error('cannot');
    void subject.delivery.bind(holder);
    for (const text of ['a', 'b']) {
      void subject.batcher.submit(Buffer.from(text), text);
      subject.log.push(subject.batcher.nextBatch()!);
    }
    holder.onDeliver = () => {
      throw cause;
    };
    subject.decide(2);
    expect(subject.failures).toEqual([cause]);
    subject.commit(2);
    subject.settle();
    expect(holder.batches).toHaveLength(1);
    subject.delivery.stop(cause);
    subject.delivery.stop(null);
    expect(holder.stops).toEqual([[['a', 'b'], cause]]);
  });
});

describe('a delivery that stops', () => {
  it('leaves no put() waiting', () => {
    const subject = new DeliverySubject();
    const errors: Error[] = [];
    const put = (text: string) =>
      void subject.batcher.submit(
        Buffer.from(text),
        new PutTicket(
          () => {},
          (error) => errors.push(error),
        ),
      );
    put('in flight');
    subject.batcher.nextBatch();
    put('pending');
    subject.delivery.stop(null);
    expect(errors.map((error) => 'code' in error && error.code)).toEqual(['UNKNOWN_OUTCOME', 'UNKNOWN_OUTCOME']);
  });

  it('delivers nothing more, even if its holder stops it', () => {
    const subject = new DeliverySubject();
    const holder = new Holder();
    void subject.delivery.bind(holder);
    holder.onDeliver = () => subject.delivery.stop(null);
    subject.decideAndCommit(lone(BERT, 1), lone(BERT, 2));
    subject.settle();
    expect(holder.batches).toHaveLength(1);
    expect(subject.failures).toEqual([]);
  });
});

describe('an event that a holder tells', () => {
  it('is told until the delivery stops, and a stop meanwhile ends what one instance delivers', () => {
    const subject = new DeliverySubject();
    const holder = new KeptTexts();
    const told = (count: number): object => ({ kind: 'message-skipped', position: 0, head: null, count });
    void subject.delivery.bind(holder);
    let deliveries = 0;
    holder.onDeliver = () => {
      deliveries += 1;
      holder.tell(1);
      subject.delivery.stop(null);
      holder.tell(2);
    };
    // The second instance delivers both.
    subject.decideAndCommit(foreign(BERT, 1, 1), foreign(BERT, 1, 0));
    subject.settle();
    expect(subject.told).toEqual([told(1)]);
    expect(deliveries).toBe(1);
    expect(subject.failures).toEqual([]);
  });
});

describe('an event that must never happen', () => {
  it('a gap in the decisions stops the delivery', () => {
    const subject = new DeliverySubject();
    subject.log.push(NO_OP, NO_OP, NO_OP);
    subject.decide(1);
    subject.delivery.decided([{ instance: 2 as Instance, batch: NO_OP }]);
    expect(subject.failures).toEqual([expect.objectContaining({ code: 'INVARIANT_VIOLATION' })]);
  });

  it('a batch that cannot be unpacked stops the delivery', () => {
    const subject = new DeliverySubject();
    void subject.delivery.bind(new Holder());
    subject.decideAndCommit({ id: batchId(BERT, 1, 0), body: Buffer.from('no') });
    expect(subject.failures).toEqual([expect.objectContaining({ code: 'MALFORMED_BYTES' })]);
  });

  it('a log that has lost an instance stops the delivery', () => {
    const subject = new DeliverySubject().startedWith(NO_OP, NO_OP);
    subject.log.length = 0;
    void subject.delivery.bind(new Holder());
    subject.settle();
    expect(subject.failures).toEqual([expect.objectContaining({ code: 'INVARIANT_VIOLATION' })]);
  });
});
