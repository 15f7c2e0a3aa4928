import { describe, expect, it } from '@jest/globals';

import { UnknownOutcomeError } from '../../lib/index.js';
import { constants } from '../../lib/model/constants.js';
import { FAIR } from '../../lib/simulation/weather.js';
import { Append } from '../programs/journal.js';
import { rejection } from '../support/queue-group.js';
import { type JournalProcess, SimulatedGroup } from '../support/simulated-group.js';

/** Replicas that others look at: the one that coordinates, and one that does not. */
const ROLES = ['coordinator', 'follower'] as const;

function inRole(group: SimulatedGroup, role: (typeof ROLES)[number]): JournalProcess {
  const { coordinator } = group;
  return role === 'coordinator' ? coordinator : group.others(coordinator)[0]!;
}

/** The entries in the end: nothing that was acknowledged is missing anywhere, and nothing else is wrong. */
async function withoutViolation(group: SimulatedGroup): Promise<string[]> {
  const journals = await group.finish();
  expect(group.world.log.violation).toBeNull();
  for (const entries of journals) {
    expect(group.acknowledged.filter((entry) => !entries.includes(entry))).toEqual([]);
  }
  return journals[0]!;
}

describe.each(['adaptive', 'classic', 'fast'] as const)('replicas in memory, in %s mode', (mode) => {
  it('hold all that was acknowledged though datagrams are lost, repeated and late', async () => {
    const group = await SimulatedGroup.started({ mode, callers: 3 });
    group.world.weather.climate = { ...FAIR, loss: 0.15, duplication: 0.15, delayUsMean: 10_000 };
    await group.pass(1_000);
    const entries = await withoutViolation(group);
    expect(entries).toHaveLength(group.acknowledged.length);
    expect(entries.length).toBeGreaterThan(50);
  });

  it.each(ROLES)('go on without a %s that has crashed, which catches up when it is back', async (role) => {
    const group = await SimulatedGroup.started({ mode, callers: 2 });
    await group.pass(200);
    const victim = inRole(group, role);
    victim.crash(false);
    const before = group.acknowledged.length;
    await group.until(() => group.acknowledged.length > before + 50);
    await group.start(victim);
    await withoutViolation(group);
  });

  it.each(ROLES)('go on without a %s whose disk stands still, which has its callers wait for it', async (role) => {
    const group = await SimulatedGroup.started({ mode });
    const victim = inRole(group, role);
    victim.holdDisk();
    const own = group.append(victim);
    for (const other of group.others(victim)) await group.settle(group.append(other));
    await group.pass(1_000);
    expect(group.acknowledged).toHaveLength(2);
    victim.releaseDisk();
    await group.settle(own);
    expect(await withoutViolation(group)).toHaveLength(3);
  });

  it.each(ROLES)('acknowledge nothing at a %s that is cut off, until it is back', async (role) => {
    const group = await SimulatedGroup.started({ mode, callers: 1 });
    await group.pass(200);
    const lonely = inRole(group, role);
    const rejoin = group.isolate(lonely);
    await group.pass(10); // What is under way arrives.
    const alone = group.acknowledgedAt(lonely);
    const before = lonely.life!.position;
    const waiting = group.append(lonely);
    const reading = group.read(lonely);
    await group.pass(2_000);
    expect(group.acknowledgedAt(lonely)).toEqual(alone);
    expect(lonely.life!.position).toBe(before);
    const others = group.acknowledged.length;
    expect(others).toBeGreaterThan(before + 50);
    rejoin();
    const entry = await group.settle(waiting);
    expect((await group.settle(reading)).length).toBeGreaterThanOrEqual(others);
    expect(await withoutViolation(group)).toContain(entry);
  });
});

describe('a commit', () => {
  it('comes before every acknowledgement', async () => {
    const group = await SimulatedGroup.started();
    for (const process of group.processes) process.holdDisk();
    const appends = group.processes.map((process) => group.append(process));
    await group.pass(2_000);
    expect(group.acknowledged).toEqual([]);
    expect(group.processes.map(({ machine }) => machine?.state.entries)).toEqual([[], [], []]);
    for (const process of group.processes) process.releaseDisk();
    await group.settle(Promise.all(appends));
    expect(await withoutViolation(group)).toHaveLength(3);
  });

  it.each([
    ['was torn off by the crash of all is gone, and nobody was told otherwise', false],
    ['had reached the disks at the crash of all is executed, though nobody was told', true],
  ])('that %s', async (_, landsOnDisk) => {
    const group = await SimulatedGroup.started();
    for (const process of group.processes) process.holdDisk();
    void group.append(group.coordinator);
    await group.pass(50);
    for (const process of group.processes) {
      process.crash(landsOnDisk);
      process.releaseDisk();
    }
    await group.start(...group.processes);
    const entry = await group.settle(group.append(group.process(0)));
    const entries = await withoutViolation(group);
    expect(entries).toHaveLength(landsOnDisk ? 2 : 1);
    expect(entries.at(-1)).toBe(entry);
  });

  it.each(ROLES)('that fails stops the %s with its cause, and nobody else', async (role) => {
    const group = await SimulatedGroup.started();
    const victim = inRole(group, role);
    const { queue, machine } = victim.life!;
    const closed = rejection(queue!.closed);
    victim.diskBehavior.fault = new Error('no space left on the disk');
    const error = await group.settle(rejection(machine!.execute(new Append('lost?'))));
    expect(error).toBeInstanceOf(UnknownOutcomeError);
    expect(error.cause).toMatchObject({ code: 'LEDGER_FAILED', message: expect.stringContaining('no space left') });
    expect(await group.settle(closed)).toBe(error.cause);
    expect(await rejection(queue!.put(Buffer.from('x')))).toMatchObject({ code: 'QUEUE_CLOSED' });
    expect(await rejection(machine!.execute(new Append('x')))).toMatchObject({
      code: 'STATE_MACHINE_CLOSED',
      message: expect.stringContaining('no space left'),
    });

    await group.settle(group.append(group.others(victim)[0]!));
    victim.diskBehavior.fault = null;
    await group.start(victim);
    await group.settle(group.append(victim));
    expect((await withoutViolation(group)).length).toBeGreaterThanOrEqual(2);
  });
});

describe('a minority', () => {
  it('leaves unknown what its callers stop waiting for', async () => {
    const group = await SimulatedGroup.started();
    const lonely = group.process(2);
    const rejoin = group.isolate(lonely);
    const controller = new AbortController();
    const { machine } = lonely;
    const aborted = rejection(machine!.execute(new Append('aborted'), { signal: controller.signal }));
    const abandoned = rejection(machine!.execute(new Append('abandoned')));
    await group.pass(500);
    controller.abort();
    expect(await aborted).toBeInstanceOf(UnknownOutcomeError);
    await group.settle(lonely.close());
    expect(await abandoned).toBeInstanceOf(UnknownOutcomeError);
    rejoin();
    await group.start(lonely);
    await group.settle(group.append(lonely));
    expect(await withoutViolation(group)).toHaveLength(1);
  });

  it('of two of five decides nothing, and a third makes it a majority', async () => {
    const group = await SimulatedGroup.started({ n: 5 });
    const [back, ...down] = group.processes.slice(2);
    for (const process of [back!, ...down]) process.crash(false);
    const append = group.append(group.process(0));
    await group.pass(3_000);
    expect(group.acknowledged).toEqual([]);
    await group.start(back!);
    await group.settle(append);
    await group.start(...down);
    expect(await withoutViolation(group)).toHaveLength(1);
  });
});

describe('a group of one', () => {
  it.each(['adaptive', 'classic', 'fast'] as const)(
    'waits for no tick but the one it is founded at, in %s mode',
    async (mode) => {
      const group = new SimulatedGroup({ n: 1, mode });
      const [process] = group.processes as [JournalProcess];
      process.start();
      await group.until(() => process.life!.underWay?.[0]?.kind === 'founding');
      const foundingUs = group.world.nowUs;
      await group.until(() => process.coordinates && process.machine !== null);
      await group.settle(group.append(process));
      expect(group.world.nowUs - foundingUs).toBeLessThan(constants.tickMs * 1_000);
      expect(await withoutViolation(group)).toHaveLength(1);
    },
  );
});
