import { describe, expect, it } from '@jest/globals';

import type { ExecutionContext } from '../../lib/machine/execution-context.js';
import { Operation, operation } from '../../lib/machine/operation.js';
import { ReplicatedStateMachine } from '../../lib/machine/replicated-state-machine.js';
import { StateMachine } from '../../lib/machine/state-machine.js';
import { refusal } from '../serialization/state-support.js';
import { AuctionHouse, type Bid, OpenAuction, PlaceBid } from '../support/auction-house.js';
import { MemoryLog } from '../support/memory-queue.js';

class Counter extends StateMachine {
  count = 0;
}

@operation('spec.operation.later')
class CountLater extends Operation<Counter, unknown> {
  constructor(readonly kind: 'promise' | 'thenable') {
    super();
  }

  execute(counter: Counter): unknown {
    counter.count += 1;
    return this.kind === 'promise' ? Promise.reject(new Error('later')) : { then: () => (counter.count = 100) };
  }
}

describe('@operation', () => {
  it.each([
    ['AsyncFunction', class extends Operation<Counter, Promise<void>> { async execute(): Promise<void> {} }], // prettier-ignore
    ['GeneratorFunction', class extends Operation<Counter, unknown> { *execute(): Generator {} }], // prettier-ignore
    ['AsyncGeneratorFunction', class extends Operation<Counter, unknown> { async *execute(): AsyncGenerator {} }], // prettier-ignore
  ])('refuses an execute that is an %s', (kind, type) => {
    expect(refusal(() => operation('spec.operation.asynchronous')(type))).toMatchObject({
      code: 'OPERATION_ASYNCHRONOUS',
      message: expect.stringContaining(`'spec.operation.asynchronous') is a ${kind}`),
    });
  });

  it('refuses an inherited asynchronous execute too', () => {
    class Base extends Operation<Counter, Promise<void>> {
      async execute(): Promise<void> {}
    }
    class Derived extends Base {}
    expect(refusal(() => operation('spec.operation.derived')(Derived))).toMatchObject({
      code: 'OPERATION_ASYNCHRONOUS',
    });
  });

  it('refuses a class without a method execute', () => {
    class Field extends Operation<Counter> {
      override execute = (): void => {};
    }
    expect(refusal(() => operation('spec.operation.field')(Field))).toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('refuses a name that is taken', () => {
    class Other extends Operation<Counter> {
      execute(): void {}
    }
    expect(refusal(() => operation('spec.auction.bid')(Other))).toMatchObject({
      code: 'CLASS_REGISTERED_TWICE',
      message: expect.stringMatching(/PlaceBid.*Other/),
    });
  });
});

describe('An operation that returns a promise', () => {
  it.each(['promise', 'thenable'] as const)('or another %s is rejected, and harms nobody else', async (kind) => {
    const log = new MemoryLog();
    const here = await ReplicatedStateMachine.create(new Counter(), log.queue());
    const there = await ReplicatedStateMachine.create(new Counter(), log.queue());
    await expect(here.execute(new CountLater(kind))).rejects.toMatchObject({
      code: 'OPERATION_ASYNCHRONOUS',
      message: expect.stringMatching(/CountLater/),
    });
    expect([here.state.count, there.state.count]).toEqual([1, 1]);
  });
});

describe('Types', () => {
  it('the result of execute is what the operation returns', async () => {
    const machine = await ReplicatedStateMachine.create(new AuctionHouse(), new MemoryLog().queue());
    const opened = machine.execute(new OpenAuction('a1'));
    const placed = machine.execute(new PlaceBid('a1', 'ann', 1), { timeoutMs: 1_000 });
    const counted = machine.read((house) => house.auctions.size);
    const asDeclared: [Same<typeof opened, Promise<void>>, Same<typeof placed, Promise<Bid>>, Same<typeof counted, Promise<number>>] = [true, true, true]; // prettier-ignore
    expect(asDeclared).toEqual([true, true, true]);
    await opened;
    expect([(await placed).amount, await counted]).toEqual([1, 1]);
  });

  it('an operation on another state is not accepted', async () => {
    const machine = await ReplicatedStateMachine.create(new Counter(), new MemoryLog().queue());
    // @ts-expect-error -- a Counter has no auctions
    await expect(machine.execute(new OpenAuction('a1'))).rejects.toThrow(TypeError);
  });

  it('@operation decorates operations only', () => {
    class Elsewhere {
      execute(): number {
        return 1;
      }
    }
    class Contextual extends Operation<Counter, number> {
      execute(counter: Counter, context: ExecutionContext): number {
        return counter.count + context.position;
      }
    }
    expect(() => operation('spec.operation.contextual')(Contextual)).not.toThrow();
    expect(refusal(() => operation('spec.operation.structural')(Elsewhere))).toMatchObject({ code: 'INVALID_OPTION' });
    // @ts-expect-error -- it has no execute
    expect(() => operation('spec.operation.bare')(class {})).toThrow();
  });
});

type Same<A, B> = [A, B] extends [B, A] ? true : false;
