import { describe, expect, it } from '@jest/globals';

import type { ProcessId } from '../../lib/model/ids.js';
import { MemoryNetwork } from '../../lib/transport/memory-network.js';
import { EVERYONE, type Transport } from '../../lib/transport/transport.js';
import { seededRandom } from '../support/seeded-random.js';
import { describeTransport } from './compliance.js';
import type { Testbed } from '../support/station.js';

const QUEUE = 'a queue';

describeTransport('the memory network', async () => memoryTestbed(), { largestBytes: 16 * 1024 * 1024 });

function memoryTestbed(): Testbed {
  const network = new MemoryNetwork({ random: seededRandom(1) });
  return {
    queueIds: [QUEUE, 'another queue'],
    open: async (options) => network.open(options),
    inject: async (bytes) => network.inject(QUEUE, bytes),
    until: async (condition) => {
      while (!condition())
        if (!network.deliverNext()) throw new Error('Nothing is under way, and the condition does not hold.');
    },
    close: async () => {},
  };
}

/** Processes 1 to n on one network; each notes what it hears as `sender>text`. */
class World {
  readonly network: MemoryNetwork;
  readonly heard: string[][] = [];
  readonly #transports: Transport[] = [];

  constructor(n: number, seed = 1) {
    this.network = new MemoryNetwork({ random: seededRandom(seed) });
    for (let i = 0; i < n; i += 1) {
      const heard: string[] = [];
      this.heard.push(heard);
      const receiver = (from: ProcessId, _group: unknown, message: Buffer): void => {
        heard.push(`${numberOf(from)}>${message.subarray(0, 20).toString()}`);
      };
      this.#transports.push(this.network.open({ queueId: QUEUE, self: idOf(i + 1), receiver }));
    }
  }

  /** Everyone says `text` to everyone, each in a datagram of its own, and all arrives that will. */
  round(text: string): void {
    for (const transport of this.#transports) {
      transport.send(EVERYONE, Buffer.from(text));
      transport.flush();
    }
    this.network.deliverAll();
  }

  send(from: number, to: number, message: Uint8Array): void {
    const transport = this.#transports[from - 1]!;
    transport.send(idOf(to), message);
    transport.flush();
  }
}

function idOf(number: number): ProcessId {
  return String(number).padStart(16, '0') as ProcessId;
}

function numberOf(id: ProcessId): number {
  return Number(id);
}

describe('the memory network', () => {
  it('loses the share of datagrams that it is told to lose', () => {
    const world = new World(2);
    world.network.faults.loss = 0.25;
    for (let i = 0; i < 2000; i += 1) world.round('x');
    expect(world.heard[0]!.length / 2000).toBeCloseTo(0.75, 1);
    world.network.faults.loss = 1;
    const before = world.heard[0]!.length;
    world.round('x');
    expect(world.heard[0]).toHaveLength(before);
  });

  it('repeats the share of datagrams that it is told to repeat', () => {
    const world = new World(2);
    world.network.faults.duplication = 1;
    world.round('x');
    expect(world.heard).toEqual([
      ['2>x', '2>x'],
      ['1>x', '1>x'],
    ]);
  });

  it('reorders datagrams by delaying them differently', () => {
    const world = new World(2);
    world.round('hello');
    Object.assign(world.network.faults, { delayTicksMin: 1, delayTicksMax: 10 });
    const sent = Array.from({ length: 50 }, (_, i) => `1>${i}`);
    for (let i = 0; i < 50; i += 1) world.send(1, 2, Buffer.from(String(i)));
    world.network.deliverAll();
    const arrived = world.heard[1]!.slice(1);
    expect(arrived).not.toEqual(sent);
    expect([...arrived].sort()).toEqual([...sent].sort());
  });

  it('keeps the order of what takes equally long', () => {
    const world = new World(2);
    world.round('hello');
    Object.assign(world.network.faults, { delayTicksMin: 5, delayTicksMax: 5 });
    for (let i = 0; i < 50; i += 1) world.send(1, 2, Buffer.from(String(i)));
    world.network.deliverAll();
    expect(world.heard[1]!.slice(1)).toEqual(Array.from({ length: 50 }, (_, i) => `1>${i}`));
  });

  it('does the same again for the same random numbers', () => {
    const story = (seed: number): string[][] => {
      const world = new World(4, seed);
      Object.assign(world.network.faults, { loss: 0.2, duplication: 0.2, delayTicksMin: 0, delayTicksMax: 7 });
      for (let i = 0; i < 30; i += 1) world.round(String(i));
      return world.heard;
    };
    expect(story(7)).toEqual(story(7));
    expect(story(7)).not.toEqual(story(8));
  });

  it('the bulk lane loses and repeats nothing', () => {
    const world = new World(2);
    world.round('hello');
    Object.assign(world.network.faults, { loss: 1, duplication: 1 });
    world.send(1, 2, Buffer.alloc(100_000, 'y'));
    world.network.deliverAll();
    expect(world.heard[1]).toEqual(['1>hello', `1>${'y'.repeat(20)}`]);
  });

  it('a cut separates two processes until it is mended', () => {
    const world = new World(3);
    world.network.cut(idOf(1), idOf(2));
    world.round('x');
    expect(world.heard).toEqual([['3>x'], ['3>x'], ['1>x', '2>x']]);
    world.network.mend(idOf(1), idOf(2));
    world.round('y');
    expect(world.heard).toEqual([
      ['3>x', '2>y', '3>y'],
      ['3>x', '1>y', '3>y'],
      ['1>x', '2>x', '1>y', '2>y'],
    ]);
  });

  it('a cut one way lets the other way pass', () => {
    const world = new World(2);
    world.network.cutOneWay(idOf(1), idOf(2));
    world.round('x');
    expect(world.heard).toEqual([['2>x'], []]);
  });

  it('a cut loses what is under way', () => {
    const world = new World(2);
    world.round('hello');
    world.send(1, 2, Buffer.from('x'));
    world.network.cut(idOf(1), idOf(2));
    world.network.deliverAll();
    expect(world.heard[1]).toEqual(['1>hello']);
  });

  it('an isolated process hears nobody and is heard by nobody until it rejoins', () => {
    const world = new World(3);
    world.network.isolate(idOf(1));
    world.round('x');
    expect(world.heard).toEqual([[], ['3>x'], ['2>x']]);
    world.network.rejoin(idOf(1));
    world.round('y');
    expect(world.heard[0]).toEqual(['2>y', '3>y']);
  });

  it('healing ends all cuts and isolations', () => {
    const world = new World(3);
    world.network.isolate(idOf(1));
    world.network.cut(idOf(2), idOf(3));
    world.network.heal();
    world.round('x');
    expect(world.heard.map((each) => each.length)).toEqual([2, 2, 2]);
  });

  it('drops the messages it is told to drop, and no others of the same datagram', () => {
    const world = new World(3);
    const stop = world.network.drop(
      ({ from, to, message }) => from === idOf(1) && to === idOf(2) && message.toString() === 'x',
    );
    world.round('hello');
    world.round('x');
    expect(world.heard).toEqual([
      ['2>hello', '3>hello', '2>x', '3>x'],
      ['1>hello', '3>hello', '3>x'],
      ['1>hello', '2>hello', '1>x', '2>x'],
    ]);
    stop();
    world.round('x');
    expect(world.heard[1]!.filter((text) => text === '1>x')).toHaveLength(1);
  });

  it('hands deliveries to the schedule that it is given', () => {
    const scheduled: { deliver: () => void; delayTicks: number }[] = [];
    const network = new MemoryNetwork({
      random: seededRandom(1),
      schedule: (deliver, delayTicks) => void scheduled.push({ deliver, delayTicks }),
    });
    Object.assign(network.faults, { delayTicksMin: 3, delayTicksMax: 3 });
    const heard: string[] = [];
    const sender = network.open({ queueId: QUEUE, self: idOf(1), receiver: () => {} });
    network.open({
      queueId: QUEUE,
      self: idOf(2),
      receiver: (_from, _group, message) => void heard.push(message.toString()),
    });
    sender.send(EVERYONE, Buffer.from('x'));
    sender.flush();
    expect(network.deliverNext()).toBe(false);
    expect(scheduled.map(({ delayTicks }) => delayTicks)).toEqual([3]);
    scheduled[0]!.deliver();
    expect(heard).toEqual(['x']);
  });
});
