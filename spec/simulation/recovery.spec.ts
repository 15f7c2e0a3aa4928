import { beforeEach, describe, expect, it } from '@jest/globals';

import { damage, damageCheckpoint, damageDecision } from '../../lib/simulation/damage.js';
import { Random } from '../../lib/simulation/random.js';
import type { World } from '../../lib/simulation/world.js';
import type { Journal } from '../programs/journal.js';
import { entriesUntil } from '../support/journal-entries.js';
import { appendAll, comeUp, eventsOf, OFTEN, type Process, QUEUE, SECOND_US, startedWorld } from './world-subjects.js';

const ENTRIES = entriesUntil(40);

describe('a group that makes checkpoints and cuts its logs', () => {
  let world: World<Journal>;
  let here: Process;
  let other: Process;
  let victim: Process;

  beforeEach(async () => {
    world = await startedWorld({ checkpoint: OFTEN, recover: true });
    [here, other, victim] = world.processes as [Process, Process, Process];
  });

  const beLevel = async (...processes: readonly Process[]): Promise<void> => {
    const areLevel = (): boolean => processes.every(({ life }) => life?.position === here.life?.position);
    expect(await world.until(areLevel, 30 * SECOND_US)).toBe(true);
    for (const { machine } of processes) expect(machine?.state.entries).toEqual(here.machine?.state.entries);
    expect(world.log.violation).toBeNull();
  };
  const has = (process: Process, what: string, fromUs = 0): boolean =>
    eventsOf(world, process, fromUs).some((event) => event.includes(what));
  const firstEntryOf = ({ disk }: Process): number => Math.min(...disk.file(QUEUE).entries.keys());
  const comeBack = async (process: Process): Promise<void> => {
    process.start();
    await comeUp(world, process);
  };

  it('begins its lives at checkpoints', async () => {
    await appendAll(world, here, ENTRIES);
    await world.pass(SECOND_US);
    for (const process of world.processes) process.crash();
    const crashedUs = world.nowUs;
    for (const process of world.processes) process.start();
    await comeUp(world, ...world.processes);
    for (const process of world.processes) {
      expect(firstEntryOf(process)).toBeGreaterThan(20);
      expect(has(process, 'goes on from a state after', crashedUs)).toBe(true);
    }
    await beLevel(...world.processes);
    expect(here.machine?.state.entries).toEqual(ENTRIES);
  });

  it('gives a checkpoint to who was down until the logs had been cut', async () => {
    victim.crash();
    const crashedUs = world.nowUs;
    await appendAll(world, here, ENTRIES);
    await comeBack(victim);
    await beLevel(victim);
    expect(has(victim, 'completes a checkpoint received', crashedUs)).toBe(true);
  });

  it('gives one to who was cut off, in the midst of its life', async () => {
    const { life } = victim;
    const cuts = [here, other].flatMap(({ id }) => [
      world.weather.cut(id, victim.id),
      world.weather.cut(victim.id, id),
    ]);
    await appendAll(world, here, ENTRIES);
    for (const mend of cuts) mend();
    await beLevel(victim);
    expect(victim.life).toBe(life);
    expect(has(victim, 'goes on from a state after')).toBe(true);
  });

  it('gives it from another source where the first one crashes', async () => {
    victim.crash();
    await appendAll(world, here, ENTRIES);
    const ambush = { at: 'source', calls: 2 } as const;
    here.ambush = other.ambush = { ...ambush };
    other.ambush = null;
    victim.start();
    await world.until(() => here.life === null, 10 * SECOND_US);
    here.ambush = null;
    if (here.life === null) await comeBack(here);
    await comeUp(world, victim);
    await beLevel(victim, other);
  });

  it('has who has lost its votes back under a new id, without a vote', async () => {
    await appendAll(world, here, ENTRIES.slice(0, 10));
    const { id } = victim;
    victim.crash(false);
    const file = victim.disk.file(QUEUE);
    file.meta.set('promise', Buffer.from('damaged'));
    victim.damage.isOfVotes = victim.expectedFailures.hasDamagedDisk = true;
    const crashedUs = world.nowUs;
    await comeBack(victim);
    await appendAll(world, victim, ENTRIES.slice(10));
    await beLevel(victim);
    expect([victim.label, victim.isLost]).toEqual(["p3'", true]);
    expect(victim.id).not.toBe(id);
    expect(
      has(victim, 'accepted', crashedUs) &&
        eventsOf(world, victim, crashedUs).some((event) => /says.*accepted/.test(event)),
    ).toBe(false);
    expect(here.machine?.state.entries).toEqual(ENTRIES);
  });

  it('learns again what was decided and is damaged, and nobody loses its id for it', async () => {
    world = await startedWorld({ recover: true });
    [here, other, victim] = world.processes as [Process, Process, Process];
    await appendAll(world, here, ENTRIES);
    await world.pass(SECOND_US);
    const { id } = victim;
    victim.crash(false);
    const { watermark } = world.watch.diskOf(victim);
    const instance = damageDecision(victim.disk.file(QUEUE), watermark, new Random(1))!;
    victim.damage.entries.add(instance);
    await comeBack(victim);
    await beLevel(victim);
    expect(victim.id).toBe(id);
    expect(victim.damage.areHealed).toBe(true);
    expect(has(victim, `repair ${instance}=`)).toBe(true);
  });

  it.each([1, 2, 3, 4])('replaces a checkpoint that is damaged (seed %d)', async (seed) => {
    await appendAll(world, here, ENTRIES);
    await world.pass(SECOND_US);
    const { id } = victim;
    victim.crash(false);
    const { checkpoint } = world.watch.diskOf(victim);
    expect(damageCheckpoint(victim.disk.file(QUEUE), checkpoint!, new Random(seed))).not.toBeNull();
    victim.damage.isOfCheckpoint = true;
    await comeBack(victim);
    await beLevel(victim);
    expect(victim.id).toBe(id);
  });

  it('keeps the log of who cannot write checkpoints', async () => {
    victim.diskBehavior.checkpointFault = new Error('ENOSPC: no space left on device');
    await appendAll(world, here, ENTRIES);
    await beLevel(victim);
    expect(firstEntryOf(victim)).toBe(0);
    expect(has(victim, 'tells checkpoint-failed')).toBe(true);
    victim.diskBehavior.checkpointFault = null;
    await appendAll(world, here, ENTRIES);
    await world.pass(SECOND_US);
    expect(firstEntryOf(victim)).toBeGreaterThan(0);
    expect(world.log.violation).toBeNull();
  });

  it('comes through crashes at any call that makes a checkpoint', async () => {
    for (let calls = 1; calls <= 12; calls += 1) {
      victim.ambush = { at: 'checkpoint', calls };
      await appendAll(world, here, ENTRIES.slice(0, 12));
      if (victim.life === null) await comeBack(victim);
      await beLevel(victim);
    }
  });

  it('is not forgiven who gives up votes that are sound', async () => {
    await appendAll(world, here, ENTRIES);
    victim.crash(false);
    expect(damage(victim.disk.file(QUEUE), 'flipped bit', new Random(1), [{ kind: 'promise' } as never])).toBe(
      'promise',
    );
    victim.start();
    await world.until(() => world.log.violation !== null, SECOND_US);
    expect(world.log.violation).toMatchObject({ checker: 'survival', text: 'p3 gives up its votes, which are sound' });
  });
});
