import { describe, expect, it } from '@jest/globals';

import { NO_GROUP } from '../../../lib/model/ids.js';
import { Peers } from '../../../lib/transport/frame/peers.js';
import { News } from '../../../lib/transport/udp/news.js';
import { idOf } from '../../support/ids.js';
import { SOME_START } from '../../support/station.js';

class World {
  readonly peers = new Peers();
  readonly news = new News(this.peers);
  /** Processes that are heard all the time. */
  speakers: number[] = [];

  hear(...numbers: readonly number[]): void {
    for (const number of numbers)
      this.peers.learn(idOf(number), NO_GROUP, { address: '10.0.0.1', port: number }, SOME_START);
  }

  /** The ports that are told, by tick. */
  pass(ticks: number): Map<number, number[]> {
    const told = new Map<number, number[]>();
    for (const end = this.peers.nowTick + ticks; this.peers.nowTick < end;) {
      this.peers.nowTick += 1;
      if (this.peers.nowTick % 100 === 0) this.hear(...this.speakers);
      const ports = this.news.next().map(({ port }) => port);
      if (ports.length > 0) told.set(this.peers.nowTick, ports);
    }
    return told;
  }
}

function speakers(n: number): World {
  const world = new World();
  world.speakers = Array.from({ length: n }, (_, i) => i + 1);
  world.hear(...world.speakers);
  return world;
}

describe('what a process tells of those that it hears', () => {
  it('is told three times when it has changed, and then now and then', () => {
    const world = speakers(2);
    expect([...world.pass(9_500)]).toEqual([50, 100, 150, 3_150, 6_150, 9_150].map((tick) => [tick, [1, 2]]));
    world.speakers.push(3);
    expect([...world.pass(600).values()]).toEqual([1, 2, 3].map(() => [1, 2, 3]));
  });

  it('is all of them, however many they are: each as often as any other, and never many at a time', () => {
    const world = speakers(100);
    const told = world.pass(9_650);
    expect(Math.max(...[...told.values()].map((ports) => ports.length))).toBe(32);
    const times = new Map<number, number>();
    for (const port of [...told.values()].flat()) times.set(port, (times.get(port) ?? 0) + 1);
    expect(times.size).toBe(100);
    expect(new Set(times.values())).toEqual(new Set([6]));
    const ticks = [...told.keys()];
    expect(Math.min(...ticks.slice(1).map((tick, i) => tick - ticks[i]!))).toBe(50);
  });

  it('is none that is silent, and nothing where one alone is heard', () => {
    const world = speakers(3);
    world.pass(200);
    world.speakers = [1, 3];
    world.pass(500);
    expect([...world.pass(3_000).values()]).toEqual([[1, 3]]);
    world.speakers = [1];
    world.pass(500);
    expect([...world.pass(9_000).values()]).toEqual([]);
  });
});
