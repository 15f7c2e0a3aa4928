import { describe, expect, it } from '@jest/globals';

import { executed } from '../../benchmarks/workload.js';
import { workloads } from '../../benchmarks/workloads.js';
import { ReplicatedStateMachine } from '../../lib/machine/replicated-state-machine.js';
import { MemoryLog } from '../support/memory-queue.js';

describe.each(Object.entries(workloads))('the workload %s', (_, workload) => {
  it('counts every operation where it is executed', async () => {
    const machine = await ReplicatedStateMachine.create(workload.initialState(), new MemoryLog().queue());
    const before = executed.operations;
    for (const caller of [0, 1, 0]) await machine.execute(workload.operation('1', caller, 'x'));
    expect(executed.operations - before).toBe(3);
    expect(executed.position).toBe(3);
  });
});

describe('the workload auction', () => {
  it('puts up another auction with every operation, whoever executes it', async () => {
    const { auction } = workloads;
    const machine = await ReplicatedStateMachine.create(auction.initialState(), new MemoryLog().queue());
    for (const replica of ['1', '2']) {
      for (const caller of [0, 1, 0]) {
        const result = await machine.execute(auction.operation(replica, caller, 'xyz'));
        expect(result).toMatchObject({ created: true, auction: { item: 'xyz' } });
      }
    }
    expect(machine.state).toHaveProperty('auctions.size', 6);
  });
});
