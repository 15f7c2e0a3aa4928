import { describe, expect, it } from '@jest/globals';

import { type BatchId, batchId } from '../../lib/model/batch.js';
import { defaults } from '../../lib/model/settings.js';
import { classicQuorum } from '../../lib/model/view.js';
import { CoreGroup, DELAYS_A_TICK } from '../support/core-group.js';
import { both, either, from, none, of, to } from '../support/losses.js';

/** In message delays from the `accept` that names the batch: it arrives, the first question is right, the votes follow. */
const FIRST_QUESTION = 1 + defaults.fetchTicks * DELAYS_A_TICK + 3;

const sizes = [3, 5, 6];

/** Every member but the first as the one that holds the batch. */
const holders = sizes.flatMap((n) => Array.from({ length: n - 1 }, (_, i) => [n, i + 2] as const));

interface Orphan {
  readonly group: CoreGroup;
  readonly id: BatchId;
}

/**
 * 1 coordinates and proposes a batch. It dies when `holder` alone has heard of it and voted for it, and nobody has heard of
 * that vote. Of the others as many live on as can choose anything, the holder among them.
 */
function orphan(n: number, holder: number): Orphan {
  const group = new CoreGroup(n).found();
  const others = group.processes.map((p) => p.number).filter((number) => number !== 1 && number !== holder);
  group.loss = either(both(from(1), to(...others)), both(from(holder), of('accepted')));
  group.crashAt = (process, point) => process === 1 && point === 'before-persist';
  const id = group.propose(1, 'a');
  group.run(2);
  group.crash(...others.slice(classicQuorum(n) - 1));
  group.loss = none;
  return { group, id };
}

/** Until the batch has been named in an `accept` of the second reign. */
function untilNamedAgain(group: CoreGroup): void {
  group.runUntil(() => group.sentOf('accept').some((m) => m.message.ballot.reign === 2));
}

/** Whom a process has asked for batches, in order. */
function askedBy(group: CoreGroup, number: number): number[] {
  return group
    .sentOf('fetch')
    .filter((m) => m.from === number)
    .map((m) => m.to);
}

describe('a batch whose proposer is dead', () => {
  it.each(holders)('is asked for once, of the only voter that holds it: of %i members it is %i', (n, holder) => {
    const { group, id } = orphan(n, holder);
    untilNamedAgain(group);
    expect(group.runUntil(() => group.everyoneHasDecided([id]))).toBeLessThanOrEqual(FIRST_QUESTION);
    expect(new Set(group.sentOf('fetch').map((m) => m.to))).toEqual(new Set([holder]));
  });

  it.each(sizes)('is asked for once, of the coordinator where that alone got it, among %i', (n) => {
    const group = new CoreGroup(n).found();
    group.loss = both(of('batch'), (m) => m.to > 1);
    const id = group.propose(n, 'a');
    group.crash(n);
    group.runUntil(() => group.sentOf('accept').length > 0);
    group.loss = none;
    expect(group.runUntil(() => group.everyoneHasDecided([id]))).toBeLessThanOrEqual(FIRST_QUESTION);
  });

  it.each(sizes)('is asked for once in a fast reign, of who has voted for it, among %i', (n) => {
    const group = new CoreGroup(n, { mode: 'fast' }).found();
    group.loss = both(of('propose'), (m) => m.to !== 2);
    const id = group.propose(n, 'a');
    group.run(1);
    group.crash(n);
    group.loss = none;
    group.runUntil(() => group.sentOf('accept').length > 0);
    expect(group.runUntil(() => group.everyoneHasDecided([id]))).toBeLessThanOrEqual(FIRST_QUESTION);
  });

  it.each(sizes)(
    'is asked for again as soon as a vote tells who holds it: a slow disk costs no more, among %i',
    (n) => {
      const slow = 2 * defaults.fetchTicks * DELAYS_A_TICK;
      const { group, id } = orphan(n, n);
      // Another must coordinate: the vote is what is slow here, not the reign.
      group.loss = both(of('canvass'), from(n));
      untilNamedAgain(group);
      group.commitDelays = (process) => (process === n ? slow : 0);
      const delays = group.runUntil(() => group.everyoneHasDecided([id]));
      expect(delays).toBeLessThanOrEqual(slow + DELAYS_A_TICK + 4);
    },
  );

  it.each(sizes)('is asked for anew in a new reign, however long it was asked for in vain, among %i', (n) => {
    const group = new CoreGroup(n).found();
    // All know its name and 2 alone holds it; no vote is heard, and no batch moves.
    group.loss = either(
      both(of('batch'), (m) => m.to !== 2),
      of('accepted'),
      both(of('canvass'), from(2)),
    );
    const id = group.propose(1, 'a');
    group.runTicks(4 * defaults.retryTicksMax);
    group.crash(1);
    untilNamedAgain(group);
    group.loss = none;
    expect(group.runUntil(() => group.everyoneHasDecided([id]))).toBeLessThanOrEqual(DELAYS_A_TICK + 4);
  });
});

describe('a process that lacks a batch', () => {
  it('asks who is known to have voted for it, then its proposer, then all others, and then begins again', () => {
    const group = new CoreGroup(6).found();
    const silent = both(of('accepted'), from(1, 2, 4, 5));
    group.loss = either(of('catch-up', 'decided'), both(either(of('batch'), silent), to(6)));
    group.propose(4, 'a');
    group.runTicks(10 * defaults.retryTicksMax);
    expect(askedBy(group, 6).slice(0, 10)).toEqual([3, 4, 1, 2, 5, 3, 4, 1, 2, 5]);
  });

  it('asks the latest voters first', () => {
    const { group, id } = orphan(6, 3);
    untilNamedAgain(group);
    const lower = { ...group.sentOf('accept').at(-1)!.message.ballot, reign: 1 };
    const asks = group.live.map((p) => p.number).filter((number) => number !== 3);
    // Somebody else is said to have voted for it in the first reign.
    for (const number of asks) {
      const other = asks.find((candidate) => candidate !== number)!;
      const items = [{ instance: group.process(number).core!.watermark, id }];
      group.forge(other, number, { kind: 'accepted', ballot: lower, watermark: items[0]!.instance, items });
    }
    group.runUntil(() => group.everyoneHasDecided([id]));
    for (const number of asks) expect(askedBy(group, number)[0]).toBe(3);
  });

  it('asks at growing intervals', () => {
    const group = new CoreGroup(3).found();
    group.loss = either(of('catch-up', 'decided'), both(of('batch'), to(3)));
    group.propose(2, 'a');
    group.runTicks(6 * defaults.retryTicksMax);
    const times = group.sentOf('fetch').map((m) => m.at / DELAYS_A_TICK);
    const waits = times.slice(1).map((time, i) => time - times[i]!);
    expect(waits.slice(0, 6)).toEqual([4, 8, 16, 32, defaults.retryTicksMax, defaults.retryTicksMax]);
  });

  it('asks at once, and at short intervals again, when it hears a vote in a higher ballot', () => {
    const group = new CoreGroup(3).found();
    group.loss = either(of('catch-up', 'decided'), both(of('batch'), to(3)));
    const id = group.propose(2, 'a');
    group.runTicks(4 * defaults.retryTicksMax);
    const { ballot, items } = group.sentOf('accept')[0]!.message;
    const heardAt = Math.floor(group.now / DELAYS_A_TICK);
    expect(items.map((item) => item.id)).toEqual([id]);
    group.forge(1, 3, { kind: 'accepted', ballot: { ...ballot, reign: 2 }, watermark: items[0]!.instance, items });
    group.sent.length = 0;
    group.runTicks(20);
    const asked = group.sentOf('fetch').map((m) => [m.to, m.at / DELAYS_A_TICK - heardAt]);
    expect(asked).toEqual([
      [1, 1],
      [2, 5],
      [1, 13],
    ]);
  });

  it('asks nobody while the batch may still be on its way', () => {
    const group = new CoreGroup(3).found();
    group.runUntil(() => group.now % DELAYS_A_TICK === DELAYS_A_TICK / 2);
    const late = (defaults.fetchTicks - 0.75) * DELAYS_A_TICK; // The clock ticks once meanwhile.
    group.copies = (m) => [m.message.kind === 'batch' && m.to === 3 ? late : 1];
    const id = group.propose(2, 'a');
    group.runUntil(() => group.everyoneHasDecided([id]));
    expect(group.sentOf('fetch')).toEqual([]);
  });

  it('begins with the voter after itself, lest all ask the same one', () => {
    const group = new CoreGroup(5).found();
    group.loss = either(of('catch-up'), both(of('batch'), to(2, 4)));
    const id = group.propose(1, 'a');
    group.runUntil(() => group.everyoneHasDecided([id]));
    expect([askedBy(group, 2), askedBy(group, 4)]).toEqual([[3], [5]]);
  });
});

describe('a coordinator', () => {
  it('gives an instance to what it had asked for before it began a classic reign, when it comes', () => {
    const group = new CoreGroup(3).found();
    const batch = group.process(3).newBatch('a');
    group.checker.proposed(batch);
    const watermark = group.process(2).core!.watermark;
    const items = [{ instance: watermark, id: batch.id }];
    group.forge(1, 2, { kind: 'accept', ballot: group.process(1).core!.reign!, items });
    group.crash(1);
    group.loss = both(of('canvass'), from(3));
    group.runUntil(() => group.coordinator === 2);
    group.forge(3, 2, { kind: 'batch', batch });
    expect(group.sentOf('accept').at(-1)).toMatchObject({ from: 2, message: { items: [{ id: batch.id }] } });
  });

  it('of a fast reign takes no answer to its own question for a proposal', () => {
    const group = new CoreGroup(5, { mode: 'fast' }).found();
    group.loss = of('propose');
    const before = group.sentOf('any').length;
    const id = group.propose(2, 'a');
    group.runUntil(() => group.everyoneHasDecided([id]));
    expect(group.sentOf('batch').map((m) => m.to)).toContain(1);
    expect(group.sentOf('any').length).toBe(before);
  });

  it('of a fast reign tells who hands it a batch that instances are free to take', () => {
    const group = new CoreGroup(4, { mode: 'fast' }).found();
    const before = group.sentOf('any').length;
    const batch = { id: batchId(group.process(2).id, 1, 1), body: Buffer.from('a') };
    group.forge(2, 1, { kind: 'batch', batch });
    expect(group.sentOf('any').slice(before)).toMatchObject([{ from: 1, to: 2 }]);
  });
});
