import { beforeEach, describe, expect, it } from '@jest/globals';

import { TreplicaError } from '../../../lib/model/errors.js';
import { CheckpointerSubject } from './checkpointer-subject.js';

let subject: CheckpointerSubject;

beforeEach(() => {
  subject = new CheckpointerSubject();
});

describe('a checkpoint that another process makes', () => {
  it('ends at the end of the stretch, and is announced', async () => {
    const made = await subject.disk.save(3, ['head', 'state']);
    const tasks = subject.saveElsewhere(async () => made);
    await subject.deliver(3);
    expect(tasks).toMatchObject([{ until: 3, latest: null, directory: 'directory', queueId: 'queue' }]);
    expect([subject.checkpoints, subject.announced]).toEqual([[made], [made.digest]]);
    await subject.deliver(3);
    expect(tasks[1]).toMatchObject({ until: 6, latest: made });
  });

  it('ends anywhere where somebody asks for one, and is then not announced', async () => {
    const made = await subject.disk.save(1, ['head', 'state']);
    subject.saveElsewhere(async () => made);
    await subject.deliver(1);
    await subject.checkpointer.checkpoint();
    expect([subject.checkpoints, subject.announced]).toEqual([[made], []]);
  });

  it('of what is damaged is made of the state here', async () => {
    const tasks = subject.saveElsewhere(() => Promise.reject(new TreplicaError('LEDGER_DAMAGED', 'damaged')));
    await subject.deliver(3);
    expect([tasks.length, subject.checkpoints.map(({ next }) => next), subject.announced]).toEqual([1, [3], []]);
  });

  it('is made of the state here while the latest cannot be read, and elsewhere again after that', async () => {
    const tasks = subject.saveElsewhere(async ({ until }) => subject.disk.save(until, ['head']));
    await subject.deliver(3);
    subject.checkpointer.lost();
    expect(subject.supplier.current).toBeNull();
    await subject.deliver(3);
    expect([tasks.length, subject.checkpoints.map(({ next }) => next)]).toEqual([1, [3, 6]]);
    await subject.deliver(3);
    expect(tasks.map(({ latest }) => latest?.next)).toEqual([undefined, 6]);
  });

  it('is made here when others have been ended for three stretches, so that the log does not grow without bound', async () => {
    const tasks = subject.saveElsewhere(() => Promise.reject(new TreplicaError('LEDGER_FAILED', 'it was ended')));
    await subject.deliver(9);
    expect([tasks.length, subject.checkpoints]).toEqual([3, []]);
    await subject.deliver(3);
    expect([tasks.length, subject.checkpoints.map(({ next }) => next)]).toEqual([3, [12]]);
    await subject.deliver(3);
    expect(tasks).toHaveLength(4);
  });

  it('is called off when the queue closes', async () => {
    subject.saveElsewhere(
      (_task, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    );
    await subject.deliver(3);
    await subject.checkpointer.close();
    expect([subject.checkpoints, subject.events]).toEqual([[], []]);
  });
});
