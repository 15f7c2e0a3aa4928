import { beforeEach, describe, expect, it } from '@jest/globals';

import type { World } from '../../lib/simulation/world.js';
import type { Journal } from '../programs/journal.js';
import { type Process, SECOND_US, startedWorld, TellTime, worldOf } from './world-subjects.js';

describe('time', () => {
  let world: World<Journal>;
  let happened: string[];

  beforeEach(() => {
    world = worldOf();
    happened = [];
  });

  const plan = (us: number, what: string): void => world.after(us, () => happened.push(`${what} at ${world.nowUs}`));

  it('brings what is due first, and first come, first served where that is the same', async () => {
    plan(20, 'c');
    plan(10, 'a');
    plan(10, 'b');
    world.after(10, () => plan(5, 'between'));
    await world.pass(100);
    expect(happened).toEqual(['a at 10', 'b at 10', 'between at 15', 'c at 20']);
    expect(world.nowUs).toBe(100);
  });

  it('stops when what is waited for has come', async () => {
    plan(10, 'a');
    plan(20, 'b');
    expect(await world.until(() => happened.length === 1, 100)).toBe(true);
    expect(world.nowUs).toBe(10);
  });

  it('passes no longer than it is waited', async () => {
    expect(await world.until(() => false, 100)).toBe(false);
    expect(world.nowUs).toBe(100);
  });

  it('stands still once something has happened that must not', async () => {
    plan(10, 'a');
    world.after(20, () => world.log.violate('spec', 'something is wrong'));
    plan(30, 'b');
    expect(await world.until(() => false, 100)).toBe(false);
    expect(happened).toEqual(['a at 10']);
    expect(world.nowUs).toBe(20);
    expect(world.log.violation).toEqual({ checker: 'spec', text: 'something is wrong', atUs: 20 });
  });

  it('is not what a waiting promise sees pass: it goes on first', async () => {
    let order = '';
    const [process] = world.processes as [Process];
    process.start();
    const settled = process.life!.awaiting(new Promise<void>((resolve) => world.after(10, resolve)));
    void settled.then(() => (order += 'promise '));
    world.after(11, () => (order += 'event '));
    await world.pass(20);
    expect(order).toBe('promise event ');
  });
});

describe('chance and time of operations', () => {
  it('come from the world, and are the real ones afterwards, whatever the operation does', () => {
    const [{ random }, { now }] = [Math, Date];
    const numbersOf = (world: World<Journal>): number[] => {
      const numbers: number[] = [];
      world.executing(world.processes[0]!.clock, () => numbers.push(Math.random(), Date.now()));
      return numbers;
    };
    expect(numbersOf(worldOf())).toEqual(numbersOf(worldOf()));
    expect(numbersOf(worldOf())[1]).toBe(Date.UTC(2000, 0, 1));
    expect(numbersOf(worldOf({ seed: 2 }))).not.toEqual(numbersOf(worldOf()));
    const failing = (): never => {
      throw new Error('no');
    };
    expect(() => worldOf().executing(null, failing)).toThrow('no');
    expect([Math.random, Date.now]).toEqual([random, now]);
  });
});

describe('the clock of a process', () => {
  /** A process that is up and whose scheduler is at hand. */
  const clocked = async () => {
    const world = await startedWorld({ replicas: 1 });
    const [process] = world.processes as [Process];
    return { world, process, scheduler: process.life!.scheduler(), startUs: world.nowUs };
  };

  it('shows how much of its time has passed', async () => {
    const { world, process, scheduler } = await clocked();
    const startMs = scheduler.now();
    await world.pass(2 * SECOND_US);
    expect(scheduler.now()).toBe(startMs + 2_000);
    process.clock.run(0.5);
    expect(scheduler.now()).toBe(startMs + 2_000);
    await world.pass(2 * SECOND_US);
    expect(scheduler.now()).toBe(startMs + 3_000);
  });

  it.each([
    ['fast', 2, 50_000],
    ['slow', 0.5, 200_000],
    ['right', 1, 100_000],
  ])('that is %s measures its timers', async (_, rate, afterUs) => {
    const { world, process, scheduler, startUs } = await clocked();
    process.clock.run(rate);
    const atUs: number[] = [];
    scheduler.after(100, () => atUs.push(world.nowUs - startUs));
    const cancel = scheduler.every(100, () => atUs.push(world.nowUs - startUs));
    await world.pass(2.5 * afterUs);
    cancel();
    await world.pass(SECOND_US);
    expect(atUs).toEqual([afterUs, afterUs, 2 * afterUs]);
  });

  it('may jump, which no timer takes notice of', async () => {
    const { world, process, scheduler } = await clocked();
    const startMs = scheduler.now();
    let isOver = false;
    scheduler.after(100, () => (isOver = true));
    process.clock.jump(3_600_000);
    expect(scheduler.now()).toBe(startMs + 3_600_000);
    process.clock.jump(-7_200_000);
    expect(scheduler.now()).toBe(startMs - 3_600_000);
    await world.pass(99_999);
    expect(isOver).toBe(false);
    await world.pass(1);
    expect(isOver).toBe(true);
  });

  it('is what operations are proposed by', async () => {
    const { world, process } = await clocked();
    process.clock.jump(86_400_000);
    // The group's time follows with the next heartbeats.
    await world.pass(SECOND_US);
    let toldMs = 0;
    void process.machine!.execute(new TellTime()).then((ms) => (toldMs = ms));
    expect(await world.until(() => toldMs > 0, 30 * SECOND_US)).toBe(true);
    expect(toldMs).toBeGreaterThan(Date.UTC(2000, 0, 2));
    expect(toldMs).toBeLessThanOrEqual(process.clock.now());
  });
});
