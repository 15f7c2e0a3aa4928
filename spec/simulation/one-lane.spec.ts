import { beforeEach, describe, expect, it } from '@jest/globals';

import type { World } from '../../lib/simulation/world.js';
import type { Lane } from '../../lib/transport/frame/frame.js';
import type { Journal } from '../programs/journal.js';
import { append, type Process, SECOND_US, startedWorld } from './world-subjects.js';

/** More than leaves as datagrams on a network. */
const LARGE = 'x'.repeat(70_000);
const DATAGRAM_BYTES = 8_192;

const TO = 'what is said to it';
const FROM = 'what it says';
const BOTH = 'both ways';
const ways = [TO, FROM, BOTH];

let world: World<Journal>;
let coordinator: Process;
let follower: Process;

beforeEach(async () => {
  world = await startedWorld({ maxDatagramBytes: DATAGRAM_BYTES });
  await world.until(() => world.processes.some(({ coordinates }) => coordinates), SECOND_US);
  coordinator = world.processes.find(({ coordinates }) => coordinates)!;
  follower = world.processes.find(({ coordinates }) => !coordinates)!;
});

/** A firewall at one process lets nothing pass on one lane. */
function cut(process: Process, lane: Lane, way: string): () => void {
  const mends = world.processes
    .filter((other) => other !== process)
    .flatMap(({ id }) => [
      ...(way === FROM ? [] : [world.weather.cut(id, process.id, lane)]),
      ...(way === TO ? [] : [world.weather.cut(process.id, id, lane)]),
    ]);
  return () => {
    for (const mend of mends) mend();
  };
}

/** How many seconds it takes until an entry is acknowledged at a process and executed by all. */
async function takesS(process: Process, entry: string): Promise<number> {
  const startUs = world.nowUs;
  const positions = world.processes.map(({ life }) => life!.position);
  const call = append(process, entry);
  const isDone = (): boolean =>
    call.isAnswered && world.processes.every(({ life }, i) => life!.position > positions[i]!);
  expect(await world.until(isDone, 30 * SECOND_US)).toBe(true);
  return (world.nowUs - startUs) / SECOND_US;
}

const saysInItsLog = (text: string): boolean => world.log.lines!.some((line) => line.includes(text));

describe.each(ways)('where TCP does not pass the firewall of one process, %s,', (way) => {
  it('large operations are executed there, and at all others, if it coordinates', async () => {
    cut(coordinator, 'bulk', way);
    expect(await takesS(coordinator, LARGE)).toBeLessThan(2);
    for (const process of world.processes) expect(await takesS(process, LARGE)).toBeLessThan(1);
    expect(saysInItsLog('it is fetched in parts, by datagrams')).toBe(true);
    expect(world.log.violation).toBeNull();
  });

  it('the same is so if it follows', async () => {
    cut(follower, 'bulk', way);
    for (const process of world.processes) expect(await takesS(process, LARGE)).toBeLessThan(2);
    for (const process of world.processes) expect(await takesS(process, LARGE)).toBeLessThan(1);
  });

  it('a large operation costs no more than ever once it does', async () => {
    const mend = cut(coordinator, 'bulk', way);
    await takesS(coordinator, LARGE);
    mend();
    await takesS(coordinator, LARGE);
    for (const process of world.processes) expect(await takesS(process, LARGE)).toBeLessThan(0.2);
  });
});

describe.each(ways)('where UDP does not pass the firewall of one process, %s,', (way) => {
  it.each([LARGE, 'small'])('operations go on at all others, and soon there as well', async (entry) => {
    const other = world.processes.find((process) => process !== coordinator && process !== follower)!;
    cut(follower, 'datagram', way);
    const call = append(other, entry);
    expect(await world.until(() => call.isAnswered, 2 * SECOND_US)).toBe(true);
    await world.pass(5 * SECOND_US);
    for (const process of world.processes) expect(await takesS(process, entry)).toBeLessThan(1);
    expect(saysInItsLog('hears no datagrams of this one')).toBe(true);
  });

  it('another coordinates where it did, or it goes on', async () => {
    cut(coordinator, 'datagram', way);
    await world.pass(5 * SECOND_US);
    for (const process of world.processes) expect(await takesS(process, 'small')).toBeLessThan(1);
    expect(world.log.violation).toBeNull();
  });
});
