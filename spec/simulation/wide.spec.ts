import { describe, expect, it } from '@jest/globals';

import { equalWays, type Ways } from '../../lib/simulation/geography.js';
import type { World } from '../../lib/simulation/world.js';
import type { Journal } from '../programs/journal.js';
import { repetitions } from '../support/repetitions.js';
import { append, appendAll, comeUp, SECOND_US, startedWorld, worldOf } from './world-subjects.js';

/** Five processes at three places: messages between two places are under way for so long. */
const WIDE = equalWays(3, 80_000);
const FARTHER = equalWays(3, 150_000);
/** Round trips of 50 to 270 ms, of which one way takes most. */
const ASKEW: Ways = [
  [0, 150_000, 40_000],
  [30_000, 0, 120_000],
  [10_000, 150_000, 0],
];

function wide(ways: Ways, seed: number, mode: 'classic' | 'fast' | 'adaptive' = 'adaptive'): World<Journal> {
  return worldOf({ replicas: 5, ways, seed, mode, isTraced: false });
}

const coordinatorOf = ({ processes }: World<Journal>) => processes.find(({ coordinates }) => coordinates);

/** How many seconds it takes until a process coordinates. */
async function secondsToCoordinator(world: World<Journal>): Promise<number> {
  const startUs = world.nowUs;
  expect(await world.until(() => coordinatorOf(world) !== undefined, 30 * SECOND_US)).toBe(true);
  return (world.nowUs - startUs) / SECOND_US;
}

/** Counts the events of these kinds from now on. */
function count(world: World<Journal>, ...kinds: readonly string[]): () => number {
  let events = 0;
  const { log } = world;
  const note = log.note.bind(log);
  log.note = (who, what, value, words) => {
    if (what === 'tells' && kinds.includes(words().split(' ')[0] ?? '')) events += 1;
    note(who, what, value, words);
  };
  return () => events;
}

describe('a group of five at three places', () => {
  it.each([
    ['80 ms apart', WIDE, 1],
    ['150 ms apart', FARTHER, 1.5],
    ['with long ways one way', ASKEW, 1.5],
  ] as const)(
    '%s has a coordinator soon: when it is founded, and when one has crashed',
    async (_name, ways, limitS) => {
      for (const seed of [1, 2, 3, 4]) {
        const world = wide(ways, seed);
        for (const process of world.processes) process.start();
        expect(await secondsToCoordinator(world)).toBeLessThan(limitS);
        await comeUp(world, ...world.processes);
        await world.pass(3 * SECOND_US);
        for (let crashes = 0; crashes < 2; crashes += 1) {
          coordinatorOf(world)!.crash();
          expect(await secondsToCoordinator(world)).toBeLessThan(limitS);
          await world.pass(2 * SECOND_US);
        }
        expect(world.log.violation).toBeNull();
      }
    },
  );

  it('keeps its coordinator for as long as nothing goes wrong', async () => {
    const world = await startedWorld({ replicas: 5, ways: WIDE, isTraced: false });
    await world.pass(3 * SECOND_US);
    const changes = count(world, 'reign', 'coordinating', 'resigned');
    await world.pass(repetitions(60, 600) * SECOND_US);
    expect(changes()).toBe(0);
    expect(coordinatorOf(world)).toBeDefined();
  }, 300_000);

  it('keeps it also where callers come and go at several places', async () => {
    const world = await startedWorld({ replicas: 5, ways: FARTHER, mode: 'adaptive', isTraced: false });
    await world.pass(3 * SECOND_US);
    const resigned = count(world, 'resigned');
    const reigns = count(world, 'coordinating');
    for (let i = 0; i < 40; i += 1) {
      append(world.processes[1 + (i % 2)]!, `entry ${i}`);
      await world.pass(0.3 * SECOND_US);
    }
    expect(resigned()).toBe(0);
    expect(reigns()).toBeLessThanOrEqual(1);
  });

  it('recovers no instance of a fast reign that is only far away', async () => {
    const world = await startedWorld({ replicas: 5, ways: WIDE, mode: 'fast', isTraced: false });
    await world.pass(3 * SECOND_US);
    const recovered = count(world, 'stuck', 'collision');
    const entries = Array.from({ length: 20 }, (_, i) => `entry ${i}`);
    await appendAll(world, world.processes[1]!, entries);
    expect(recovered()).toBe(0);
  });
});
