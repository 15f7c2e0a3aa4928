import { beforeEach, describe, expect, it } from '@jest/globals';

import type { ProcessId } from '../../lib/model/ids.js';
import { Random } from '../../lib/simulation/random.js';
import type { Occasion } from '../../lib/simulation/trouble.js';
import { troubles } from '../../lib/simulation/troubles.js';
import { type Climate, FAIR, Weather } from '../../lib/simulation/weather.js';
import type { World } from '../../lib/simulation/world.js';
import { FrameDecoder } from '../../lib/transport/frame/frame-decoder.js';
import { FrameEncoder } from '../../lib/transport/frame/frame-encoder.js';
import type { Copy, Passenger } from '../../lib/transport/memory/memory-network.js';
import type { Journal } from '../programs/journal.js';
import { SOME_START } from '../support/station.js';
import { appendAll, comeUp, QUEUE, SECOND_US, worldOf } from './world-subjects.js';

describe('the weather', () => {
  const [a, b] = ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb'] as ProcessId[] as [ProcessId, ProcessId];
  let nowUs: number;
  let faults: string[];
  let weather: Weather;

  beforeEach(() => {
    nowUs = 1_000;
    faults = [];
    weather = new Weather(
      new Random(1),
      () => nowUs,
      (fault) => faults.push(fault),
    );
  });

  const datagram: Passenger = { from: a, to: b, lane: 'datagram', bytes: Buffer.from('some bytes') };
  const bulk: Passenger = { ...datagram, lane: 'bulk' };
  const back: Passenger = { ...datagram, from: b, to: a };
  const passes = (passenger: Passenger): boolean => weather.fate(passenger).length > 0;
  const fatesUnder = (climate: Partial<Climate>, times: number, passenger = datagram): readonly Copy[][] => {
    weather.climate = { ...FAIR, ...climate };
    return Array.from({ length: times }, () => weather.fate(passenger));
  };

  it('is fair unless it is said otherwise', () => {
    for (const copies of fatesUnder({}, 100)) {
      expect(copies).toEqual([{ bytes: datagram.bytes, delayTicks: expect.any(Number) }]);
      expect(copies[0]!.delayTicks).toBeGreaterThanOrEqual(50);
    }
    expect(faults).toEqual([]);
  });

  it('lets nothing pass a link one way, until each cut is mended', () => {
    const mends = [weather.cut(a, b), weather.cut(a, b)];
    expect([passes(datagram), passes(bulk), passes(back)]).toEqual([false, false, true]);
    mends[0]!();
    expect(passes(datagram)).toBe(false);
    mends[1]!();
    expect([passes(datagram), passes(bulk)]).toEqual([true, true]);
  });

  it('lets what meets a clog arrive when the clog is gone', () => {
    weather.clog(a, b, 500_000);
    for (const passenger of [datagram, bulk]) expect(weather.fate(passenger)[0]?.delayTicks).toBe(499_000);
    expect(weather.fate(back)[0]?.delayTicks).toBeLessThan(10_000);
    nowUs = 500_000;
    expect(weather.fate(datagram)[0]?.delayTicks).toBeLessThan(10_000);
  });

  it('loses datagrams, and counts them', () => {
    const lost = fatesUnder({ loss: 0.5 }, 100).filter(({ length }) => length === 0);
    expect(lost.length).toBeGreaterThan(20);
    expect(faults).toEqual(lost.map(() => 'loss'));
  });

  it('repeats datagrams, and counts them', () => {
    for (const copies of fatesUnder({ duplication: 1 }, 10)) expect(copies).toHaveLength(2);
    expect(faults).toEqual(Array.from({ length: 10 }, () => 'duplication'));
  });

  it('delays datagrams, and counts them', () => {
    const delays = fatesUnder({ tail: 1, tailUs: 1_000_000 }, 100).map(([copy]) => copy!.delayTicks);
    expect(Math.max(...delays)).toBeGreaterThan(500_000);
    expect(faults).toEqual(delays.map(() => 'late'));
  });

  it('neither loses, repeats, changes nor disorders what is in bulk', () => {
    const climate = { loss: 1, duplication: 1, mutilation: 1, tail: 0.5, tailUs: 1_000_000 };
    const copies = fatesUnder(climate, 100, bulk).flat();
    expect(copies).toHaveLength(100);
    for (const { bytes } of copies) expect(bytes).toBe(bulk.bytes);
    const delays = copies.map(({ delayTicks }) => delayTicks);
    expect(delays).toEqual(delays.toSorted((x, y) => x - y));
  });

  it('mutilates datagrams so that every receiver can tell', () => {
    const frame = Buffer.concat(
      new FrameEncoder(QUEUE, a, SOME_START).encode([Buffer.from('a vote, say'), Buffer.alloc(40)]),
    );
    const decoder = new FrameDecoder(QUEUE, b, SOME_START);
    expect(decoder.open(frame)).toMatchObject({ bytes: frame });
    const copies = fatesUnder({ mutilation: 1 }, 1_000, { ...datagram, bytes: frame }).flat();
    expect(faults).toEqual(copies.map(() => 'mutilation'));
    for (const { bytes } of copies) if (!bytes.equals(frame)) expect(typeof decoder.open(bytes)).toBe('string');
  });
});

describe('a world of bad weather', () => {
  it('counts what befalls it, and no process hears anything that was mutilated', async () => {
    const world = worldOf();
    world.weather.climate = { ...FAIR, loss: 0.1, duplication: 0.1, mutilation: 0.3 };
    for (const process of world.processes) process.start();
    await comeUp(world, ...world.processes);
    await appendAll(world, world.processes[0]!, ['a', 'b', 'c']);
    for (const fault of ['loss', 'duplication', 'mutilation']) expect(world.faults.get(fault)).toBeGreaterThan(0);
    expect(world.log.lines!.filter((line) => line.includes('hears'))).not.toEqual([]);
    expect(world.log.lines!.filter((line) => line.includes('noise'))).toEqual([]);
    expect(world.log.violation).toBeNull();
  });

  /** The links that something passes, as `p1>p2`. */
  const openLinks = ({ weather, processes }: World<Journal>): string[] =>
    processes.flatMap((from) =>
      processes
        .filter((to) => {
          const passenger: Passenger = { from: from.id, to: to.id, lane: 'datagram', bytes: Buffer.alloc(1) };
          return to !== from && weather.fate(passenger).length > 0;
        })
        .map((to) => `${from.name}>${to.name}`),
    );

  const occasionOf = (world: World<Journal>, seed: number): Occasion<Journal> => ({
    world,
    random: new Random(seed),
    victim: world.processes[0]!,
    lastsUs: SECOND_US,
    mayLose: () => true,
  });

  it('isolates a process, by what it says, by what it hears, or by both, for a time', () => {
    const world = worldOf();
    const all = openLinks(world);
    const ways = new Set<string>();
    for (let seed = 1; seed <= 20; seed += 1) {
      const mend = troubles.isolation(occasionOf(world, seed));
      ways.add(openLinks(world).join(' '));
      mend?.();
      expect(openLinks(world)).toEqual(all);
    }
    expect([...ways].sort()).toEqual(['p1>p2 p1>p3 p2>p3 p3>p2', 'p2>p1 p2>p3 p3>p1 p3>p2', 'p2>p3 p3>p2']);
  });

  it('parts the processes into two sides, for a time', () => {
    const world = worldOf({ replicas: 4 });
    const all = openLinks(world);
    for (let seed = 1; seed <= 20; seed += 1) {
      const mend = troubles.partition(occasionOf(world, seed));
      const left = openLinks(world);
      const sides = world.processes.map(({ name }) =>
        world.processes.map((to) => to.name === name || left.includes(`${name}>${to.name}`)).join(),
      );
      expect(new Set(sides).size).toBe(mend === undefined ? 1 : 2);
      mend?.();
      expect(openLinks(world)).toEqual(all);
    }
  });
});
