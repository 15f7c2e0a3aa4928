import { beforeEach, describe, expect, it } from '@jest/globals';

import type { Checkpoint } from '../../../lib/model/checkpoint.js';
import { TreplicaError } from '../../../lib/model/errors.js';
import type { Instance, ProcessId } from '../../../lib/model/ids.js';
import { lone, SELF, textsUntil } from '../../support/delivery-subject.js';
import { BERT, CARL } from '../../support/ids.js';
import { settled } from '../../support/settled.js';
import { CheckpointerSubject, digestB } from './checkpointer-subject.js';

let subject: CheckpointerSubject;

beforeEach(() => {
  subject = new CheckpointerSubject();
});

function foreignCheckpoint(next: number): Checkpoint {
  const { checkpoint } = subject.delivered.baseAt(0);
  return { ...checkpoint, next: next as Instance, digest: digestB };
}

describe('a checkpoint', () => {
  it('is made at the end of each stretch, and holds the state as of where it says that it ends', async () => {
    await subject.deliver(7);
    expect(subject.checkpoints.map(({ next }) => next)).toEqual([3, 6]);
    const [, last] = subject.checkpoints;
    expect(await subject.contents(last!)).toEqual({
      texts: textsUntil(subject.delivered.log, 6),
      next: 6,
      position: 18,
    });
    expect([subject.disk.complete.map(([next]) => next), subject.supplier.current]).toEqual([[6], last]);
  });

  it('is made later the higher the rank of the process', async () => {
    subject.members = ['0000000000000000' as ProcessId, SELF, BERT];
    await subject.deliver(3);
    expect(subject.checkpoints).toEqual([]);
    await subject.deliver(1);
    expect(subject.checkpoints.map(({ next }) => next)).toEqual([4]);
  });

  it('is made once at a time, whoever asks', async () => {
    await subject.deliver(1);
    const [first, second] = await Promise.all([subject.checkpointer.checkpoint(), subject.checkpointer.checkpoint()]);
    expect([first.next, second, subject.checkpoints.length]).toEqual([1, first, 1]);
  });

  it('waits until the holder holds what delivery says that it has been given', async () => {
    await subject.deliver(1);
    const { delivered } = subject;
    delivered.log.push(...Array.from({ length: 4 }, (_, i) => lone(BERT, 4 * i + 7)));
    delivered.install(delivered.baseAt(4));
    const made = subject.checkpointer.checkpoint();
    await settled();
    expect(subject.checkpoints).toEqual([]);
    await delivered.restorations[0]!.finish();
    const checkpoint = await made;
    expect(await subject.contents(checkpoint)).toMatchObject({ texts: textsUntil(delivered.log, 4), next: 4 });
  });

  it('holds nothing that is delivered while it is made', async () => {
    await subject.deliver(2);
    let goOn: () => void = () => {};
    subject.nextTurn = () => new Promise((resolve) => (goOn = resolve));
    subject.checkpointer.checkpoint().catch(() => {});
    await settled();
    subject.delivered.decideAndCommit(lone(BERT, 99));
    subject.delivered.settle();
    expect(subject.holder.state).toEqual(textsUntil(subject.delivered.log, 2));
    subject.nextTurn = async () => {};
    goOn();
    await settled();
    subject.delivered.settle();
    expect(subject.holder.state).toEqual(textsUntil(subject.delivered.log, 3));
    expect(await subject.contents(subject.checkpoints[0]!)).toMatchObject({
      texts: textsUntil(subject.delivered.log, 2),
      next: 2,
    });
  });

  it('that cannot be made is tried again after the next stretch, and keeps nothing waiting', async () => {
    let attempts = 0;
    subject.keeper.save = () => {
      attempts += 1;
      throw new TreplicaError('NOT_SERIALIZABLE', 'A socket has no bytes.');
    };
    await subject.deliver(5);
    expect([attempts, subject.events.length]).toEqual([1, 1]);
    await subject.deliver(1);
    expect([attempts, subject.holder.state]).toEqual([2, textsUntil(subject.delivered.log, 6)]);
    await expect(subject.checkpointer.checkpoint()).rejects.toMatchObject({ code: 'NOT_SERIALIZABLE' });
    expect(subject.disk.complete).toEqual([]);
  });

  it('is not made of what keeps no state', async () => {
    Object.defineProperty(subject.holder, 'keeper', { value: undefined });
    await expect(subject.checkpointer.checkpoint()).rejects.toMatchObject({ code: 'QUEUE_CLOSED' });
  });
});

describe('an installation', () => {
  it('takes the place of a checkpoint that is being made: it is never recorded, and whoever waits gets the other', async () => {
    await subject.deliver(2);
    let goOn: () => void = () => {};
    subject.nextTurn = () => new Promise((resolve) => (goOn = resolve));
    const made = subject.checkpointer.checkpoint();
    await settled();
    subject.checkpointer.installed(foreignCheckpoint(10));
    goOn();
    expect(await made).toEqual(foreignCheckpoint(10));
    expect([subject.checkpoints, subject.events]).toEqual([[], []]);
    await subject.deliver(1);
    expect(subject.holder.state).toEqual(textsUntil(subject.delivered.log, 3));
  });

  it('takes the place of one that is made and not recorded yet', async () => {
    await subject.deliver(1);
    subject.commitsAtOnce = false;
    const made = subject.checkpointer.checkpoint();
    await settled();
    subject.commit();
    await settled();
    subject.checkpointer.installed(foreignCheckpoint(10));
    while (subject.writes.length > 0) subject.commit();
    expect(await made).toEqual(foreignCheckpoint(10));
    expect([subject.checkpoints, subject.supplier.current]).toEqual([[], foreignCheckpoint(10)]);
  });
});

describe('the part of the log that a checkpoint makes superfluous', () => {
  it('stays while another is on its way here', async () => {
    await subject.deliver(3);
    const coming = await subject.disk.store.receive(foreignCheckpoint(50));
    await coming.append(Buffer.from('x'));
    subject.isReceiving = true;
    await subject.deliver(3);
    expect([subject.disk.complete.map(([next]) => next), subject.disk.received]).toEqual([[3, 6], [[50, 1]]]);
    subject.isReceiving = false;
    await subject.deliver(3);
    expect([subject.disk.complete.map(([next]) => next), subject.disk.received]).toEqual([[9], []]);
  });

  it('is cut off the log as long as there is anything', async () => {
    subject.cuts = [16, 16, 3];
    await subject.deliver(3);
    expect(subject.written.filter(({ kind }) => kind === 'truncation')).toEqual(
      Array.from({ length: 4 }, () => ({ kind: 'truncation', keepBytes: 5 })),
    );
  });

  it('stays in the log for somebody who is being served, but not for ever', async () => {
    await subject.deliver(3);
    const cut = () => subject.written.filter(({ kind }) => kind === 'truncation').length;
    const before = cut();
    const { digest } = subject.supplier.current!;
    subject.supplier.onWantChunk(CARL, { kind: 'want-chunk', digest, index: 0 });
    await subject.deliver(12);
    expect(cut()).toBe(before);
    await subject.deliver(3);
    expect(cut()).toBeGreaterThan(before);
  });
});

describe('a checkpointer that is closed', () => {
  it('leaves the disk alone when that is done, and complains of nothing', async () => {
    await subject.deliver(2);
    let goOn: () => void = () => {};
    subject.nextTurn = () => new Promise((resolve) => (goOn = resolve));
    const made = subject.checkpointer.checkpoint().catch((error: unknown) => error);
    await settled();
    const closed = subject.checkpointer.close();
    goOn();
    await closed;
    expect(await made).toMatchObject({ code: 'QUEUE_CLOSED' });
    await subject.deliver(3);
    expect([subject.checkpoints, subject.disk.complete, subject.events]).toEqual([[], [], []]);
    await expect(subject.checkpointer.checkpoint()).rejects.toMatchObject({ code: 'QUEUE_CLOSED' });
  });
});
