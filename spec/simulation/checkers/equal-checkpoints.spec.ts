import { describe, expect, it } from '@jest/globals';

import { NO_OP } from '../../../lib/model/batch.js';
import { EqualCheckpoints } from '../../../lib/simulation/checkers/equal-checkpoints.js';
import { OneOrder } from '../../../lib/simulation/checkers/one-order.js';
import { agreementOf, batchOf, checkpointAt, checkpointed, classic, found, report, vote } from './subjects.js';

describe('equal checkpoints', () => {
  /** Two messages at instance 0, none at 1, one at 2. */
  const checkpoints = (): EqualCheckpoints => {
    const { agreement, commit } = agreementOf(1);
    const batches = [batchOf(0, ['a', 'b']), NO_OP, batchOf(1, ['c'])];
    batches.forEach((batch, instance) => commit(0, vote(instance, classic(1), batch)));
    return new EqualCheckpoints(new OneOrder(agreement, report, () => undefined), report);
  };

  it('a checkpoint stands where its messages end', () => {
    const checker = checkpoints();
    for (const [next, position] of [
      [0, 0],
      [1, 2],
      [2, 2],
      [3, 3],
    ] as const)
      checker.durable('p1', [checkpointed(checkpointAt(next, position))]);
    expect(found).toEqual([]);
  });

  it('a checkpoint does not stand elsewhere, nor beyond what has been chosen', () => {
    const checker = checkpoints();
    checker.durable('p1', [checkpointed(checkpointAt(2, 3))]);
    checker.durable('p1', [checkpointed(checkpointAt(4, 4))]);
    expect(found).toEqual([
      'the checkpoint of p1 at 2 is at position 3, and 2 messages come before',
      'the checkpoint of p1 at 4 is at position 4, and undefined messages come before',
    ]);
  });

  it('two checkpoints at one place hold the same', () => {
    const checker = checkpoints();
    checker.durable('p1', [checkpointed(checkpointAt(1, 2))]);
    checker.durable('p2', [checkpointed(checkpointAt(1, 2))]);
    expect(found).toEqual([]);
    checker.durable('p3', [checkpointed(checkpointAt(1, 2, 'e'.repeat(32)))]);
    expect(found).toEqual(['the checkpoints of p1 and p3 at 1 differ']);
  });
});
