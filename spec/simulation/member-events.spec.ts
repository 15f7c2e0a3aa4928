import { beforeEach, describe, expect, it } from '@jest/globals';

import type { ProcessId } from '../../lib/model/ids.js';
import { packChange } from '../../lib/sequence/view-change.js';
import { countMemberEvents } from '../../lib/simulation/member-events.js';
import type { Scene } from '../../lib/simulation/scene.js';
import type { World } from '../../lib/simulation/world.js';
import type { Journal } from '../programs/journal.js';
import { entriesUntil } from '../support/journal-entries.js';
import { appendAll, comeUp, type Process, SECOND_US, startedWorld } from './world-subjects.js';

describe('the events of members that a summary counts', () => {
  let world: World<Journal>;
  let here: Process;
  let other: Process;
  let victim: Process;
  let spare: Process;

  const begin = async (scene: Partial<Scene<Journal>> = {}): Promise<void> => {
    world = await startedWorld({ spares: 1, recover: true, ...scene });
    [here, other, victim, spare] = world.processes as [Process, Process, Process, Process];
    countMemberEvents(world);
  };
  const counted = (): Record<string, number> => Object.fromEntries(world.faults);
  const until = async (condition: () => boolean): Promise<void> => {
    expect(await world.until(condition, 30 * SECOND_US)).toBe(true);
  };
  /** The operator of a process has one process take the place of another. */
  const ask = (removed: ProcessId, added: ProcessId): (() => boolean) => {
    const change = { add: [added], remove: [removed] };
    let isDone = false;
    const ended = world.watch.openChanges.ask({ life: here.life!, process: here.id, change });
    void here.life!.queue!.changeMembers(change, { force: true }).then(() => {
      ended();
      isDone = true;
    });
    return () => isDone;
  };
  const comeBack = async (process: Process): Promise<void> => {
    process.start();
    await comeUp(world, process);
  };

  beforeEach(() => begin());

  it('are changes of the view', async () => {
    await until(ask(victim.id, spare.id));
    expect(counted()).toEqual({ 'view changed': 1 });
  });

  it('are changes that are decided while something is cut off', async () => {
    world.weather.cut(victim.id, other.id);
    await until(ask(victim.id, spare.id));
    expect(counted()).toEqual({ 'view changed': 1, 'view changed across a cut': 1 });
  });

  it('are changes that nobody has asked for', async () => {
    await begin({ autoReplaceMs: 1_000 });
    victim.crash();
    await until(() => world.faults.size > 0);
    expect(counted()).toEqual({ 'view changed': 1, 'silent member replaced': 1 });
  });

  it('are changes that are decided and void', () => {
    const { electorate } = world.watch;
    electorate.chosen(1_000, `${here.id}v1.1`, packChange({ follows: 7, members: [here.id] }));
    expect(counted()).toEqual({ 'void change': 1 });
  });

  it('are new members that have lost their disks, each once', async () => {
    const { id } = victim;
    victim.loseDisk();
    await comeBack(victim);
    await until(ask(id, victim.id));
    expect(counted()).toEqual({ 'view changed': 1, 'vote after a lost disk': 1 });
    await until(ask(other.id, spare.id));
    expect(counted()).toEqual({ 'view changed': 2, 'vote after a lost disk': 1 });
  });

  it('are returns of members that were removed while they were away, and do not know it', async () => {
    victim.crash();
    await until(ask(victim.id, spare.id));
    world.faults.clear();
    await comeBack(victim);
    expect(counted()).toEqual({ 'return of a removed member': 1, 'return of one that does not know it': 1 });
  });

  it('are returns of members that know that they are removed', async () => {
    await until(ask(victim.id, spare.id));
    await appendAll(world, here, entriesUntil(80));
    const { from } = world.watch.electorate.views.at(-1)!;
    await until(() => world.watch.diskOf(victim).watermark >= from);
    world.faults.clear();
    victim.crash();
    await comeBack(victim);
    expect(counted()).toEqual({ 'return of a removed member': 1 });
  });

  it('are coordinators that go down while a change is proposed and not decided, and nobody else', async () => {
    const { electorate } = world.watch;
    await until(() => world.processes.some(({ coordinates }) => coordinates));
    const coordinator = world.processes.find(({ coordinates }) => coordinates)!;
    const { id } = coordinator;
    const follower = world.processes.find((process) => process !== here && process !== coordinator)!;
    ask(id === victim.id ? other.id : victim.id, spare.id);
    await until(() => electorate.toCome.length > 0);
    follower.crash();
    expect(counted()).toEqual({});
    coordinator.crash();
    expect(counted()).toEqual({ 'coordinator lost in a change': 1 });
  });

  it('are no members, coordinators and observers that go down and return while nothing changes', async () => {
    await until(() => world.processes.some(({ coordinates }) => coordinates));
    for (const process of world.processes) {
      process.crash();
      await comeBack(process);
    }
    expect(counted()).toEqual({});
  });
});
