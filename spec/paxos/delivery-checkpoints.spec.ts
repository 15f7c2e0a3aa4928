import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { Batch } from '../../lib/model/batch.js';
import { TreplicaError } from '../../lib/model/errors.js';
import type { Instance } from '../../lib/model/ids.js';
import { PutTicket } from '../../lib/paxos/put-ticket.js';
import { DeliverySubject, foreign, Holder, KeptHolder, lone, textsUntil } from '../support/delivery-subject.js';
import { BERT } from '../support/ids.js';
import { isSettled } from '../support/settled.js';

const unreadable = new TreplicaError('LEDGER_DAMAGED', 'The checkpoint cannot be read.');

function batches(count: number): Batch[] {
  return Array.from({ length: count }, (_, sequence) => foreign(BERT, 1, sequence));
}

/** A process whose log begins where its checkpoint ends. */
function startedAt(next: number, log: readonly Batch[]): DeliverySubject {
  const recorder = new DeliverySubject();
  recorder.log.push(...log);
  const subject = new DeliverySubject({ base: recorder.baseAt(next) }).startedWith(...log);
  subject.start = next;
  return subject;
}

function nothing(): void {}

describe('a delivery that nobody is bound to', () => {
  it('has the first that is bound wait for what was put here before, although that has its positions', async () => {
    const subject = new DeliverySubject();
    void subject.batcher.submit(Buffer.from('put before'), new PutTicket(nothing, nothing));
    subject.decideAndCommit(subject.batcher.nextBatch()!);
    subject.settle();
    expect(subject.delivery.front.next).toBe(1);
    const holder = new Holder();
    const bound = subject.delivery.bind(holder);
    expect([holder.texts, await isSettled(bound)]).toEqual([[], false]);
    subject.settle();
    await bound;
    expect(holder.texts).toEqual(['put before']);
  });
});

describe('a delivery that starts from a checkpoint', () => {
  it('hands over the state first, and then what follows it', async () => {
    const subject = startedAt(3, batches(6));
    const holder = new KeptHolder();
    const bound = subject.delivery.bind(holder);
    subject.settle();
    expect([holder.state, await isSettled(bound)]).toEqual([[], false]);
    await subject.restorations[0]!.finish();
    subject.settle();
    await bound;
    expect(holder.state).toEqual(textsUntil(subject.log, 6));
  });

  it('refuses a holder that has no state to put it in', async () => {
    const subject = startedAt(3, batches(6));
    void subject.delivery.bind(new Holder());
    await new Promise(setImmediate);
    expect(subject.failures).toEqual([expect.objectContaining({ code: 'STATE_MISMATCH' })]);
  });

  it('goes on from the log where that holds everything and the checkpoint cannot be read', async () => {
    const subject = startedAt(3, batches(6));
    subject.start = 0;
    const holder = new KeptHolder();
    const bound = subject.delivery.bind(holder);
    await subject.restorations[0]!.fail(unreadable);
    expect(subject.lost).toEqual([unreadable]);
    expect(subject.delivery.mayStartFromLog).toBe(true);
    subject.delivery.startFromLog();
    subject.settle();
    await bound;
    expect(holder.state).toEqual(textsUntil(subject.log, 6));
  });

  it('waits for another checkpoint where the log does not hold everything', async () => {
    const subject = startedAt(3, batches(6));
    const holder = new KeptHolder();
    const bound = subject.delivery.bind(holder);
    await subject.restorations[0]!.fail(unreadable);
    subject.settle();
    expect(await isSettled(bound)).toBe(false);
    subject.install(subject.baseAt(5));
    await subject.restorations[1]!.finish();
    subject.settle();
    await bound;
    expect(holder.state).toEqual(textsUntil(subject.log, 6));
  });

  it('answers put() where nobody is bound, once another checkpoint is there in place of one that is lost', () => {
    const subject = new DeliverySubject({ isAdrift: true });
    subject.log.push(...batches(3));
    let position = -1;
    const ticket = new PutTicket(
      (answer) => (position = answer),
      () => {},
    );
    void subject.batcher.submit(Buffer.from('x'), ticket);
    subject.install(subject.baseAt(3));
    subject.decideAndCommit(subject.batcher.nextBatch()!);
    subject.settle();
    expect(position).toBe(subject.baseAt(3).checkpoint.position);
  });
});

describe('a delivery that is held', () => {
  it('hands over nothing until it is released, and then all of it', () => {
    const subject = new DeliverySubject();
    const holder = new KeptHolder();
    void subject.delivery.bind(holder);
    const release = subject.delivery.hold();
    subject.decideAndCommit(...batches(4));
    subject.settle();
    expect(holder.batches).toEqual([]);
    release();
    subject.settle();
    expect(holder.state).toEqual(textsUntil(subject.log, 4));
  });

  it('says nothing more when it is stopped meanwhile', () => {
    const subject = new DeliverySubject();
    const holder = new KeptHolder();
    void subject.delivery.bind(holder);
    const release = subject.delivery.hold();
    subject.decideAndCommit(...batches(4));
    subject.delivery.stop(null);
    release();
    subject.settle();
    expect([holder.batches, holder.stops.length]).toEqual([[], 1]);
  });
});

describe('a delivery whose log is damaged', () => {
  it('waits there and goes on when it is repaired', async () => {
    const subject = new DeliverySubject().startedWith(...batches(6));
    subject.damaged = 3 as Instance;
    const holder = new KeptHolder();
    const bound = subject.delivery.bind(holder);
    subject.settle();
    expect(subject.damages).toEqual([expect.objectContaining({ from: 3, end: 4 })]);
    expect([holder.state, await isSettled(bound)]).toEqual([textsUntil(subject.log, 3), false]);
    subject.damaged = null;
    subject.delivery.repaired();
    subject.settle();
    await bound;
    expect(holder.state).toEqual(textsUntil(subject.log, 6));
  });

  it('goes on from a checkpoint that ends behind the damage', async () => {
    const subject = new DeliverySubject().startedWith(...batches(6));
    subject.damaged = 3 as Instance;
    const holder = new KeptHolder();
    void subject.delivery.bind(holder);
    subject.settle();
    subject.install(subject.baseAt(5));
    await subject.restorations[0]!.finish();
    subject.settle();
    expect(holder.state).toEqual(textsUntil(subject.log, 6));
  });

  it('stays where it is when a checkpoint takes the place of what it has passed', () => {
    const subject = new DeliverySubject().startedWith(...batches(6));
    const reader = new Holder();
    void subject.delivery.bind(reader);
    subject.settle();
    subject.install(subject.baseAt(5));
    subject.decideAndCommit(lone(BERT, 7));
    expect([subject.restorations, subject.failures]).toEqual([[], []]);
    expect(reader.texts).toEqual(textsUntil(subject.log, 7));
  });
});

describe('an installation', () => {
  it('takes decisions from its end on while the state is being restored', async () => {
    const subject = new DeliverySubject();
    const holder = new KeptHolder();
    void subject.delivery.bind(holder);
    subject.decideAndCommit(...batches(2));
    subject.log.push(...batches(10).slice(2));
    subject.install(subject.baseAt(7));
    subject.decide(2);
    subject.commit(10);
    subject.decide(1);
    subject.settle();
    expect(holder.state).toEqual(textsUntil(subject.log, 2));
    await subject.restorations[0]!.finish();
    subject.settle();
    expect(subject.failures).toEqual([]);
    expect(holder.state).toEqual(textsUntil(subject.log, 10));
  });

  it('gives way to a later one, however the restoration of its state ends', async () => {
    for (const end of ['finish', 'fail'] as const) {
      const subject = new DeliverySubject();
      const holder = new KeptHolder();
      void subject.delivery.bind(holder);
      subject.log.push(...batches(10));
      subject.install(subject.baseAt(4));
      subject.install(subject.baseAt(7));
      const [first, second] = subject.restorations;
      await (end === 'finish' ? first!.finish() : first!.fail(unreadable));
      expect([holder.state, subject.lost]).toEqual([[], []]);
      await second!.finish();
      subject.decide(3);
      subject.commit(10);
      subject.settle();
      expect(holder.state).toEqual(textsUntil(subject.log, 10));
    }
  });

  it('that cannot be restored where part of the log has been executed is not made good from the log', async () => {
    const subject = new DeliverySubject().startedWith(...batches(6));
    subject.damaged = 3 as Instance;
    void subject.delivery.bind(new KeptHolder());
    subject.settle();
    subject.install(subject.baseAt(5));
    await subject.restorations[0]!.fail(unreadable);
    expect(subject.delivery.mayStartFromLog).toBe(false);
    expect(() => subject.delivery.startFromLog()).toThrow(expect.objectContaining({ code: 'INVARIANT_VIOLATION' }));
  });

  it('has no effect on a delivery that is stopped before the state is restored', async () => {
    const subject = new DeliverySubject();
    const holder = new KeptHolder();
    const bound = subject.delivery.bind(holder);
    subject.log.push(...batches(4));
    subject.install(subject.baseAt(4));
    subject.delivery.stop(null);
    await subject.restorations[0]!.finish();
    await bound;
    expect([holder.state, holder.stops.length]).toEqual([[], 1]);
  });

  it('nobody is told that he is up to date before the state is there', async () => {
    const subject = new DeliverySubject();
    void subject.delivery.bind(new KeptHolder());
    subject.log.push(...batches(4));
    subject.install(subject.baseAt(4));
    const caughtUp = subject.delivery.caughtUp();
    expect(await isSettled(caughtUp)).toBe(false);
    await subject.restorations[0]!.finish();
    await caughtUp;
  });

  it('tells every caller once: what the checkpoint holds is unknown, what follows it is answered', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(6), fc.nat(6), fc.nat(4), async (inCheckpoint, after, before) => {
        const subject = new DeliverySubject();
        const holder = new KeptHolder();
        void subject.delivery.bind(holder);
        const told = new Map<string, string[]>();
        const own = Array.from({ length: before + inCheckpoint + after }, (_, i) => {
          const name = `put ${i}`;
          told.set(name, []);
          const tell = (what: string) => void told.get(name)!.push(what);
          const ticket = new PutTicket(
            (position) => tell(String(position)),
            () => tell('unknown'),
          );
          void subject.batcher.submit(Buffer.from(name), ticket);
          void subject.batcher.submit(Buffer.from(`held ${i}`), `ticket ${i}`);
          return subject.batcher.nextBatch()!;
        });
        subject.decideAndCommit(...own.slice(0, before));
        subject.log.push(...own.slice(before));
        subject.install(subject.baseAt(before + inCheckpoint));
        subject.decide(1);
        await subject.restorations.at(-1)?.finish();
        // A batch that the checkpoint holds may be decided again.
        subject.log.push(...own.slice(before, before + inCheckpoint));
        subject.decide(100);
        subject.commit(100);
        subject.settle();
        const expected = own.map((_, i) => (i >= before && i < before + inCheckpoint ? ['unknown'] : [String(2 * i)]));
        expect([...told.values()]).toEqual(expected);
        expect(holder.skipped).toEqual(own.slice(0, inCheckpoint).map((_, i) => `ticket ${before + i}`));
        expect(
          holder.batches.flatMap(({ tickets }) => tickets?.filter((ticket) => ticket !== undefined) ?? []),
        ).toEqual(own.map((_, i) => `ticket ${i}`).filter((ticket) => !holder.skipped.includes(ticket)));
        expect(subject.batcher.isIdle).toBe(true);
        expect(subject.failures).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
