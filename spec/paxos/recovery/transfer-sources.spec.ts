import { beforeEach, describe, expect, it } from '@jest/globals';

import { ANNA, BERT, CARL } from '../../support/ids.js';
import { settled } from '../../support/settled.js';
import { CheckpointDisk } from '../../support/stored-checkpoint.js';
import { CHUNKS, PATIENCE, Receiver } from './receiver.js';

let receiver: Receiver;

beforeEach(async () => {
  receiver = new Receiver();
  receiver.checkpoint = await new CheckpointDisk().save(10, CHUNKS);
});

describe('a transfer', () => {
  it('asks all who have offered the same, in turn', async () => {
    await receiver.begin(ANNA, BERT, CARL);
    const sources = await receiver.answer();
    for (const source of [ANNA, BERT, CARL]) expect(sources.filter((of) => of === source).length).toBeGreaterThan(5);
    expect(receiver.completed).toHaveLength(1);
  });

  it('takes the furthest of what is offered at one time', async () => {
    const further = await new CheckpointDisk().save(11, ['another', ...CHUNKS]);
    receiver.offer(ANNA);
    receiver.offer(BERT, further);
    await receiver.begin(CARL);
    expect(new Set(receiver.asked.map(({ of }) => of))).toEqual(new Set([BERT]));
  });

  it('goes on with the others when a source is dead', async () => {
    await receiver.begin(ANNA, BERT);
    await receiver.answer((source) => source === BERT);
    receiver.tick(PATIENCE);
    await receiver.answer((source) => source === BERT);
    expect(receiver.completed).toHaveLength(1);
  });

  it('goes on with the others at once when a source says that it has the checkpoint no longer', async () => {
    await receiver.begin(ANNA, BERT);
    receiver.transfer.onNoChunk(ANNA, { kind: 'no-chunk', digest: receiver.checkpoint.digest });
    await receiver.answer((source) => source === BERT);
    expect(receiver.completed).toHaveLength(1);
  });

  it('asks again for a chunk that is lost on its way, and keeps its only source', async () => {
    await receiver.begin(ANNA);
    const lost = receiver.asked.shift();
    await receiver.answer();
    expect([lost?.index, receiver.completed]).toEqual([0, []]);
    receiver.tick(PATIENCE);
    await receiver.answer();
    expect(receiver.completed).toHaveLength(1);
    expect(receiver.events).not.toContainEqual(expect.objectContaining({ kind: 'fetch-abandoned' }));
  });

  it('waits longer each time, so that a chunk that takes its time is not sent for ever', async () => {
    await receiver.begin(ANNA);
    receiver.asked = [];
    receiver.tick(7 * PATIENCE);
    const times = receiver.asked.filter(({ index }) => index === 0).length;
    expect(times).toBe(3);
  });

  it('gives up when nobody sends anything any more, and goes on where it was when somebody offers the same', async () => {
    await receiver.begin(ANNA);
    for (let index = 0; index < 5; index += 1) receiver.chunk(ANNA, index);
    await settled();
    receiver.tick(8 * PATIENCE);
    await settled();
    expect(receiver.events).toContainEqual(expect.objectContaining({ kind: 'fetch-abandoned' }));
    expect([receiver.transfer.isActive, receiver.disk.received]).toEqual([false, [[10, 5]]]);
    receiver.asked = [];
    await receiver.begin(BERT);
    expect(receiver.asked[0]).toEqual({ of: BERT, index: 5 });
    await receiver.answer();
    expect(await receiver.disk.chunksOf(receiver.checkpoint)).toEqual(CHUNKS);
  });

  it('leaves a silent source earlier where somebody offers another checkpoint', async () => {
    const other = await new CheckpointDisk().save(12, ['another', ...CHUNKS]);
    await receiver.begin(ANNA);
    receiver.offer(BERT, other);
    receiver.tick(2 * PATIENCE);
    await settled();
    receiver.asked = [];
    receiver.offer(BERT, other);
    receiver.tick(5);
    await settled();
    expect(receiver.asked[0]).toEqual({ of: BERT, index: 0 });
  });

  it('takes no notice of chunks that it has not asked for', async () => {
    await receiver.begin(ANNA);
    receiver.chunk(ANNA, 19);
    receiver.chunk(ANNA, 2 ** 50);
    receiver.transfer.onChunk(ANNA, { kind: 'chunk', digest: 'f'.repeat(32), index: 0, bytes: Buffer.from('x') });
    await receiver.answer();
    expect(await receiver.disk.chunksOf(receiver.checkpoint)).toEqual(CHUNKS);
  });
});

describe('the checkpoint that is awaited', () => {
  it('is the one that was asked for, names the processes that offered it, and gets further by the chunks that come', async () => {
    expect(receiver.transfer.awaited).toBeNull();
    await receiver.begin(ANNA, BERT);
    const what = { kind: 'chunks', stored: 0, chunks: CHUNKS.length, sources: [ANNA, BERT] };
    expect(receiver.transfer.awaited).toMatchObject({ what });
    const before = receiver.transfer.awaited?.progress;
    receiver.tick(1);
    expect(receiver.transfer.awaited?.progress).toBe(before);
    receiver.transfer.arriving({ from: ANNA, bytes: 1_000, agoTicks: 0 });
    const later = receiver.transfer.awaited?.progress;
    expect(later).not.toBe(before);
    receiver.chunk(ANNA, 0);
    await settled();
    expect(receiver.transfer.awaited).toMatchObject({ what: { ...what, stored: 1 } });
    expect(receiver.transfer.awaited?.progress).not.toBe(later);
  });
});

describe('a chunk from a process that has not offered the checkpoint', () => {
  it('counts for nothing, whatever it holds', async () => {
    await receiver.begin(ANNA);
    for (const { index } of receiver.asked) receiver.chunk(BERT, index, 'forged');
    await receiver.answer();
    expect(receiver.completed).toEqual([receiver.checkpoint]);
  });
});
