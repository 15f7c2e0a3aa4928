import { describe, expect, it } from '@jest/globals';

import { type MachineOptions, ReplicatedStateMachine } from '../../lib/machine/replicated-state-machine.js';
import { QueueFullError } from '../../lib/model/errors.js';
import { Append, Journal } from '../programs/journal.js';
import { MemoryLog } from '../support/memory-queue.js';
import { QueueGroup, rejection } from '../support/queue-group.js';
import { settled } from '../support/settled.js';

/** A machine over a queue that delivers nothing before `open` is called, and takes no more than so many messages before. */
async function narrow(
  capacity: number,
  options: MachineOptions = {},
): Promise<{ machine: ReplicatedStateMachine<Journal>; open: () => void }> {
  const log = new MemoryLog();
  const machine = await ReplicatedStateMachine.create(new Journal(), log.queue(), options);
  [log.isHeld, log.capacity] = [true, capacity];
  const open = (): void => {
    log.isHeld = false;
    log.deliver();
  };
  return { machine, open };
}

describe('An operation that the queue has no room for', () => {
  it('waits with others until there is room, and they are executed in the order of the calls', async () => {
    const { machine, open } = await narrow(1);
    const calls = ['a', 'b', 'c', 'd'].map((entry) => machine.execute(new Append(entry)));
    open();
    await Promise.all(calls);
    expect(machine.state.entries).toEqual(['a', 'b', 'c', 'd']);
  });

  it('is refused at once where it is to be rejected, and nothing of it is executed', async () => {
    const { machine, open } = await narrow(1, { overflow: 'reject' });
    const first = machine.execute(new Append('a'));
    const error = await rejection(machine.execute(new Append('b')));
    expect(error).toBeInstanceOf(QueueFullError);
    expect(error).toMatchObject({
      code: 'QUEUE_FULL',
      message: expect.stringMatching(/^Append was not submitted: the queue has no room.*not been executed/),
    });
    open();
    await first;
    await machine.execute(new Append('c'));
    expect(machine.state.entries).toEqual(['a', 'c']);
  });

  it('is refused where as many wait as may, and those that wait are executed', async () => {
    const { machine, open } = await narrow(1, { waitingMax: 2 });
    const calls = ['a', 'b', 'c'].map((entry) => machine.execute(new Append(entry)));
    expect(await rejection(machine.execute(new Append('d')))).toMatchObject({
      code: 'QUEUE_FULL',
      message: expect.stringMatching(/2 operations of \d+ bytes wait for room already/),
    });
    open();
    await Promise.all(calls);
    await machine.execute(new Append('e'));
    expect(machine.state.entries).toEqual(['a', 'b', 'c', 'e']);
  });

  it('is refused where as many bytes wait as may; one alone may be larger', async () => {
    const { machine, open } = await narrow(1, { waitingBytesMax: 500 });
    const large = 'x'.repeat(1_000);
    const calls = ['a', large].map((entry) => machine.execute(new Append(entry)));
    expect(await rejection(machine.execute(new Append('b')))).toBeInstanceOf(QueueFullError);
    open();
    await Promise.all(calls);
    const more = await Promise.all(['c', 'd'].map((entry) => machine.execute(new Append(entry))));
    expect([more.length, machine.state.entries.length]).toEqual([2, 4]);
  });

  it('gives its place to another where its caller stops waiting', async () => {
    const { machine, open } = await narrow(1, { waitingMax: 1 });
    const first = machine.execute(new Append('a'));
    const controller = new AbortController();
    const second = rejection(machine.execute(new Append('b'), { signal: controller.signal }));
    controller.abort('enough');
    expect(await second).toBe('enough');
    const third = machine.execute(new Append('c'));
    open();
    await Promise.all([first, third]);
    expect(machine.state.entries).toEqual(['a', 'c']);
  });

  it('does not keep a probe out', async () => {
    const { machine, open } = await narrow(1, { overflow: 'reject' });
    const first = machine.execute(new Append('a'));
    const ready = machine.ready();
    open();
    await Promise.all([first, ready]);
  });

  it.each<[MachineOptions, RegExp]>([
    [{ overflow: 'drop' as 'reject' }, /overflow is 'drop'.*'wait' or 'reject'/],
    [{ waitingMax: -1 }, /waitingMax is -1/],
    [{ waitingBytesMax: 0.5 }, /waitingBytesMax is 0\.5/],
  ])('has options that are checked: %j', async (options, message) => {
    await expect(ReplicatedStateMachine.create(new Journal(), new MemoryLog().queue(), options)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(message),
    });
  });
});

describe('A machine that is drained', () => {
  it('answers who has called before, takes nothing more, and then closes', async () => {
    const { machine, open } = await narrow(1);
    const calls = ['a', 'b', 'c'].map((entry) => machine.execute(new Append(entry)));
    let isClosed = false;
    const closing = machine.close({ drain: true }).then(() => (isClosed = true));
    expect(await rejection(machine.execute(new Append('late')))).toMatchObject({ code: 'STATE_MACHINE_CLOSED' });
    await settled();
    expect(isClosed).toBe(false);
    open();
    await Promise.all([...calls, closing]);
    expect(machine.state.entries).toEqual(['a', 'b', 'c']);
  });

  it.each(['a limit', 'a signal'])('is closed all the same when %s ends the wait', async (what) => {
    const { machine } = await narrow(9);
    const call = rejection(machine.execute(new Append('a')));
    const controller = new AbortController();
    const closing = machine.close({
      drain: true,
      ...(what === 'a limit' ? { timeoutMs: 5 } : { signal: controller.signal }),
    });
    controller.abort();
    await closing;
    expect(await call).toMatchObject({ code: 'UNKNOWN_OUTCOME' });
  });

  it('loses nothing, whatever is on the way in a real group', async () => {
    const group = await QueueGroup.open(3);
    try {
      const machines = await Promise.all(
        group.queues.map((queue) => ReplicatedStateMachine.create(new Journal(), queue)),
      );
      const calls = Array.from({ length: 500 }, (_, i) => machines[0]!.execute(new Append(`entry ${i}`)));
      await machines[0]!.close({ drain: true, timeoutMs: 60_000 });
      await Promise.all(calls);
      expect(await machines[1]!.read(({ entries }) => entries.length)).toBe(500);
    } finally {
      await group.remove();
    }
  });

  it('refuses options that it does not know', async () => {
    const { machine } = await narrow(1);
    await expect(machine.close({ drian: true } as object)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('use drain'),
    });
  });
});
