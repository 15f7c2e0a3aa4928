import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { Operation, operation } from '../../lib/machine/operation.js';
import { ReplicatedStateMachine } from '../../lib/machine/replicated-state-machine.js';
import { TreplicaError, UnknownOutcomeError } from '../../lib/model/errors.js';
import { AuctionHouse, Bid, DrawLots, OpenAuction, PlaceBid } from '../support/auction-house.js';
import { MemoryLog, type MemoryQueue } from '../support/memory-queue.js';
import { sameValue } from '../support/same-value.js';

/** Several replicas on one log. */
async function groupOf(size: number, log = new MemoryLog()): Promise<ReplicatedStateMachine<AuctionHouse>[]> {
  return Promise.all(
    Array.from({ length: size }, () => ReplicatedStateMachine.create(new AuctionHouse(), log.queue())),
  );
}

async function replicaOf(queue: MemoryQueue): Promise<ReplicatedStateMachine<AuctionHouse>> {
  return ReplicatedStateMachine.create(new AuctionHouse(), queue);
}

@operation('spec.machine.leak')
class Leak extends Operation<AuctionHouse, unknown> {
  constructor(readonly kind: string) {
    super();
  }

  execute(house: AuctionHouse): unknown {
    house.auctions.clear();
    if (this.kind === 'function') return () => house;
    if (this.kind === 'state') return house;
    return this;
  }
}

class Undecorated extends Operation<AuctionHouse> {
  execute(): void {}
}

describe('Replicas on one queue', () => {
  it('reach equal states, whoever executes what', async () => {
    const anyOperation = fc.oneof(
      fc.constantFrom('a', 'b').map((id) => new OpenAuction(id)),
      fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(50)).map(([id, amount]) => new PlaceBid(id, 'ann', amount)),
      fc.constantFrom('a', 'b', 'c').map((id) => new DrawLots(id)),
    );
    const step = fc.record({
      replica: fc.nat(2),
      operation: anyOperation,
      clockMs: fc.integer({ min: -100, max: 100 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step), async (steps) => {
        const log = new MemoryLog();
        const group = await groupOf(3, log);
        const outcomes = steps.map(({ replica, operation: change, clockMs }) => {
          log.nowMs += clockMs;
          return group[replica]!.execute<unknown>(change);
        });
        await Promise.allSettled(outcomes);
        group.push(await replicaOf(log.queue()));
        return group.every(({ state }) => sameValue(state, group[0]!.state) || state === group[0]!.state);
      }),
    );
  });

  it('give the result to the caller at the origin', async () => {
    const [here, there] = await groupOf(2);
    await there!.execute(new OpenAuction('a1'));
    const bid = await here!.execute(new PlaceBid('a1', 'ann', 100));
    expect(bid).toBeInstanceOf(Bid);
    expect(bid).toMatchObject({ bidder: 'ann', amount: 100 });
    expect(there!.state.auctions.get('a1')!.bids).toEqual([bid]);
  });

  it('give what the operation throws to the caller at the origin, and go on', async () => {
    const log = new MemoryLog();
    const [here, there] = await groupOf(2, log);
    await expect(here!.execute(new PlaceBid('none', 'ann', 1))).rejects.toThrow(
      new RangeError('there is no auction none'),
    );
    await here!.execute(new OpenAuction('a1'));
    expect([...there!.state.auctions.keys()]).toEqual(['a1']);
  });

  it('execute a copy of the operation, as it was at the call', async () => {
    const [here] = await groupOf(1);
    const opening = new OpenAuction('a1');
    const opened = here!.execute(opening);
    (opening as { auctionId: string }).auctionId = 'changed';
    await opened;
    expect([...here!.state.auctions.keys()]).toEqual(['a1']);
  });

  it('execute the operations of one caller in the order of the calls', async () => {
    const [here] = await groupOf(1);
    await here!.execute(new OpenAuction('a1'));
    const bids = Array.from({ length: 50 }, (_, i) => here!.execute(new PlaceBid('a1', 'ann', i + 1)));
    await Promise.all(bids);
    expect(here!.state.auctions.get('a1')!.bids.map(({ amount }) => amount)).toEqual(
      Array.from({ length: 50 }, (_, i) => i + 1),
    );
  });

  it('have executed the whole log when they are created', async () => {
    const log = new MemoryLog();
    const [first] = await groupOf(1, log);
    await first!.execute(new OpenAuction('a1'));
    await first!.execute(new PlaceBid('a1', 'ann', 5));
    const second = await replicaOf(log.queue());
    expect(second.state).toEqual(first!.state);
  });
});

describe('A result', () => {
  it('is a copy: it does not change with the state, nor the state with it', async () => {
    const [here] = await groupOf(1);
    await here!.execute(new OpenAuction('a1'));
    const lots = await here!.execute(new DrawLots('a1'));
    lots.push(7);
    await here!.execute(new DrawLots('a1'));
    expect(lots).toHaveLength(3);
    expect(here!.state.auctions.get('a1')!.lots).toHaveLength(4);
  });

  it('may be the state or the operation: the caller still gets a copy', async () => {
    const [here] = await groupOf(1);
    const house = await here!.execute(new Leak('state'));
    expect(house).toBeInstanceOf(AuctionHouse);
    expect(house).not.toBe(here!.state);
    const leak = new Leak('itself');
    expect(await here!.execute(leak)).toEqual(leak);
  });

  it('that cannot be copied rejects the caller, although the operation has been executed', async () => {
    const [here] = await groupOf(1);
    await here!.execute(new OpenAuction('a1'));
    await expect(here!.execute(new Leak('function'))).rejects.toMatchObject({
      code: 'NOT_SERIALIZABLE',
      message: expect.stringMatching(/^Leak has been executed, but its result cannot be copied.*function/),
    });
    expect(here!.state.auctions.size).toBe(0);
  });
});

describe('A read', () => {
  it('sees what was acknowledged anywhere before it, and returns a copy', async () => {
    const log = new MemoryLog();
    const [here, there] = await groupOf(2, log);
    log.isHeld = true;
    const opening = here!.execute(new OpenAuction('a1'));
    expect(there!.state.auctions.size).toBe(0);
    const auctions = await there!.read((house) => house.auctions);
    await opening;
    expect([...auctions.keys()]).toEqual(['a1']);
    expect(auctions).not.toBe(there!.state.auctions);
  });

  it('rejects with what the query throws, and with a promise that it returns', async () => {
    const [here] = await groupOf(1);
    const failing = here!.read(() => {
      throw new RangeError('no');
    });
    await expect(failing).rejects.toThrow(new RangeError('no'));
    await expect(here!.read(async () => Promise.resolve(1))).rejects.toMatchObject({ code: 'QUERY_ASYNCHRONOUS' });
  });
});

describe('An operation that cannot be carried', () => {
  it('is refused at the caller, before anything has happened', async () => {
    const log = new MemoryLog();
    const [here] = await groupOf(1, log);
    await expect(here!.execute(new Undecorated())).rejects.toMatchObject({
      code: 'CLASS_NOT_REGISTERED',
      message: expect.stringMatching(/Undecorated.*@operation/),
    });
    const odd = new PlaceBid('a1', (() => 'ann') as unknown as string, 1);
    await expect(here!.execute(odd)).rejects.toMatchObject({
      code: 'NOT_SERIALIZABLE',
      message: expect.stringMatching(/^PlaceBid\.bidder/),
    });
    const house = new AuctionHouse() as unknown as OpenAuction;
    await expect(here!.execute(house)).rejects.toMatchObject({
      code: 'CLASS_NOT_REGISTERED',
      message: expect.stringMatching(/AuctionHouse.*is no operation/),
    });
    expect(log.entries).toHaveLength(0);
  });

  it.each([
    ['CLASS_NOT_REGISTERED', Buffer.from('1291b9736f6d652e6f746865722e70726f6772616d2e63686172673a', 'hex')],
    ['MALFORMED_BYTES', Buffer.from('129100', 'hex')],
    ['MALFORMED_BYTES', Buffer.from('12ff', 'hex')],
  ])(
    'stops a replica that finds it in the log with %s: it could not keep up with the others',
    async (code, message) => {
      const log = new MemoryLog();
      const machine = await replicaOf(log.queue());
      void log.queue().submit(message, undefined);
      const pending = machine.execute(new OpenAuction('a1'));
      await expect(pending).rejects.toMatchObject({ code: 'UNKNOWN_OUTCOME', cause: { code } });
      await expect(machine.execute(new OpenAuction('a1'))).rejects.toMatchObject({
        code: 'STATE_MACHINE_CLOSED',
        cause: { code },
      });
      await expect(replicaOf(log.queue())).rejects.toMatchObject({ code });
    },
  );
});

describe('A machine that stops', () => {
  it('leaves the callers whose operations are on their way with an unknown outcome', async () => {
    const log = new MemoryLog();
    const queue = log.queue();
    const machine = await replicaOf(queue);
    log.isHeld = true;
    const pending = machine.execute(new OpenAuction('a1'));
    const cause = new Error('the disk is full');
    queue.fail(cause);
    await expect(pending).rejects.toBeInstanceOf(UnknownOutcomeError);
    await expect(pending).rejects.toMatchObject({
      code: 'UNKNOWN_OUTCOME',
      cause,
      message: expect.stringMatching(/OpenAuction/),
    });
    await expect(machine.execute(new OpenAuction('a2'))).rejects.toMatchObject({
      code: 'STATE_MACHINE_CLOSED',
      cause,
      message: expect.stringMatching(/OpenAuction was not submitted.*the disk is full/),
    });
  });

  it('is closed when its queue is, even before it has heard of that', async () => {
    const queue = new MemoryLog().queue();
    const machine = await replicaOf(queue);
    const closed = new TreplicaError('QUEUE_CLOSED', 'The queue is closed.');
    queue.submit = () => {
      throw closed;
    };
    queue.sync = async () => Promise.reject(closed);
    await expect(machine.execute(new OpenAuction('a1'))).rejects.toMatchObject({ code: 'STATE_MACHINE_CLOSED' });
    await expect(machine.read(() => 1)).rejects.toMatchObject({ code: 'STATE_MACHINE_CLOSED' });
  });

  it('takes no more operations and reads once it is closed, and keeps its state', async () => {
    const [here] = await groupOf(1);
    await here!.execute(new OpenAuction('a1'));
    await here!.close();
    await expect(here!.execute(new OpenAuction('a2'))).rejects.toMatchObject({ code: 'STATE_MACHINE_CLOSED' });
    await expect(here!.read(() => 1)).rejects.toMatchObject({ code: 'STATE_MACHINE_CLOSED' });
    expect(here!.state.auctions.size).toBe(1);
    await here!.close();
  });
});
