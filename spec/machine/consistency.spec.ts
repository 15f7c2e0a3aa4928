import { afterEach, describe, expect, it } from '@jest/globals';

import { type ReadOptions, ReplicatedStateMachine } from '../../lib/machine/replicated-state-machine.js';
import type { ProcessId } from '../../lib/model/ids.js';
import { Append, Journal } from '../programs/journal.js';
import { append, entriesUntil } from '../support/journal-entries.js';
import { MemoryLog } from '../support/memory-queue.js';
import { QueueGroup, rejection } from '../support/queue-group.js';
import { settled } from '../support/settled.js';

type Machine = ReplicatedStateMachine<Journal>;

const countOf = ({ entries }: { readonly entries: readonly string[] }): number => entries.length;

/** Two replicas of a journal in memory; from now on nothing is delivered before `deliver` of the log. */
async function twoOf(log: MemoryLog): Promise<[Machine, Machine]> {
  const [one, two] = ['0000000000000001', '0000000000000002'].map((id) => log.queue(id as ProcessId));
  return [
    await ReplicatedStateMachine.create(new Journal(), one!),
    await ReplicatedStateMachine.create(new Journal(), two!),
  ];
}

describe('The position of a replica', () => {
  it('is the number of messages that its state includes, whether they are operations or not', async () => {
    const log = new MemoryLog();
    const [machine] = await twoOf(log);
    expect(machine.position).toBe(0);
    await append(machine, 0, 3);
    expect(machine.position).toBe(3);
    await machine.ready();
    expect([machine.position, machine.state.entries.length]).toEqual([4, 3]);
  });

  it('is that of the checkpoint after a restart, before anything is executed', async () => {
    const group = await QueueGroup.open(1);
    try {
      const before = await ReplicatedStateMachine.create(new Journal(), group.queue(0));
      await append(before, 0, 5);
      await group.queue(0).checkpoint();
      await before.close();
      await group.reopen([0]);
      const after = await ReplicatedStateMachine.create(new Journal(), group.queue(0));
      expect([after.position, after.state.entries]).toEqual([5, entriesUntil(5)]);
      expect(await after.read(countOf, { consistency: 'sequential', position: 5 })).toBe(5);
    } finally {
      await group.remove();
    }
  });
});

describe('A read', () => {
  it('that is local runs on what is here, and waits for nothing', async () => {
    const log = new MemoryLog();
    const [machine] = await twoOf(log);
    log.isHeld = true;
    void machine.execute(new Append('later'));
    expect(await machine.read(countOf, { consistency: 'local' })).toBe(0);
    log.deliver();
    expect(await machine.read(countOf, { consistency: 'local' })).toBe(1);
  });

  it('that is sequential waits until this replica is at the position, and no longer', async () => {
    const log = new MemoryLog();
    const [one, two] = await twoOf(log);
    await append(one, 0, 2);
    log.isHeld = true;
    const acknowledged = append(one, 2, 3);
    const early = await two.read(countOf, { consistency: 'sequential', position: 2 });
    let late: number | null = null;
    const reading = two.read(countOf, { consistency: 'sequential', position: 3 }).then((count) => (late = count));
    await settled();
    expect([early, late]).toEqual([2, null]);
    log.deliver();
    await acknowledged;
    expect(await reading).toBe(3);
  });

  it('that is sequential without a position is of what is here', async () => {
    const log = new MemoryLog();
    const [one] = await twoOf(log);
    log.isHeld = true;
    void one.execute(new Append('later'));
    expect(await one.read(countOf, { consistency: 'sequential' })).toBe(0);
    log.deliver();
  });

  it('that waits for a position ends by a limit of time or a signal, and leaves the others waiting in their order', async () => {
    const log = new MemoryLog();
    const [machine] = await twoOf(log);
    log.isHeld = true;
    const order: number[] = [];
    const at = (position: number, more: ReadOptions = {}): Promise<number> =>
      machine.read(() => order.push(position), { consistency: 'sequential', position, ...more });
    const controller = new AbortController();
    const [late, given] = [rejection(at(1, { timeoutMs: 5 })), rejection(at(1, { signal: controller.signal }))];
    const kept = [at(2), at(1), at(2), at(1)];
    controller.abort('enough');
    expect(await given).toBe('enough');
    expect(await late).toMatchObject({
      code: 'READ_TIMED_OUT',
      message: expect.stringContaining('did not come to position 1'),
    });
    log.isHeld = false;
    await append(machine, 0, 2);
    await Promise.all(kept);
    expect(order).toEqual([1, 1, 2, 2]);
  });

  it('that waits for a position is refused when the replica stops', async () => {
    const log = new MemoryLog();
    const [machine] = await twoOf(log);
    const waiting = rejection(machine.read(countOf, { consistency: 'sequential', position: 9 }));
    await machine.close();
    expect(await waiting).toMatchObject({ code: 'STATE_MACHINE_CLOSED' });
    expect(await rejection(machine.read(countOf, { consistency: 'local' }))).toMatchObject({
      code: 'STATE_MACHINE_CLOSED',
    });
  });

  it.each<[unknown, RegExp]>([
    [{ consistency: 'strong' }, /consistency is 'strong'.*'linearizable', 'sequential' or 'local'/],
    [{ consistency: 'sequential', position: -1 }, /position is -1/],
    [{ consistency: 'sequential', position: 1.5 }, /position is 1\.5/],
    [{ position: 3 }, /A linearizable read takes no position/],
    [{ consistency: 'local', position: 3 }, /A local read takes no position/],
  ])('is refused with %j', async (options, message) => {
    const [machine] = await twoOf(new MemoryLog());
    await expect(machine.read(countOf, options as ReadOptions)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(message),
    });
  });

  it('of one caller that goes from replica to replica never sees an older state', async () => {
    const group = await QueueGroup.open(3);
    try {
      const machines = await Promise.all(
        group.queues.map((queue) => ReplicatedStateMachine.create(new Journal(), queue)),
      );
      let [position, seen] = [0, 0];
      for (let i = 0; i < 60; i += 1) {
        const here = machines[i % 3]!;
        await here.execute(new Append(`entry ${i}`));
        position = here.position;
        const there = machines[(i + 1) % 3]!;
        const count = await there.read(countOf, { consistency: 'sequential', position });
        expect(count).toBeGreaterThan(seen);
        [position, seen] = [there.position, count];
      }
      expect(seen).toBe(60);
    } finally {
      await group.remove();
    }
  });
});

describe('Reads that wait for nothing', () => {
  it('leave turns of the event loop to everything else, also where one follows the other for ever', async () => {
    const [machine] = await twoOf(new MemoryLog());
    const turns: number[] = [];
    setImmediate(() => turns.push(1));
    while (turns.length === 0) await machine.read(countOf, { consistency: 'local' });
    expect(turns).toEqual([1]);
  });
});

describe('Reads that have waited for one answer', () => {
  let turns = 0;
  let isOver = false;
  afterEach(() => {
    isOver = true;
  });

  it('leave turns of the event loop to everything else, however many they are, and keep their order', async () => {
    const log = new MemoryLog();
    const [machine] = await twoOf(log);
    log.isHeld = true;
    const acknowledged = append(machine, 0, 1);
    const order: number[] = [];
    const reads = Array.from({ length: 50_000 }, (_, i) =>
      machine.read(() => void order.push(i), { consistency: 'sequential', position: 1 }),
    );
    const count = (): void => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    log.deliver();
    setImmediate(count);
    await acknowledged;
    await Promise.all(reads);
    expect(turns).toBeGreaterThanOrEqual(45);
    expect(order).toEqual(Array.from({ length: 50_000 }, (_, i) => i));
  });
});
