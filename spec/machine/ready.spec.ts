import { afterEach, describe, expect, it } from '@jest/globals';

import { ReplicatedStateMachine } from '../../lib/machine/replicated-state-machine.js';
import { UnknownOutcomeError } from '../../lib/model/errors.js';
import { Append, Journal } from '../programs/journal.js';
import { MemoryLog } from '../support/memory-queue.js';
import { QueueGroup, rejection } from '../support/queue-group.js';
import { isSettled } from '../support/settled.js';

async function machineOn(log: MemoryLog): Promise<ReplicatedStateMachine<Journal>> {
  return ReplicatedStateMachine.create(new Journal(), log.queue());
}

describe('A machine is ready', () => {
  it('when a probe has been executed here, behind everything that was ordered before', async () => {
    const log = new MemoryLog();
    const [one, other] = [await machineOn(log), await machineOn(log)];
    log.isHeld = true;
    void other.execute(new Append('before'));
    const ready = one.ready();
    expect(await isSettled(ready)).toBe(false);
    expect(one.state.entries).toEqual([]);
    log.deliver();
    await expect(ready).resolves.toBeUndefined();
    expect(one.state.entries).toEqual(['before']);
  });

  it('and the application’s state is as it was', async () => {
    const log = new MemoryLog();
    const machine = await machineOn(log);
    await machine.ready({ timeoutMs: 1_000 });
    expect(machine.state).toEqual(new Journal());
    expect(log.entries).toHaveLength(1);
  });

  it('not in time where the probe does not come back, and then says so rather than that an outcome is unknown', async () => {
    const log = new MemoryLog();
    const machine = await machineOn(log);
    log.isHeld = true;
    const late = await rejection(machine.ready({ timeoutMs: 20 }));
    expect(late).toBeInstanceOf(DOMException);
    expect([late.name, late.message]).toEqual(['TimeoutError', expect.stringContaining('20 ms had passed')]);
    log.capacity = 1; // Now there is no room, so that nothing is submitted.
    expect(await rejection(machine.ready({ timeoutMs: 20 }))).toHaveProperty('name', 'TimeoutError');
    log.isHeld = false;
    log.deliver();
    await expect(machine.ready()).resolves.toBeUndefined();
  });

  it('not after its signal has aborted, and says why', async () => {
    const log = new MemoryLog();
    const machine = await machineOn(log);
    log.isHeld = true;
    const controller = new AbortController();
    const waiting = rejection(machine.ready({ signal: controller.signal }));
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await waiting).toBe(reason);
    expect(await rejection(machine.ready({ signal: AbortSignal.abort(reason) }))).toBe(reason);
  });

  it('never again once it has stopped, whether it stops before the call or during it', async () => {
    const log = new MemoryLog();
    const [closed, failed] = [log.queue(), log.queue()];
    const machines = [
      await ReplicatedStateMachine.create(new Journal(), closed),
      await ReplicatedStateMachine.create(new Journal(), failed),
    ];
    log.isHeld = true;
    const during = machines.map((machine) => rejection(machine.ready()));
    await machines[0]!.close();
    failed.fail(new Error('the disk'));
    for (const error of await Promise.all(during)) expect(error).toMatchObject({ code: 'STATE_MACHINE_CLOSED' });
    for (const machine of machines)
      await expect(machine.ready()).rejects.toMatchObject({ code: 'STATE_MACHINE_CLOSED' });
    expect((await during[1]!).message).toContain('the disk');
  });

  it('also where it goes on from a checkpoint that lies behind the probe: it puts another', async () => {
    const log = new MemoryLog();
    const queue = log.queue();
    const machine = await ReplicatedStateMachine.create(new Journal(), queue);
    log.isHeld = true;
    const ready = machine.ready({ timeoutMs: 60_000 });
    queue.skip();
    expect(await isSettled(ready)).toBe(false);
    log.deliver();
    await expect(ready).resolves.toBeUndefined();
    expect(log.entries).toHaveLength(2);
  });

  it('and its options are checked by name', async () => {
    const machine = await machineOn(new MemoryLog());
    await expect(machine.ready({ timeout: 5 } as object)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/no option timeout of ready: use timeoutMs/),
    });
  });
});

describe('A machine of a real group', () => {
  let group: QueueGroup | null = null;
  afterEach(() => group?.remove());

  it('is ready while a majority lives, not in time without one, and ready again with one', async () => {
    group = await QueueGroup.open(3);
    const machines = await Promise.all(
      group.queues.map((queue) => ReplicatedStateMachine.create(new Journal(), queue)),
    );
    await machines[1]!.execute(new Append('first'));
    for (const machine of machines) await machine.ready({ timeoutMs: 60_000 });
    for (const { state } of machines) expect(state.entries).toEqual(['first']);
    await group.close(1, 2);
    const error = await rejection(machines[0]!.ready({ timeoutMs: 200 }));
    expect(error).not.toBeInstanceOf(UnknownOutcomeError);
    expect(error.name).toBe('TimeoutError');
    await group.reopen([1]);
    await machines[0]!.ready({ timeoutMs: 60_000 });
  });
});
