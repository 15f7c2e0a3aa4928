import { describe, expect, it } from '@jest/globals';

import type { ProcessId } from '../../../lib/model/ids.js';
import { Agenda } from '../../../lib/simulation/agenda.js';
import type { Key } from '../../../lib/transport/frame/key-ring.js';
import { MemoryNetwork } from '../../../lib/transport/memory/memory-network.js';
import { EVERYONE, type Transport } from '../../../lib/transport/transport.js';
import { idOf, numberOf } from '../../support/ids.js';
import { KEY_1, MemoryLog, newStart, ringOf, SOME_START, type Testbed } from '../../support/station.js';
import { describeTransport } from '../compliance.js';

const QUEUE = 'a queue';

describeTransport('the memory network', async () => memoryTestbed(), { largestBytes: 16 * 1024 * 1024 });

describeTransport('the memory network under a key', async () => memoryTestbed(KEY_1), {
  largestBytes: 16 * 1024 * 1024,
  keyId: KEY_1.id,
});

function memoryTestbed(key?: Key): Testbed {
  const agenda = new Agenda();
  const network = new MemoryNetwork(agenda.add);
  return {
    queueIds: [QUEUE, 'another queue'],
    open: async (options) =>
      network.open(key === undefined ? options : { ...options, start: newStart(), keys: ringOf(key) }),
    inject: async (bytes) => network.inject(QUEUE, bytes),
    until: async (condition) => {
      while (!condition())
        if (!agenda.next()) throw new Error('Nothing is under way, and the condition does not hold.');
    },
    close: async () => {},
  };
}

/** Processes 1 to n on one network, acquainted; each notes what it hears as `sender>text`. */
class World {
  /** What becomes of a frame from now on. */
  fate: NonNullable<ConstructorParameters<typeof MemoryNetwork>[1]> = ({ bytes }) => [{ delayTicks: 0, bytes }];
  readonly heard: string[][] = [];
  readonly transports: Transport[] = [];
  readonly #agenda = new Agenda();
  readonly #network = new MemoryNetwork(this.#agenda.add, (passenger) => this.fate(passenger));

  constructor(n: number) {
    for (let i = 0; i < n; i += 1) {
      const heard: string[] = [];
      this.heard.push(heard);
      const receiver = (from: ProcessId, _group: unknown, message: Buffer): void => {
        heard.push(`${numberOf(from)}>${message.subarray(0, 20).toString()}`);
      };
      const log = new MemoryLog();
      this.transports.push(this.#network.open({ queueId: QUEUE, self: idOf(i + 1), start: SOME_START, receiver, log }));
    }
    this.round('hello');
    for (const heard of this.heard) heard.length = 0;
  }

  /** Everyone says `text` to everyone, each in a datagram of its own, and all arrives that will. */
  round(text: string): void {
    for (const transport of this.transports) {
      transport.send(EVERYONE, Buffer.from(text));
      transport.flush();
    }
    this.arrive();
  }

  send(from: number, to: number, message: Uint8Array): void {
    const transport = this.transports[from - 1]!;
    transport.send(idOf(to), message);
    transport.flush();
  }

  /** Lets everything arrive, and what is sent in answer to it. */
  arrive(): void {
    while (this.#agenda.next());
  }
}

describe('the fate of what is sent', () => {
  it('is asked for each receiver', () => {
    const world = new World(3);
    const passengers: string[] = [];
    world.fate = ({ from, to, lane, bytes }) => {
      passengers.push(`${numberOf(from!)}>${numberOf(to)} ${lane}`);
      return numberOf(to) === 2 ? [] : [{ delayTicks: 0, bytes }];
    };
    world.round('x');
    world.send(3, 1, Buffer.alloc(100_000, 'y'));
    world.arrive();
    expect(passengers).toEqual([
      ...['1>2 datagram', '1>3 datagram', '2>1 datagram', '2>3 datagram', '3>1 datagram', '3>2 datagram'],
      '3>1 bulk',
    ]);
    expect(world.heard).toEqual([['2>x', '3>x', `3>${'y'.repeat(20)}`], [], ['1>x', '2>x']]);
  });

  it('may be to arrive more than once', () => {
    const world = new World(2);
    world.fate = ({ bytes }) => Array.from({ length: 3 }, (_, i) => ({ delayTicks: i, bytes }));
    world.send(1, 2, Buffer.from('x'));
    world.arrive();
    expect(world.heard).toEqual([[], ['1>x', '1>x', '1>x']]);
  });

  it('may be to be overtaken; what takes equally long keeps its order', () => {
    const world = new World(2);
    let sent = 0;
    world.fate = ({ bytes }) => [{ delayTicks: (sent += 1) % 2, bytes }];
    for (let i = 1; i <= 6; i += 1) world.send(1, 2, Buffer.from(String(i)));
    world.arrive();
    expect(world.heard[1]).toEqual(['1>2', '1>4', '1>6', '1>1', '1>3', '1>5']);
  });

  it('may be to arrive with other bytes, which nobody takes for a message', () => {
    const world = new World(2);
    world.fate = ({ bytes }) => [{ delayTicks: 0, bytes: bytes.subarray(0, -1) }];
    world.round('x');
    expect(world.heard).toEqual([[], []]);
    expect(world.transports[0]!.statistics.foreignDropped).toBe(1);
  });

  it('is to be lost where the receiver has closed before', async () => {
    const world = new World(2);
    world.send(1, 2, Buffer.from('x'));
    await world.transports[1]!.close();
    world.arrive();
    expect(world.heard[1]).toEqual([]);
  });
});
