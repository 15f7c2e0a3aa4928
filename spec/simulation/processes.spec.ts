import { beforeEach, describe, expect, it } from '@jest/globals';

import { MemoryDisk } from '../../lib/ledger/memory/memory-ledger.js';
import { NO_BALLOT } from '../../lib/model/ballot.js';
import { damage, type InjectedDamage } from '../../lib/simulation/damage.js';
import type { Life } from '../../lib/simulation/life.js';
import { Random } from '../../lib/simulation/random.js';
import type { World } from '../../lib/simulation/world.js';
import type { Journal } from '../programs/journal.js';
import { append, appendAll, comeUp, eventsOf, type Process, QUEUE, SECOND_US, startedWorld } from './world-subjects.js';

describe('a process that is stalled', () => {
  let world: World<Journal>;
  let victim: Process;
  let life: Life<Journal>;

  beforeEach(async () => {
    world = await startedWorld();
    victim = world.processes.find(({ coordinates }) => !coordinates)!;
    life = victim.life!;
  });

  it('does nothing, and then all that it was to do, in that order', async () => {
    const startUs = world.nowUs;
    const done: string[] = [];
    life.stall(startUs + SECOND_US);
    life.enter(() => done.push('first'));
    life.enter(() => done.push('second'), 1_000);
    await world.pass(SECOND_US - 1);
    expect(done).toEqual([]);
    expect(eventsOf(world, victim, startUs)).toEqual([]);
    await world.pass(1);
    expect(done).toEqual(['first', 'second']);
    expect(eventsOf(world, victim, startUs)).not.toEqual([]);
  });

  it('stays so until the last of several stalls is over', async () => {
    let isAwake = false;
    life.stall(world.nowUs + SECOND_US);
    life.stall(world.nowUs + SECOND_US / 2);
    life.enter(() => (isAwake = true));
    await world.pass(0.9 * SECOND_US);
    expect(isAwake).toBe(false);
    await world.pass(0.1 * SECOND_US);
    expect(isAwake).toBe(true);
  });

  it('catches up with the others', async () => {
    const other = world.processes.find((process) => process !== victim)!;
    await appendAll(world, other, ['before']);
    await world.pass(SECOND_US);
    life.stall(world.nowUs + 3 * SECOND_US);
    await appendAll(world, other, ['a', 'b', 'c']);
    expect(life.position).toBe(1);
    expect(await world.until(() => life.position === 4, 10 * SECOND_US)).toBe(true);
    expect(victim.machine?.state.entries).toEqual(['before', 'a', 'b', 'c']);
  });

  it('loses what arrives when its receive buffer of a mebibyte is full', async () => {
    const heard: string[] = [];
    life.stall(world.nowUs + SECOND_US);
    life.enter(() => heard.push('first'), 600_000);
    life.enter(() => heard.push('too much'), 600_000);
    life.enter(() => heard.push('its own'));
    await world.pass(SECOND_US);
    expect(heard).toEqual(['first', 'its own']);
    life.stall(world.nowUs + SECOND_US);
    life.enter(() => heard.push('room again'), 600_000);
    await world.pass(SECOND_US);
    expect(heard).toEqual(['first', 'its own', 'room again']);
  });

  it('does nothing more if it crashes meanwhile', async () => {
    let isDone = false;
    life.stall(world.nowUs + SECOND_US);
    life.enter(() => (isDone = true));
    victim.crash();
    await world.pass(2 * SECOND_US);
    expect(isDone).toBe(false);
  });
});

describe('a process that crashes', () => {
  it.each([
    ['finds its commit on the disk where it had landed', true, ['entry']],
    ['has lost its commit where it had not', false, []],
  ])('%s, and has told nobody', async (_, lands, entries) => {
    const world = await startedWorld({ replicas: 1 });
    const [process] = world.processes as [Process];
    process.diskBehavior.commitUsMin = SECOND_US;
    const call = append(process, 'entry');
    expect(
      await world.until(() => process.life?.underWay?.some(({ kind }) => kind === 'entry') === true, 10 * SECOND_US),
    ).toBe(true);
    process.crash(lands);
    expect(process.machine).toBeNull();
    process.diskBehavior.commitUsMin = 100;
    process.start();
    await comeUp(world, process);
    await world.pass(5 * SECOND_US);
    expect(process.machine?.state.entries).toEqual(entries);
    expect(call.isAnswered).toBe(false);
  });

  it('may do so at any call of a port, and then says and hears nothing more', async () => {
    const world = await startedWorld();
    const [process] = world.processes as [Process];
    process.life!.callsUntilCrash = 3;
    expect(await world.until(() => process.life === null, SECOND_US)).toBe(true);
    const events = eventsOf(world, process);
    expect(events.at(-1)).toMatch(/crashes/);
    await world.pass(SECOND_US);
    expect(eventsOf(world, process)).toEqual(events);
  });

  it('is another life of the same member when it is back', async () => {
    const world = await startedWorld();
    const [process, other] = world.processes as [Process, Process];
    await appendAll(world, process, ['a', 'b']);
    const { id, life } = process;
    process.crash();
    await appendAll(world, other, ['c']);
    process.start();
    await comeUp(world, process);
    expect(process.id).toBe(id);
    expect(process.life).not.toBe(life);
    expect(await world.until(() => process.life?.position === 3, 10 * SECOND_US)).toBe(true);
    expect(process.machine?.state.entries).toEqual(['a', 'b', 'c']);
    expect(world.log.violation).toBeNull();
  });

  it('because a commit fails is excused for it', async () => {
    const world = await startedWorld({ replicas: 1 });
    const [process] = world.processes as [Process];
    process.diskBehavior.fault = new Error('ENOSPC: no space left on device');
    append(process, 'entry');
    expect(await world.until(() => process.life === null, SECOND_US)).toBe(true);
    expect(eventsOf(world, process).at(-1)).toMatch(/stops TreplicaError: .*no space left on device/);
    expect(process.expectedFailures.hasFailedCommit).toBe(true);
    expect(world.log.violation).toBeNull();
  });
});

describe('a disk', () => {
  const KINDS: readonly InjectedDamage[] = ['flipped bit', 'vanished record', 'torn write'];

  /** A process that has executed a few operations and gone down. */
  const downAfterAFew = async (): Promise<{ world: World<Journal>; process: Process }> => {
    const world = await startedWorld({ replicas: 1 });
    const [process] = world.processes as [Process];
    await appendAll(world, process, ['a', 'b', 'c']);
    process.crash(false);
    return { world, process };
  };

  it.each(KINDS)('keeps a process from starting where there is a %s in it', async (kind) => {
    for (let seed = 1; seed <= 8; seed += 1) {
      const { world, process } = await downAfterAFew();
      expect(damage(process.disk.file(QUEUE), kind, new Random(seed))).not.toBeNull();
      process.expectedFailures.hasDamagedDisk = true;
      process.start();
      expect(await world.until(() => process.life === null, SECOND_US)).toBe(true);
      expect(eventsOf(world, process).at(-1)).toMatch(/stops TreplicaError: /);
      expect([process.mayStart, process.isLost]).toEqual([false, true]);
      expect(world.log.violation).toBeNull();
    }
  });

  it('is not to be damaged without anybody having done so', async () => {
    const { world, process } = await downAfterAFew();
    damage(process.disk.file(QUEUE), 'flipped bit', new Random(1));
    process.start();
    await world.until(() => process.life === null, SECOND_US);
    expect(world.log.violation).toMatchObject({ checker: 'survival', text: expect.stringContaining('p1 has stopped') });
  });

  it('is damaged in one record, which is named', async () => {
    const { process } = await downAfterAFew();
    const file = process.disk.file(QUEUE);
    const bytesOf = (): Map<string, string> =>
      new Map([...file.meta, ...file.entries].map(([key, value]) => [String(key), value.toString('hex')]));
    for (const kind of KINDS) {
      const before = bytesOf();
      const damaged = damage(file, kind, new Random(3));
      const after = bytesOf();
      expect([...before.keys()].filter((key) => before.get(key) !== after.get(key))).toEqual([String(damaged)]);
    }
  });

  it('cannot be damaged where there is nothing', () => {
    expect(damage(new MemoryDisk().file(QUEUE), 'flipped bit', new Random(1))).toBeNull();
  });
});

describe('a process that has lost its disk', () => {
  it('comes back as a stranger, who never votes and holds nothing, while the others go on', async () => {
    const world = await startedWorld();
    const [process, other] = world.processes as [Process, Process];
    await appendAll(world, other, ['before']);
    const { id } = process;
    process.loseDisk();
    expect(process.id).not.toBe(id);
    const lostUs = world.nowUs;
    process.start();
    await world.pass(SECOND_US);
    await appendAll(world, other, ['a', 'b', 'c']);
    await world.pass(SECOND_US);

    const said = eventsOf(world, process, lostUs).filter((event) => event.includes('says'));
    expect(said).not.toEqual([]);
    for (const event of said) expect(event).toMatch(/says to \S+ (hello|unwilling)/);
    expect(process.machine).toBeNull();
    process.crash(false);
    const { promise, entries, group } = process.disk.open(QUEUE).load();
    expect({ promise, entries, group }).toEqual({ promise: NO_BALLOT, entries: [], group: null });
    expect(world.log.violation).toBeNull();
  });
});
