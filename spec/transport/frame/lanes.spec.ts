import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { constants } from '../../../lib/model/constants.js';
import { encodeLaneMessage } from '../../../lib/transport/frame/lane-messages.js';
import { idOf } from '../../support/ids.js';
import { LaneWorld } from '../../support/lane-world.js';
import { seededRandom } from '../../support/seeded-random.js';
import { GROUP_B } from '../../support/station.js';

let world: LaneWorld;

beforeEach(() => {
  world = new LaneWorld(3);
});

const LARGE = Buffer.alloc(150_000, 'x');

describe('where TCP does not reach a process from another', () => {
  beforeEach(() => {
    world.cut('bulk', 1, 2);
  });

  it('a large message comes in parts, and both logs can say so', () => {
    world.send(1, 2, LARGE);
    expect(world.until(() => world.has(2, '1>150000'))).toBeLessThan(1_000);
    expect(world.warnings(2)).toEqual([expect.stringContaining('in parts')]);
    world.pass(1_000);
    expect(world.transport(1).bytesOnTheirWay(idOf(2))).toBe(0);
    expect(world.heard[1]).toEqual(['1>150000']);
  });

  it('others get it as ever', () => {
    world.send(1, 'everyone', LARGE);
    expect(world.until(() => world.has(3, '1>150000'))).toBeLessThan(1);
    world.until(() => world.has(2, '1>150000'));
  });

  it('the next ones are not waited for in vain', () => {
    world.send(1, 2, LARGE);
    world.until(() => world.has(2, '1>150000'));
    world.send(1, 2, Buffer.alloc(140_000));
    expect(world.until(() => world.has(2, '1>140000'))).toBeLessThan(100);
  });

  it('a message of 4 MB comes, whatever is lost, and no more than a window of parts is on its way', () => {
    const random = seededRandom(1);
    world = new LaneWorld(2, 8_192);
    world.cut('bulk', 1, 2);
    world.loses = ({ lane }) => lane === 'datagram' && random() < 0.05;
    world.send(1, 2, Buffer.alloc(4_000_000));
    world.until(() => world.has(2, '1>4000000'));
    expect(world.transport(1).statistics.partsSent).toBeLessThan(2 * (4_000_000 / 8_000));
  });

  it('a large message comes by TCP again as soon as that brings anything', () => {
    world.send(1, 2, LARGE);
    world.until(() => world.has(2, '1>150000'));
    world.mend();
    world.send(1, 2, Buffer.alloc(140_000));
    world.until(() => world.has(2, '1>140000'));
    world.pass(1_000);
    const { partsSent } = world.transport(1).statistics;
    world.send(1, 2, Buffer.alloc(130_000));
    expect(world.until(() => world.has(2, '1>130000'))).toBeLessThan(1);
    expect(world.transport(1).statistics.partsSent).toBe(partsSent);
    expect(world.logs[1]!.lines.map(({ text }) => text)).toContainEqual(expect.stringContaining('by TCP again'));
  });
});

describe('a message that a connection has lost', () => {
  it('is fetched in parts once a later message has come by it', () => {
    world.loses = ({ lane, bytes }) => lane === 'bulk' && bytes.length > 145_000;
    world.send(1, 2, LARGE);
    world.send(1, 2, Buffer.alloc(140_000));
    world.until(() => world.has(2, '1>140000'));
    expect(world.until(() => world.has(2, '1>150000'))).toBeLessThan(100);
    expect(world.warnings(2)).toEqual([]);
  });
});

describe('where UDP does not reach a process from another', () => {
  beforeEach(() => {
    world.cut('datagram', 1, 2);
  });

  const isHeard = (from: number, to: number | 'everyone', by: number) => () => {
    world.send(from, to, 'x');
    world.pass(10);
    return world.has(by, `${from}>x`);
  };

  it.each([2, 'everyone'] as const)('a small message to %s comes by TCP, and both logs say so', (to) => {
    world.until(isHeard(1, to, 2), 5_000);
    expect(world.warnings(1)).toEqual([expect.stringContaining('hears no datagrams of this one')]);
    world.pass(1_000);
    expect(world.warnings(2)).toEqual([expect.stringContaining('although it lives')]);
  });

  it('it does so for as long as that lasts, and no longer', () => {
    world.until(isHeard(1, 2, 2), 5_000);
    world.pass(20_000);
    world.heard[1]!.length = 0;
    expect(isHeard(1, 2, 2)()).toBe(true);
    world.mend();
    world.pass(5_000);
    const { bulk } = world.passed;
    expect(isHeard(1, 2, 2)()).toBe(true);
    expect(world.passed.bulk).toBe(bulk);
    expect(world.warnings(1)).toHaveLength(1);
  });

  it('the same is so where no datagram comes or goes', () => {
    world.cut('datagram', 2, 1);
    world.until(isHeard(1, 2, 2), 5_000);
    world.until(isHeard(2, 'everyone', 1), 5_000);
  });

  it('a large message comes as well, and is confirmed', () => {
    world.cut('datagram', 2, 1);
    world.pass(3_000);
    world.send(1, 2, LARGE);
    world.until(() => world.has(2, '1>150000'));
    world.pass(1_000);
    expect(world.transport(1).bytesOnTheirWay(idOf(2))).toBe(0);
  });
});

/** Each goes to two others, which answer it. */
const PROBES_A_MINUTE = 19;

describe('a group at peace', () => {
  it('sends next to nothing, and nothing in bulk', () => {
    const before = { ...world.passed };
    world.pass(60_000);
    expect(world.passed.bulk).toBe(before.bulk);
    expect(world.passed.datagram - before.datagram).toBeLessThanOrEqual(3 * 2 * 2 * (61 + PROBES_A_MINUTE));
    expect([1, 2, 3].flatMap((number) => world.warnings(number))).toEqual([]);
  });
});

describe('a receiver that is stopped', () => {
  beforeEach(() => {
    world.stopped.add(2);
  });

  it('costs a bounded memory, which is given back', () => {
    for (let i = 0; i < 60; i += 1) {
      world.send(1, 2, Buffer.alloc(1_000_000, i));
      expect(world.transport(1).bytesOnTheirWay(idOf(2))).toBeLessThan(constants.bulkBytesMax + 1_100_000);
    }
    world.pass(2 * constants.heldTicks * constants.tickMs);
    expect(world.transport(1).bytesOnTheirWay(idOf(2))).toBe(0);
    expect(world.warnings(1)).toEqual([expect.stringContaining('has confirmed nothing')]);
  });

  it('gets what is sent to it once it has been heard again, and nothing large before', () => {
    for (let i = 0; i < 60; i += 1) world.send(1, 2, Buffer.alloc(1_000_000, i));
    world.pass(2 * constants.heldTicks * constants.tickMs);
    for (let i = 0; i < 10; i += 1) world.send(1, 2, Buffer.alloc(1_000_000, i));
    expect(world.transport(1).bytesOnTheirWay(idOf(2))).toBe(0);
    world.stopped.clear();
    world.pass(1_000);
    world.send(1, 2, LARGE);
    world.until(() => world.has(2, '1>150000'));
  });
});

describe('a receiver that is killed and started again', () => {
  it('gets nothing of what was on its way to it before, and is warned of nothing', async () => {
    world.cut('bulk', 1, 2);
    for (let i = 0; i < 10; i += 1) world.send(1, 2, Buffer.alloc(1_000_000, i));
    await world.restart(2);
    world.mend();
    world.pass(20);
    expect(world.transport(1).bytesOnTheirWay(idOf(2))).toBe(0);
    world.send(1, 2, LARGE);
    world.until(() => world.has(2, '1>150000'));
    world.pass(2_000);
    expect(world.heard[1]!.filter((what) => what === '1>1000000')).toEqual([]);
    expect(world.warnings(2)).toEqual([]);
    expect(world.transport(1).statistics.partsSent).toBe(0);
  });
});

describe('the same large message', () => {
  it('is not sent again while a copy is on its way', () => {
    world.cut('bulk', 1, 2);
    world.cut('datagram', 2, 1);
    for (let i = 0; i < 10; i += 1) world.send(1, 2, LARGE);
    expect(world.transport(1).statistics).toMatchObject({ bulkMessagesSent: 1, notRepeated: 9 });
  });

  it('is sent again once it has been confirmed, to a process that has asked for it', () => {
    for (let i = 0; i < 3; i += 1) {
      world.send(1, 2, LARGE);
      world.pass(10);
    }
    expect(world.heard[1]).toEqual(['1>150000', '1>150000', '1>150000']);
  });

  it('is not sent again to everyone who has confirmed it of late', () => {
    world.cut('bulk', 1, 3);
    world.cut('datagram', 1, 3);
    const times = 3;
    for (let i = 0; i < times; i += 1) {
      world.send(1, 'everyone', LARGE);
      world.pass(1_000);
    }
    expect(world.heard[1]).toEqual(['1>150000']);
    world.pass(constants.heldTicks * constants.tickMs);
    world.send(1, 'everyone', LARGE);
    world.pass(10);
    expect(world.heard[1]).toEqual(['1>150000', '1>150000']);
  });
});

describe('a message on its way', () => {
  it('is told of as long as something comes', () => {
    world.cut('bulk', 1, 2);
    world.send(1, 2, LARGE);
    world.pass(10);
    const arrivals = world.transport(2).takeArrivals();
    expect(arrivals).toEqual([{ from: idOf(1), bytes: 0, agoTicks: Infinity }]);
    world.until(() => world.has(2, '1>150000'));
    world.pass(100);
    expect(world.transport(2).takeArrivals()[0]?.bytes).toBeGreaterThanOrEqual(150_000);
    expect(world.transport(2).takeArrivals()).toEqual([]);
  });
});

describe('a message on its way to everyone', () => {
  it('is told of with when it was announced', () => {
    world.cut('bulk', 1, 2);
    world.send(1, 'everyone', LARGE);
    world.pass(20 * constants.tickMs);
    const [first] = world.transport(2).takeArrivals();
    expect(first?.agoTicks).toBeGreaterThanOrEqual(18);
    expect(first?.agoTicks).toBeLessThanOrEqual(20);
    world.mend();
    world.pass(1_000);
    world.transport(3).takeArrivals();
    world.send(1, 'everyone', Buffer.alloc(140_000));
    world.pass(constants.tickMs);
    const [second] = world.transport(3).takeArrivals();
    expect(second).toEqual({ from: idOf(1), bytes: expect.any(Number), agoTicks: expect.any(Number) });
    expect(second?.agoTicks).toBeLessThanOrEqual(1);
  });
});

describe('strangers', () => {
  it('are asked for nothing, whatever they advise', () => {
    world.transport(3).join(GROUP_B);
    world.send(3, 'everyone', 'hello');
    world.pass(10);
    const advice = { kind: 'advice', id: '00100000aaaaaaaa', partBytes: 900, isForEveryone: true } as const;
    const before = world.transport(2).statistics.datagramsSent;
    world.send(3, 2, encodeLaneMessage(advice));
    world.pass(400);
    const said = world.transport(2).statistics.datagramsSent - before;
    // What it says of itself to all, and its probes and answers to the one that is no stranger.
    expect(said).toBeLessThanOrEqual(1 + 2 * 5);
    expect(world.warnings(2)).toEqual([]);
  });
});

describe('though messages are lost and lanes cut for a while,', () => {
  it('large and small messages come once it is over, and are confirmed', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = seededRandom(seed);
        world = new LaneWorld(3);
        const loss = random() * 0.6;
        world.loses = ({ lane }) => lane === 'datagram' && random() < loss;
        for (let round = 0; round < 5; round += 1) {
          for (let cut = 0; cut < 3; cut += 1)
            world.cut(random() < 0.5 ? 'bulk' : 'datagram', 1 + Math.floor(random() * 3), 1 + Math.floor(random() * 3));
          world.send(1 + Math.floor(random() * 3), 'everyone', Buffer.alloc(1_000 + Math.floor(random() * 130_000)));
          world.pass(random() * 2_000);
          if (random() < 0.3) world.mend();
        }
        world.mend();
        world.loses = () => false;
        world.pass(30_000);
        for (const from of [1, 2, 3])
          for (const to of [1, 2, 3]) {
            expect(world.transport(from).bytesOnTheirWay(idOf(to))).toBe(0);
            if (from === to) continue;
            world.send(from, to, Buffer.alloc(77_000 + from));
            world.send(from, to, `small ${from}`);
            world.pass(1_000);
            expect(world.heard[to - 1]).toEqual(
              expect.arrayContaining([`${from}>${77_000 + from}`, `${from}>small ${from}`]),
            );
          }
      }),
      { numRuns: 30 },
    );
  });
});
