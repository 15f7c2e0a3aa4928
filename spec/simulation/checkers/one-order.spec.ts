import { describe, expect, it } from '@jest/globals';

import { type Batch, NO_OP } from '../../../lib/model/batch.js';
import { constants } from '../../../lib/model/constants.js';
import { OneOrder } from '../../../lib/simulation/checkers/one-order.js';
import { agreementOf, batchOf, classic, delivered, found, report, vote, X, Y, Z } from './subjects.js';

describe('one order', () => {
  const orderOf = () => {
    const { agreement, commit } = agreementOf(1);
    const placed: { place: number; texts: string[] }[] = [];
    const order = new OneOrder(agreement, report, (place, { messages }) =>
      placed.push({ place, texts: messages.map(String) }),
    );
    /** Chooses batches at one instance after the other. */
    const choose = (...batches: readonly Batch[]): void => {
      for (const batch of batches) commit(0, vote(agreement.front, classic(1), batch));
    };
    return { order, choose, placed };
  };

  it('every process is handed what was chosen, message by message, at one pace or another', () => {
    const { order, choose, placed } = orderOf();
    choose(batchOf(0, ['a', 'b']), NO_OP, batchOf(1, ['c']));
    order.delivers('p1', 0, delivered(0, ['a', 'b']));
    order.delivers('p2', 0, delivered(0, ['a', 'b']));
    order.delivers('p2', 2, delivered(2, ['c']));
    order.delivers('p1', 2, delivered(2, ['c']));
    expect(found).toEqual([]);
    expect(placed).toEqual([
      { place: 0, texts: ['a', 'b'] },
      { place: 2, texts: ['c'] },
    ]);
    expect(order.length).toBe(3);
    expect([0, 1, 2, 3].map((position) => order.instanceOf(position))).toEqual([0, 0, 2, undefined]);
  });

  it('a process that begins anew is handed everything again', () => {
    const { order, choose } = orderOf();
    choose(X, Y);
    for (let life = 0; life < 2; life += 1) {
      order.delivers('p1', 0, delivered(0, ['message 0']));
      order.delivers('p1', 1, delivered(1, ['message 1']));
    }
    expect(found).toEqual([]);
  });

  it('a process goes on from a state that has seen more, and never from one that has seen less', () => {
    const { order, choose } = orderOf();
    choose(X, Y);
    order.restored('p1', 0, 1);
    order.delivers('p1', 1, delivered(1, ['message 1']));
    expect(found).toEqual([]);
    order.restored('p1', 2, 1);
    expect(found).toEqual(['p1 goes back from 2 messages to 1']);
  });

  it('every instance has its place, once all before it has been chosen', () => {
    const { order, choose } = orderOf();
    choose(batchOf(0, ['a', 'b']), NO_OP, batchOf(1, ['c']));
    expect([0, 1, 2, 3, 4].map((instance) => order.placeOf(instance))).toEqual([0, 2, 2, 3, undefined]);
  });

  it('no message is left out', () => {
    const { order, choose } = orderOf();
    choose(X, Y);
    order.delivers('p1', 0, delivered(1, ['message 1']));
    expect(found).toEqual(['p1 is handed position 1 after 0 messages']);
  });

  it('no message is handed over twice', () => {
    const { order, choose } = orderOf();
    choose(X);
    order.delivers('p1', 0, delivered(0, ['message 0']));
    order.delivers('p1', 1, delivered(0, ['message 0']));
    expect(found).toEqual(['p1 is handed position 0 after 1 messages']);
  });

  it('no message is handed over before it is chosen', () => {
    const { order, choose } = orderOf();
    choose(X);
    order.delivers('p1', 0, delivered(0, ['message 0', 'message 1']));
    expect(found).toEqual(['p1 is handed a message at 1 that has not been chosen']);
  });

  it('no message stands where another was chosen', () => {
    const { order, choose } = orderOf();
    choose(X, Y);
    order.delivers('p1', 0, delivered(0, ['message 1']));
    expect(found).toEqual(['p1 is handed another message at 0 than was chosen']);
  });

  it('a batch that was chosen twice has its first place only', () => {
    const { order, choose } = orderOf();
    choose(X, X, Y);
    order.delivers('p1', 0, delivered(0, ['message 0']));
    order.delivers('p1', 1, delivered(1, ['message 0']));
    expect(found).toEqual(['p1 is handed another message at 1 than was chosen']);
  });

  it('a batch that comes after one of a later life of its process has no place', () => {
    const { order, choose } = orderOf();
    choose(batchOf(0, ['late'], 2), batchOf(0, ['too late'], 1), batchOf(1, ['in time'], 2));
    order.delivers('p1', 0, delivered(0, ['late']));
    order.delivers('p1', 1, delivered(1, ['in time']));
    expect(found).toEqual([]);
    order.delivers('p2', 1, delivered(1, ['too late']));
    expect(found).toHaveLength(1);
  });

  it('a batch beyond those that are held of one process has no place there, and one when it is chosen again', () => {
    const { order, choose } = orderOf();
    const early = Array.from({ length: constants.heldBatchesMax }, (_, i) => batchOf(i + 2));
    choose(...early, Y, X);
    order.delivers('p1', 0, delivered(0, ['message 0']));
    order.delivers('p1', 1, delivered(1, ['message 1']));
    expect(found).toEqual(['p1 is handed a message at 1 that has not been chosen']);
    choose(Y);
    order.delivers('p2', 1, delivered(1, ['message 1', 'message 2']));
    expect([found.length, order.length]).toEqual([1, constants.heldBatchesMax + 2]);
  });

  it('a batch that is too long to be held has no place before its turn', () => {
    const { order, choose } = orderOf();
    const long = batchOf(1, ['x'.repeat(constants.heldBytesMax)]);
    choose(long, X, Z);
    expect([3, 4].map((instance) => order.placeOf(instance))).toEqual([1, undefined]);
    choose(long);
    expect(order.placeOf(4)).toBe(3);
    expect(found).toEqual([]);
  });

  it('a batch that is chosen is known to some process', () => {
    const { order, choose } = orderOf();
    choose({ id: X.id, body: Buffer.alloc(0) });
    order.delivers('p1', 0, delivered(0, ['message 0']));
    expect(found[0]).toBe(`${X.id} is chosen at 0 and nobody knows what is in it`);
  });
});
