import { describe, expect, it } from '@jest/globals';

import { UnknownOutcomeError } from '../../lib/index.js';
import { Append } from '../programs/journal.js';
import { ordeal } from '../support/ordeal.js';
import { rejection } from '../support/queue-group.js';
import { VirtualWorld } from '../support/virtual-world.js';

/** Replicas that others look at: the one that coordinates, and one that does not. */
const ROLES = ['coordinator', 'follower'] as const;

function inRole(world: VirtualWorld, role: (typeof ROLES)[number]) {
  const { coordinator } = world;
  return role === 'coordinator' ? coordinator : world.processes.find((process) => process !== coordinator)!;
}

async function withoutViolations(world: VirtualWorld): Promise<string[]> {
  const entries = await world.agreed();
  expect(world.violations).toEqual([]);
  return entries;
}

describe.each(['adaptive', 'classic', 'fast'] as const)('replicas in memory, in %s mode', (mode) => {
  it('hold the same entries in the same order though datagrams are lost, repeated and late', async () => {
    const world = await VirtualWorld.started({ mode });
    Object.assign(world.network.faults, { loss: 0.15, duplication: 0.15, delayTicksMax: 20 });
    world.load(3);
    await world.pass(1_000);
    await world.stopLoad();
    expect((await withoutViolations(world)).length).toBe(world.acknowledged.length);
    expect(world.acknowledged.length).toBeGreaterThan(50);
  });

  it.each(ROLES)('go on without a %s that has crashed, which catches up when it is back', async (role) => {
    const world = await VirtualWorld.started({ mode });
    world.load(2);
    await world.pass(200);
    const victim = inRole(world, role);
    victim.crash();
    const before = world.acknowledged.length;
    await world.until(() => world.acknowledged.length > before + 50);
    await world.start(victim);
    await world.stopLoad();
    await withoutViolations(world);
  });

  it.each(ROLES)('go on without a %s whose disk stands still, which has its callers wait for it', async (role) => {
    const world = await VirtualWorld.started({ mode });
    const victim = inRole(world, role);
    victim.holdDisk();
    const own = world.append(victim);
    for (const other of world.processes) if (other !== victim) await world.settle(world.append(other));
    await world.pass(1_000);
    expect(world.acknowledged).toHaveLength(2);
    victim.releaseDisk();
    await world.settle(own);
    expect(await withoutViolations(world)).toHaveLength(3);
  });

  it.each(ROLES)('acknowledge nothing at a %s that is cut off, until it is back', async (role) => {
    const world = await VirtualWorld.started({ mode });
    const lonely = inRole(world, role);
    world.network.isolate(lonely.id);
    const waiting = world.append(lonely);
    const reading = lonely.machine.read(({ entries }) => entries.length);
    world.load(1, world.processes.filter((process) => process !== lonely)); // prettier-ignore
    await world.pass(2_000);
    await world.stopLoad();
    const others = world.acknowledged.length;
    expect(others).toBeGreaterThan(50);
    expect(lonely.machine.state.entries).toEqual([]);
    world.network.heal();
    const entry = await world.settle(waiting);
    expect(await world.settle(reading)).toBeGreaterThanOrEqual(others);
    expect(await withoutViolations(world)).toContain(entry);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('lose and differ in nothing in the ordeal of seed %i', async (seed) => {
    const world = await VirtualWorld.started({ mode, seed, n: seed % 4 === 0 ? 5 : 3 });
    await ordeal(world, 8);
    await withoutViolations(world);
  });
});

describe('a commit', () => {
  it('comes before every acknowledgement', async () => {
    const world = await VirtualWorld.started();
    for (const process of world.processes) process.holdDisk();
    const appends = world.processes.map((process) => world.append(process));
    await world.pass(2_000);
    expect(world.acknowledged).toEqual([]);
    expect(world.processes.flatMap(({ machine }) => machine.state.entries)).toEqual([]);
    for (const process of world.processes) process.releaseDisk();
    await world.settle(Promise.all(appends));
    expect(await withoutViolations(world)).toHaveLength(3);
  });

  it.each([
    ['was torn off by the crash of all is gone, and nobody was told otherwise', false],
    ['had reached the disks at the crash of all is executed, though nobody was told', true],
  ])('that %s', async (_, landsOnDisk) => {
    const world = await VirtualWorld.started();
    for (const process of world.processes) process.holdDisk();
    void world.append(world.coordinator);
    await world.pass(50);
    for (const process of world.processes) {
      process.crash(landsOnDisk);
      process.releaseDisk();
    }
    await world.start(...world.processes);
    const entry = await world.settle(world.append(world.process(0)));
    const entries = await withoutViolations(world);
    expect(entries).toHaveLength(landsOnDisk ? 2 : 1);
    expect(entries.at(-1)).toBe(entry);
  });

  it.each(ROLES)('that fails stops the %s with its cause, and nobody else', async (role) => {
    const world = await VirtualWorld.started();
    const victim = inRole(world, role);
    const { queue, machine } = victim;
    const closed = rejection(queue.closed);
    victim.diskFault = new Error('no space left on the disk');
    const error = await world.settle(rejection(machine.execute(new Append('lost?'))));
    expect(error).toBeInstanceOf(UnknownOutcomeError);
    expect(error.cause).toMatchObject({ code: 'LEDGER_FAILED', message: expect.stringContaining('no space left') });
    expect(await world.settle(closed)).toBe(error.cause);
    expect(await rejection(queue.put(Buffer.from('x')))).toMatchObject({ code: 'QUEUE_CLOSED' });
    expect(await rejection(machine.execute(new Append('x')))).toMatchObject({
      code: 'STATE_MACHINE_CLOSED',
      message: expect.stringContaining('no space left'),
    });

    const other = world.processes.find((process) => process !== victim)!;
    await world.settle(world.append(other));
    victim.diskFault = null;
    await world.start(victim);
    await world.settle(world.append(victim));
    expect((await withoutViolations(world)).length).toBeGreaterThanOrEqual(2);
  });
});

describe('a minority', () => {
  it('leaves unknown what its callers stop waiting for', async () => {
    const world = await VirtualWorld.started();
    const lonely = world.process(2);
    world.network.isolate(lonely.id);
    const controller = new AbortController();
    const aborted = rejection(lonely.machine.execute(new Append('aborted'), { signal: controller.signal }));
    const abandoned = rejection(lonely.machine.execute(new Append('abandoned')));
    await world.pass(500);
    controller.abort();
    expect(await aborted).toBeInstanceOf(UnknownOutcomeError);
    await lonely.close();
    expect(await abandoned).toBeInstanceOf(UnknownOutcomeError);
    world.network.heal();
    await world.start(lonely);
    await world.settle(world.append(lonely));
    expect(await withoutViolations(world)).toHaveLength(1);
  });

  it('of two of five decides nothing, and a third makes it a majority', async () => {
    const world = await VirtualWorld.started({ n: 5 });
    const down = world.processes.slice(2);
    for (const process of down) process.crash();
    const append = world.append(world.process(0));
    await world.pass(3_000);
    expect(world.acknowledged).toEqual([]);
    await world.start(down[0]!);
    await world.settle(append);
    await world.start(...down.slice(1));
    expect(await withoutViolations(world)).toHaveLength(1);
  });
});

describe('the virtual world', () => {
  it('is the same again for the same seed', async () => {
    const transcript = async (seed: number) => {
      const world = await VirtualWorld.started({ seed });
      await ordeal(world, 3);
      return world.acknowledged;
    };
    const first = await transcript(7);
    expect(first.length).toBeGreaterThan(0);
    expect(await transcript(7)).toEqual(first);
    expect(await transcript(8)).not.toEqual(first);
  });

  it('notices when disks forget what they had confirmed', async () => {
    const world = await VirtualWorld.started();
    const files = world.processes.map(({ disk }) => disk.file(world.queueId));
    const past = files.map(({ meta, entries }) => ({ meta: new Map(meta), entries: new Map(entries) }));
    const entry = await world.settle(world.append(world.process(0)));
    for (const process of world.processes) process.crash();
    files.forEach((file, i) => {
      file.entries.clear();
      for (const [key, value] of past[i]!.meta) file.meta.set(key, value);
    });
    await world.start(...world.processes);
    await world.agreed();
    expect(world.violations).toEqual([`${entry} was acknowledged and is missing`]);
  });
});
