import { describe, expect, it } from '@jest/globals';

import type { LedgerRecord } from '../../../lib/model/records.js';
import { Durability } from '../../../lib/simulation/checkers/durability.js';
import { OneOrder } from '../../../lib/simulation/checkers/one-order.js';
import {
  agreementOf,
  batchOf,
  checkpointAt,
  checkpointed,
  classic,
  delivered,
  found,
  report,
  vote,
  Y,
} from './subjects.js';

describe('durability', () => {
  /** Three members, of whom the first two have chosen a batch, which everybody is handed. */
  const chosenByTwo = () => {
    const { agreement, commit } = agreementOf(3);
    const order = new OneOrder(agreement, report, () => undefined);
    const durability = new Durability(agreement, order, report);
    const write = (member: number, ...records: LedgerRecord[]): void => {
      commit(member, ...records);
      durability.durable(`p${member + 1}`, records);
    };
    for (const member of [0, 1]) write(member, vote(0, classic(1), batchOf(0, ['a', 'b'])));
    order.delivers('p1', 0, delivered(0, ['a', 'b']));
    return { durability, write };
  };

  it('an operation that a majority of disks holds may be acknowledged', () => {
    chosenByTwo().durability.acknowledged('p1', delivered(0, ['a', 'b']));
    expect(found).toEqual([]);
  });

  it('an operation that fewer hold is not acknowledged', () => {
    const { durability, write } = chosenByTwo();
    write(1, vote(0, classic(2), Y));
    durability.acknowledged('p1', delivered(0, ['a', 'b']));
    expect(found).toEqual(['p1 acknowledges position 0 with 1 copies on 3 disks']);
  });

  it('a checkpoint holds what is before its end', () => {
    const { durability, write } = chosenByTwo();
    write(1, vote(0, classic(2), Y));
    write(2, checkpointed(checkpointAt(1, 2)));
    durability.acknowledged('p1', delivered(0, ['a', 'b']));
    expect(found).toEqual([]);
  });

  it('a checkpoint that ends before does not', () => {
    const { durability, write } = chosenByTwo();
    write(1, vote(0, classic(2), Y));
    write(2, checkpointed(checkpointAt(0)));
    durability.acknowledged('p1', delivered(0, ['a', 'b']));
    expect(found).toHaveLength(1);
  });

  it('a process that has caught up holds all that was acknowledged', () => {
    const { durability } = chosenByTwo();
    durability.acknowledged('p1', delivered(0, ['a', 'b']));
    durability.finish('p2', 2);
    expect(found).toEqual([]);
    durability.finish('p3', 1);
    expect(found).toEqual(['2 operations were acknowledged, and p3 ends with 1']);
  });
});
