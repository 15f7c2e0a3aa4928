import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { type Batch, type BatchId, NO_OP } from '../../lib/model/batch.js';
import type { Position, ProcessId } from '../../lib/model/ids.js';
import { PutTicket } from '../../lib/paxos/put-ticket.js';
import type { DeliveredBatch } from '../../lib/queue/state-holder.js';
import { DeliverySubject, expectedOf, foreign, Holder, lone, SELF } from '../support/delivery-subject.js';
import { BERT } from '../support/ids.js';

const OWN_BATCHES = 6;

const decidedValues = fc.array(
  fc.oneof(
    { weight: 1, arbitrary: fc.constant({ kind: 'no-op' as const }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('own' as const), which: fc.nat(OWN_BATCHES - 1) }) },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('foreign' as const),
        process: fc.constantFrom(BERT, SELF),
        incarnation: fc.integer({ min: 1, max: 2 }),
        sequence: fc.nat(9),
      }),
    },
  ),
  { maxLength: 40, size: 'max' },
);

const events = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('decide' as const), count: fc.nat(6) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('commit' as const), count: fc.nat(6) }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constantFrom('turn', 'pause', 'resume'), count: fc.constant(0) }),
    },
  ),
  { maxLength: 60, size: 'max' },
);

function valueOf(
  value: typeof decidedValues extends fc.Arbitrary<(infer V)[]> ? V : never,
  own: readonly Batch[],
): Batch {
  if (value.kind === 'no-op') return NO_OP;
  if (value.kind === 'own') return own[value.which]!;
  // Of this very incarnation there are no batches but the batcher's.
  return foreign(value.process, value.process === SELF ? 1 : value.incarnation, value.sequence);
}

function summaryOf(batches: readonly DeliveredBatch[]): { position: number; origin: ProcessId; texts: string[] }[] {
  return batches.map(({ position, origin, messages }) => ({ position, origin, texts: messages.map(String) }));
}

describe('delivery', () => {
  it('hands over what is decided, each once and in order, whenever a reader is bound, pauses and resumes', () => {
    fc.assert(
      fc.property(decidedValues, events, fc.option(fc.nat(70)), (values, list, bindsAt) => {
        const subject = new DeliverySubject();
        const positions = new Map<string, number>();
        const own = Array.from({ length: OWN_BATCHES }, (_, index) => {
          for (const text of [`${index}a`, `${index}b`].slice(index % 2)) {
            const ticket = new PutTicket(
              (position) => positions.set(text, position),
              () => {},
            );
            void subject.batcher.submit(Buffer.from(text), ticket);
          }
          return subject.batcher.nextBatch()!;
        });
        subject.log.push(...values.map((value) => valueOf(value, own)));
        const expected = expectedOf(subject.log);
        const handedOver = expected.map(({ position, origin, texts }) => ({ position, origin, texts }));
        const holder = new Holder(subject.log);
        const bind = () => void subject.delivery.bind(holder);
        const resume = () => {
          holder.onDeliver = () => {};
          holder.isReady = true;
          subject.delivery.resume();
        };
        list.forEach(({ kind, count }, step) => {
          if (step === bindsAt) bind();
          if (kind === 'decide') subject.decide(count);
          else if (kind === 'commit') subject.commit(count);
          else if (kind === 'turn') subject.turn();
          else if (kind === 'pause') holder.onDeliver = () => (holder.isReady = false);
          else resume();
          expect(summaryOf(holder.batches)).toEqual(handedOver.slice(0, holder.batches.length));
        });
        if (bindsAt !== null && bindsAt >= list.length) bind();
        subject.decide(Infinity);
        subject.commit(Infinity);
        subject.settle();
        // Even while the reader is behind, every put() knows its position.
        for (const { id, position, texts } of expected) {
          if (own.some((batch) => batch.id === id))
            texts.forEach((text, i) => expect(positions.get(text)).toBe(position + i));
        }
        resume();
        subject.settle();
        expect(subject.failures).toEqual([]);
        expect(summaryOf(holder.batches)).toEqual(bindsAt === null ? [] : handedOver);
      }),
      { numRuns: 500 },
    );
  });

  it('gives a holder that pushes back nothing of the next instance, though the log gives both at once', () => {
    const subject = new DeliverySubject();
    const holder = new Holder();
    void subject.delivery.bind(holder);
    holder.onDeliver = () => (holder.isReady = false);
    subject.decideAndCommit(lone(BERT, 1), lone(BERT, 5), lone(BERT, 9));
    for (const count of [1, 2, 3]) {
      subject.settle();
      expect(holder.batches).toHaveLength(count);
      holder.isReady = true;
      subject.delivery.resume();
    }
    expect(subject.failures).toEqual([]);
  });

  it('hands a state holder the tickets of what it put, with the messages they belong to', () => {
    fc.assert(
      fc.property(decidedValues, events, fc.nat(20), (values, list, replayed) => {
        const subject = new DeliverySubject().startedWith(
          ...Array.from({ length: replayed }, (_, i) => foreign(BERT, 3, i)),
        );
        const own = Array.from({ length: OWN_BATCHES }, (_, index) => {
          for (const text of [`${index}a`, `${index}b`].slice(index % 2))
            void subject.batcher.submit(Buffer.from(text), text);
          return subject.batcher.nextBatch()!;
        });
        subject.log.push(...values.map((value) => valueOf(value, own)));
        const holder = new Holder();
        void subject.delivery.bind(holder);
        for (const { kind, count } of list) {
          if (kind === 'decide') subject.decide(count);
          else if (kind === 'commit') subject.commit(count);
          else subject.turn();
        }
        subject.decide(Infinity);
        subject.commit(Infinity);
        subject.settle();
        const expected = expectedOf(subject.log);
        const isOwn = (id: BatchId) => own.some((batch) => batch.id === id);
        expect(holder.batches.map(({ tickets }) => tickets)).toEqual(
          expected.map(({ id, texts }) => (isOwn(id) ? texts : null)),
        );
        expect(subject.batcher.batchesInFlight).toBe(OWN_BATCHES - expected.filter(({ id }) => isOwn(id)).length);
      }),
    );
  });

  it('hands over in the same turn what is decided while the holder is at the front', () => {
    const subject = new DeliverySubject();
    const holder = new Holder();
    void subject.delivery.bind(holder);
    subject.decideAndCommit(lone(BERT, 2));
    expect(holder.texts).toHaveLength(2);
    expect(subject.reads).toBe(0);
  });

  it('is at the front again as soon as it has caught up, though commits lag behind decisions', () => {
    const subject = new DeliverySubject().startedWith(lone(BERT, 1));
    const holder = new Holder();
    void subject.delivery.bind(holder);
    subject.log.push(lone(BERT, 2), lone(BERT, 3), lone(BERT, 5));
    subject.decide(2);
    subject.settle();
    const { reads } = subject;
    subject.decide(1);
    expect(holder.texts).toHaveLength(1 + 2 + 3 + 1);
    expect(subject.reads).toBe(reads);
  });

  it('reads no log while nobody is bound and nobody waits', () => {
    const subject = new DeliverySubject().startedWith(lone(BERT, 1), lone(BERT, 2));
    subject.decideAndCommit(lone(BERT, 3));
    expect(subject.turn()).toBe(false);
    expect(subject.reads).toBe(0);
  });

  it('reads the log in slices, a turn of the event loop each', () => {
    const subject = new DeliverySubject().startedWith(...Array.from({ length: 50 }, (_, i) => foreign(BERT, 1, i)));
    const holder = new Holder();
    void subject.delivery.bind(holder);
    expect(holder.batches).toEqual([]);
    let turns = 0;
    while (subject.turn()) turns += 1;
    expect(holder.batches).toHaveLength(50);
    expect(turns).toBeGreaterThan(10);
  });

  it('reads no more than 1024 instances in one slice, however small', () => {
    const subject = new DeliverySubject().startedWith(...Array.from({ length: 3000 }, () => NO_OP), lone(BERT, 1));
    const holder = new Holder();
    void subject.delivery.bind(holder);
    subject.turn();
    expect(holder.batches).toEqual([]);
    subject.settle();
    expect([subject.reads, holder.batches.length]).toEqual([3, 1]);
  });
});

describe('put() without a reader', () => {
  it('is answered with the position that the log gives its message', () => {
    const subject = new DeliverySubject().startedWith(lone(BERT, 2), lone(BERT, 3));
    let answer: Position | undefined;
    void subject.batcher.submit(
      Buffer.from('x'),
      new PutTicket(
        (position) => (answer = position),
        () => {},
      ),
    );
    subject.decideAndCommit(subject.batcher.nextBatch()!);
    subject.settle();
    expect(answer).toBe(5);
    expect(subject.batcher.isIdle).toBe(true);
  });

  it('is answered once, though a reader that is bound later gets the message too', () => {
    const subject = new DeliverySubject();
    const answers: Position[] = [];
    void subject.batcher.submit(
      Buffer.from('x'),
      new PutTicket(
        (position) => answers.push(position),
        () => {},
      ),
    );
    subject.decideAndCommit(subject.batcher.nextBatch()!);
    const holder = new Holder();
    void subject.delivery.bind(holder);
    subject.settle();
    expect([answers, holder.texts]).toEqual([[0], ['x']]);
  });
});
