import { afterEach, describe, expect, it } from '@jest/globals';

import {
  type MachineOptions,
  type ReadOptions,
  ReplicatedStateMachine,
} from '../../lib/machine/replicated-state-machine.js';
import type { Queue } from '../../lib/queue/queue.js';
import { Journal } from '../programs/journal.js';
import { AuctionHouse, OpenAuction } from '../support/auction-house.js';
import { MemoryLog } from '../support/memory-queue.js';
import { QueueGroup, rejection } from '../support/queue-group.js';
import { settled } from '../support/settled.js';

async function machineOf(): Promise<ReplicatedStateMachine<AuctionHouse>> {
  return ReplicatedStateMachine.create(new AuctionHouse(), new MemoryLog().queue());
}

/** Whatever is called in the spec, no promise that is rejected and heard by nobody may be left: jest fails for it by then. */
function nothingUnhandled(): Promise<void> {
  return settled();
}

describe('A query', () => {
  it.each<[string, string, () => unknown]>([
    ['is async', 'QUERY_ASYNCHRONOUS', async () => Promise.reject(new Error('later'))],
    ['returns a promise', 'QUERY_ASYNCHRONOUS', () => Promise.reject(new Error('later'))],
    [
      'returns a promise inside something else',
      'NOT_SERIALIZABLE',
      () => ({ later: Promise.reject(new Error('later')) }),
    ],
    [
      'throws a promise',
      'NOT_SERIALIZABLE',
      () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- queries may throw anything
        throw Promise.reject(new Error('later'));
      },
    ],
  ])('that %s is refused, and its promise ends nothing', async (_, code, query) => {
    const machine = await machineOf();
    const error = await rejection(machine.read(query));
    expect(error.code).toBe(code);
    await nothingUnhandled();
  });

  it('that returns a thenable is refused, and the thenable is not called', async () => {
    class Lazy {
      calls = 0;
      then(): void {
        this.calls += 1;
      }
    }
    const lazy = new Lazy();
    const machine = await machineOf();
    await expect(machine.read(() => lazy)).rejects.toMatchObject({ code: 'QUERY_ASYNCHRONOUS' });
    expect(lazy.calls).toBe(0);
  });

  it('that throws an error with a part of the state in it hands out a copy', async () => {
    const machine = await machineOf();
    await machine.execute(new OpenAuction('a1'));
    const error = await rejection(
      machine.read(({ auctions }) => {
        throw Object.assign(new Error('no'), { auction: auctions.get('a1') });
      }),
    );
    const { auction } = error as unknown as { auction: { bids: unknown[] } };
    auction.bids.push('mine');
    expect(machine.state.auctions.get('a1')!.bids).toHaveLength(0);
  });
});

describe('A read that waits', () => {
  let group: QueueGroup | null = null;
  afterEach(() => group?.remove());

  it('for a majority that is not there ends by a limit of time or a signal, and the query is never run', async () => {
    group = await QueueGroup.open(3);
    const machine = await ReplicatedStateMachine.create(new Journal(), group.queue(0));
    await group.close(1, 2);
    let runs = 0;
    const query = (): number => (runs += 1);
    await expect(machine.read(query, { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'READ_TIMED_OUT',
      message: expect.stringContaining('100 ms'),
    });
    const controller = new AbortController();
    const aborted = rejection(machine.read(query, { signal: controller.signal }));
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await aborted).toBe(reason);
    await group.reopen([1, 2]);
    expect(await machine.read(({ entries }) => entries.length, { timeoutMs: 60_000 })).toBe(0);
    expect(runs).toBe(0);
  });

  it('is refused at once where its signal has aborted before', async () => {
    const reason = new Error('too late');
    const machine = await machineOf();
    expect(await rejection(machine.read(() => 1, { signal: AbortSignal.abort(reason) }))).toBe(reason);
  });
});

describe('An argument of a state machine', () => {
  it.each<[string, unknown, RegExp]>([
    ['timeout', { timeout: 5 }, /no option timeout of (?:read|execute): use timeoutMs/],
    ['timeoutms', { timeoutms: 5 }, /no option timeoutms.*use timeoutMs/],
    ['retries', { retries: 5 }, /no option retries.*There are signal, timeoutMs/],
    ['timeoutMs', { timeoutMs: '5' }, /timeoutMs is '5'.*from 1 to 2147483647/],
    ['signal', { signal: new AbortController() }, /signal is AbortController.*AbortSignal/],
    ['options', 5, /options of (?:read|execute) are 5/],
  ])('is refused by name: %s', async (_, options, message) => {
    const machine = await machineOf();
    const says = { code: 'INVALID_OPTION', message: expect.stringMatching(message) };
    await expect(machine.read(() => 1, options as ReadOptions)).rejects.toMatchObject(says);
    await expect(machine.execute(new OpenAuction('a1'), options as ReadOptions)).rejects.toMatchObject(says);
    expect(machine.state.auctions.size).toBe(0);
  });

  it.each<[string, unknown, unknown, unknown, RegExp]>([
    [
      'a state that is a promise',
      Promise.reject(new Error('no')),
      new MemoryLog().queue(),
      {},
      /initial state is a promise.*wait/,
    ],
    ['no state', undefined, new MemoryLog().queue(), {}, /initial state is undefined.*extends StateMachine/],
    ['a queue that is a promise', new AuctionHouse(), Promise.resolve(), {}, /queue.*is a promise.*await it/],
    ['no queue', new AuctionHouse(), undefined, {}, /queue.*is undefined/],
    ['an unknown option', new AuctionHouse(), new MemoryLog().queue(), { modul: 'x' }, /no option modul .*use module/],
    [
      'a module that is no URL',
      new AuctionHouse(),
      new MemoryLog().queue(),
      { module: './a.js' },
      /module is '\.\/a\.js'.*file: URL/,
    ],
    ['a query that is no function', 'query', null, null, /query is a function/],
  ])('is refused: %s', async (_, state, queue, options, message) => {
    const machine = await machineOf();
    const refused =
      queue === null
        ? machine.read(state as () => void)
        : ReplicatedStateMachine.create(state as AuctionHouse, queue as Queue, options as MachineOptions);
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_OPTION', message: expect.stringMatching(message) });
    await nothingUnhandled();
  });
});
