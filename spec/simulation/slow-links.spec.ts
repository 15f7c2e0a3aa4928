import { describe, expect, it } from '@jest/globals';

import type { World } from '../../lib/simulation/world.js';
import type { Journal } from '../programs/journal.js';
import { append, appendAll, comeUp, type Process, SECOND_US, startedWorld } from './world-subjects.js';

/** In bytes a second. */
const LINKS = [
  ['10 Mb/s', 1.25e6],
  ['90 Mb/s', 11.25e6],
] as const;

const ENTRY_BYTES = 50_000;
const ENTRY = 'x'.repeat(ENTRY_BYTES);

/** Of processes that are up: what they have sent in bulk, to anybody. */
function bulkMessages(world: World<Journal>): number {
  return world.processes.reduce((sum, { life }) => sum + (life?.transport?.statistics.bulkMessagesSent ?? 0), 0);
}

/** Two of three go on without the third. Returns it. */
async function missing(world: World<Journal>, entries: number): Promise<Process> {
  const [first, , third] = world.processes as [Process, Process, Process];
  third.crash();
  await appendAll(
    world,
    first,
    Array.from({ length: entries }, () => ENTRY),
  );
  return third;
}

/** Returns how many seconds it takes until a process that comes back has executed as much as the others. */
async function catchesUp(world: World<Journal>, process: Process, limitS: number): Promise<number> {
  const [first] = world.processes as [Process];
  const startUs = world.nowUs;
  process.start();
  const isLevel = (): boolean => process.machine !== null && process.life!.position >= first.life!.position;
  expect(await world.until(isLevel, limitS * SECOND_US)).toBe(true);
  return (world.nowUs - startUs) / SECOND_US;
}

describe('a process that comes back by a link of', () => {
  it.each(LINKS)('%s catches up as fast as that is', async (_name, bytesPerSecond) => {
    const entries = 80;
    const world = await startedWorld({ isTraced: false });
    const third = await missing(world, entries);
    world.weather.slow(third.id, bytesPerSecond);
    const before = bulkMessages(world);
    const idealS = (entries * ENTRY_BYTES) / bytesPerSecond;
    const tookS = await catchesUp(world, third, 20 * idealS);
    expect(tookS).toBeLessThan(1.3 * idealS + 0.3);
    // An answer holds a megabyte, or a little less.
    expect(bulkMessages(world) - before).toBeLessThanOrEqual(1.3 * ((entries * ENTRY_BYTES) / 2 ** 20) + 4);
    expect(world.log.violation).toBeNull();
  });

  it.each(LINKS)('%s does so under load, too', async (_name, bytesPerSecond) => {
    const entries = 60;
    const world = await startedWorld({ isTraced: false });
    const [first] = world.processes as [Process];
    const third = await missing(world, entries);
    world.weather.slow(third.id, bytesPerSecond);
    // A tenth of what the link can carry.
    let loads = true;
    let meanwhile = 0;
    const load = (): void => {
      if (!loads) return;
      append(first, ENTRY);
      meanwhile += 1;
      world.after(Math.round((10 * ENTRY_BYTES * SECOND_US) / bytesPerSecond), load);
    };
    load();
    const tookS = await catchesUp(world, third, 600);
    loads = false;
    expect(tookS).toBeLessThan((1.3 * (entries + meanwhile) * ENTRY_BYTES) / bytesPerSecond + 0.5);
    expect(world.log.violation).toBeNull();
  });
});

describe('a large message', () => {
  const BYTES = 6_000_000;

  it.each(LINKS)('is sent once to each, by a link of %s to one of them', async (_name, bytesPerSecond) => {
    const world = await startedWorld({ isTraced: false });
    await world.pass(SECOND_US); // By then everybody has heard that the group exists.
    const [first, second, third] = world.processes as [Process, Process, Process];
    world.weather.slow(third.id, bytesPerSecond);
    const before = bulkMessages(world);
    const startUs = world.nowUs;
    const call = append(second, 'x'.repeat(BYTES));
    const positions = [first, second, third].map(({ life }) => life!.position);
    const areLevel = (): boolean => [first, second, third].every(({ life }, i) => life!.position > positions[i]!);
    expect(await world.until(areLevel, 60 * SECOND_US)).toBe(true);
    expect((world.nowUs - startUs) / SECOND_US).toBeLessThan((1.3 * BYTES) / bytesPerSecond + 0.3);
    expect(call.isAnswered).toBe(true);
    expect(bulkMessages(world) - before).toBe(2);
  });
});

describe('a checkpoint', () => {
  it.each(LINKS)('comes by a link of %s as fast as that is', async (_name, bytesPerSecond) => {
    const entries = 80;
    const world = await startedWorld({
      isTraced: false,
      checkpoint: {
        ...{ everyPositions: 70, everyBytes: 1e12, logMarginBytes: 0 },
        ...{ chunkBytes: 512 * 1024, pieceBytes: 200_000, segmentInstances: 8 },
      },
    });
    const third = await missing(world, entries);
    world.weather.slow(third.id, bytesPerSecond);
    const before = bulkMessages(world);
    const idealS = (entries * ENTRY_BYTES) / bytesPerSecond;
    expect(await catchesUp(world, third, 20 * idealS)).toBeLessThan(1.3 * idealS + 1.5);
    expect(bulkMessages(world) - before).toBeLessThanOrEqual(1.3 * ((entries * ENTRY_BYTES) / (512 * 1024)) + 8);
    await comeUp(world, third);
  });
});

describe('a process that has stood still under load', () => {
  const LOAD_PER_SECOND = 10;
  const BYTES = 260_000;
  const ENTRY = 'x'.repeat(BYTES);
  /** More than is kept for one receiver, and longer. */
  const STILL_S = 12;

  it('is level as fast as the link is, although what is new comes all the time', async () => {
    const bytesPerSecond = 11.25e6;
    const world = await startedWorld({ isTraced: false });
    const [first, , third] = world.processes as [Process, Process, Process];
    for (const { id } of world.processes) world.weather.slow(id, bytesPerSecond);
    let loads = true;
    const load = (): void => {
      if (!loads) return;
      append(first, ENTRY);
      world.after(SECOND_US / LOAD_PER_SECOND, load);
    };
    load();
    await world.pass(SECOND_US);
    third.life!.stall(world.nowUs + STILL_S * SECOND_US);
    await world.pass(STILL_S * SECOND_US);
    const startUs = world.nowUs;
    const lacking = (first.life!.position - third.life!.position) * BYTES;
    expect(lacking).toBeGreaterThan(24e6);
    const isLevel = (): boolean => third.life!.position >= first.life!.position - 1;
    await world.until(isLevel, 60 * SECOND_US);
    loads = false;
    const tookS = (world.nowUs - startUs) / SECOND_US;
    // What it lacked, while more is decided all the time.
    expect(tookS).toBeLessThan((2 * lacking) / (bytesPerSecond - LOAD_PER_SECOND * BYTES));
    expect(world.log.violation).toBeNull();
  });
});
