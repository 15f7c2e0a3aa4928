import { beforeEach, describe, expect, it } from '@jest/globals';

import { SELF } from '../../support/delivery-subject.js';
import { BERT, CARL, DORA } from '../../support/ids.js';
import { CheckpointerSubject, digestA, digestB, digestC } from './checkpointer-subject.js';

let subject: CheckpointerSubject;

beforeEach(() => {
  subject = new CheckpointerSubject();
});

describe('digests', () => {
  beforeEach(() => {
    subject.members = [SELF, BERT, CARL];
  });

  it('that a majority shares against this process stop it', () => {
    subject.announce(SELF, digestA);
    subject.announce(BERT, digestB);
    expect(subject.events).toMatchObject([{ kind: 'states-differ' }]);
    expect(subject.verdicts).toEqual([]);
    subject.announce(CARL, digestB);
    expect(subject.verdicts).toEqual([
      {
        verdict: { next: 3, refuted: digestA, upheld: digestB },
        cause: expect.objectContaining({ code: 'INVARIANT_VIOLATION' }),
      },
    ]);
  });

  it('that a majority shares against this process let it execute nothing more, and offer nothing', async () => {
    await subject.deliver(1);
    await subject.checkpointer.checkpoint();
    subject.announce(SELF, digestA);
    subject.announce(BERT, digestB);
    expect(subject.supplier.current).not.toBeNull();
    subject.announce(CARL, digestB);
    expect(subject.supplier.current).toBeNull();
    const { length } = subject.holder.texts;
    await subject.deliver(2);
    expect(subject.holder.texts).toHaveLength(length);
  });

  it('that all differ stop nobody: nobody knows who is right', () => {
    subject.announce(SELF, digestA);
    subject.announce(BERT, digestB);
    subject.announce(CARL, digestC);
    expect(subject.events).toHaveLength(2);
  });

  it('of who has no vote are not counted', () => {
    subject.announce(SELF, digestA);
    subject.announce(DORA, digestB);
    subject.announce(BERT, digestB);
    expect(subject.events).toHaveLength(1);
  });

  it('are compared at the same place only', () => {
    subject.announce(SELF, digestA);
    subject.announce(BERT, digestB, 6);
    subject.announce(CARL, digestB, 9);
    expect(subject.events).toEqual([]);
  });

  it('of the others stop a process that is the last to make its checkpoint', async () => {
    subject.announce(BERT, digestB);
    subject.announce(CARL, digestB);
    subject.saveElsewhere(async () => subject.disk.save(3, ['another state']));
    await subject.deliver(4);
    expect(subject.checkpoints).toEqual([]);
    expect(subject.verdicts).toMatchObject([{ verdict: { next: 3, upheld: digestB } }]);
  });
});
