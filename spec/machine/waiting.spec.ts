import { getEventListeners } from 'node:events';
import { describe, expect, it, jest } from '@jest/globals';

import { ReplicatedStateMachine } from '../../lib/machine/replicated-state-machine.js';
import { UnknownOutcomeError } from '../../lib/model/errors.js';
import { AuctionHouse, OpenAuction } from '../support/auction-house.js';
import { MemoryLog } from '../support/memory-queue.js';

async function heldMachine(): Promise<{ log: MemoryLog; machine: ReplicatedStateMachine<AuctionHouse> }> {
  const log = new MemoryLog();
  const machine = await ReplicatedStateMachine.create(new AuctionHouse(), log.queue());
  log.isHeld = true;
  return { log, machine };
}

describe('A caller that stops waiting', () => {
  it('by a time limit does not know the outcome, and the operation is executed all the same', async () => {
    const { log, machine } = await heldMachine();
    await expect(machine.execute(new OpenAuction('a1'), { timeoutMs: 5 })).rejects.toMatchObject({
      code: 'UNKNOWN_OUTCOME',
      message: expect.stringMatching(/^OpenAuction .*5 ms/),
      cause: { name: 'TimeoutError' },
    });
    log.deliver();
    expect(machine.state.auctions.size).toBe(1);
  });

  it('by a signal does not know the outcome, and learns its reason', async () => {
    const { machine } = await heldMachine();
    const controller = new AbortController();
    const pending = machine.execute(new OpenAuction('a1'), { signal: controller.signal });
    const reason = new Error('the customer has gone');
    controller.abort(reason);
    await expect(pending).rejects.toBeInstanceOf(UnknownOutcomeError);
    await expect(pending).rejects.toMatchObject({ cause: reason });
  });

  it('before the call has submitted nothing', async () => {
    const { log, machine } = await heldMachine();
    const reason = new Error('too late');
    await expect(machine.execute(new OpenAuction('a1'), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(log.entries).toHaveLength(0);
  });

  it('while the queue has no room has submitted nothing, and is told so', async () => {
    const { log, machine } = await heldMachine();
    log.capacity = 1;
    const first = machine.execute(new OpenAuction('a1'));
    const controller = new AbortController();
    const late = machine.execute(new OpenAuction('a2'), { timeoutMs: 5 });
    const aborted = machine.execute(new OpenAuction('a3'), { signal: controller.signal });
    const patient = machine.execute(new OpenAuction('a4'));
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    await expect(late).rejects.toMatchObject({
      name: 'TimeoutError',
      message: expect.stringMatching(/was not submitted/),
    });
    log.isHeld = false;
    log.deliver();
    await Promise.all([first, patient]);
    expect([...machine.state.auctions.keys()]).toEqual(['a1', 'a4']);
  });

  it.each([0, -1, NaN, Infinity, 2 ** 31])('cannot limit the wait to %d ms', async (timeoutMs) => {
    const { machine } = await heldMachine();
    await expect(machine.execute(new OpenAuction('a1'), { timeoutMs })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
  });

  it('leaves neither timer nor listener behind, however the operation ends', async () => {
    const { log, machine } = await heldMachine();
    const { signal } = new AbortController();
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const timersBefore = timers();
    const warning = jest.fn();
    process.on('warning', warning);
    const pending = Array.from({ length: 50 }, (_, i) =>
      machine.execute(new OpenAuction(`a${i}`), { signal, timeoutMs: 60_000 }),
    );
    expect(getEventListeners(signal, 'abort')).toHaveLength(50);
    expect(timers()).toBe(timersBefore + 50);
    log.deliver();
    await Promise.all(pending);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(timers()).toBe(timersBefore);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', warning);
    expect(warning).not.toHaveBeenCalled();
  });
});

describe('A queue without room', () => {
  it('makes callers wait, and takes their operations in the order of the calls', async () => {
    const log = new MemoryLog();
    const machine = await ReplicatedStateMachine.create(new AuctionHouse(), log.queue());
    log.capacity = 3;
    await Promise.all(Array.from({ length: 20 }, (_, i) => machine.execute(new OpenAuction(`a${i}`))));
    expect([...machine.state.auctions.keys()]).toEqual(Array.from({ length: 20 }, (_, i) => `a${i}`));
  });

  it('that stops tells each caller whether the operation had been submitted', async () => {
    const { log, machine } = await heldMachine();
    log.capacity = 1;
    const outcomes = Promise.allSettled(['a1', 'a2', 'a3'].map((id) => machine.execute(new OpenAuction(id))));
    await machine.close();
    const codes = (await outcomes).map((outcome) => (outcome as { reason?: { code: string } }).reason?.code);
    expect(codes).toEqual(['UNKNOWN_OUTCOME', 'STATE_MACHINE_CLOSED', 'STATE_MACHINE_CLOSED']);
  });
});
