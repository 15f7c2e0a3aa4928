import { beforeEach, describe, expect, it } from '@jest/globals';

import { constants } from '../../../lib/model/constants.js';
import { EVERYONE } from '../../../lib/transport/transport.js';
import { idOf } from '../../support/ids.js';
import { KeyedWorld } from '../../support/keyed-world.js';
import { KEY_1, KEY_2, newStart } from '../../support/station.js';

let world: KeyedWorld;
beforeEach(() => {
  world = new KeyedWorld();
});

describe('two starts under one key', () => {
  it('hear each other without delay: what was said before they have met is said once more', () => {
    world.open(1);
    world.say(1, 'first');
    world.open(2);
    world.say(2, 'second');
    world.arrive();
    expect([world.heardBy(1), world.heardBy(2)]).toEqual([['2>second'], ['1>first']]);
  });

  it('meet whichever frames are lost, as long as others come', () => {
    for (let lost = 1; lost <= 12; lost += 1) {
      world = new KeyedWorld();
      let count = 0;
      world.loses = () => (count += 1) === lost;
      world.open(1);
      world.open(2);
      world.arrive();
      for (let i = 0; i < 20; i += 1) {
        world.say(1, 'a');
        world.say(2, 'b');
        world.pass(1);
      }
      expect([world.heardBy(1).at(-1), world.heardBy(2).at(-1)]).toEqual(['2>b', '1>a']);
    }
  });

  it('meet by the bulk lane where datagrams of one do not reach the other', () => {
    world.loses = ({ from, to, lane }) => lane === 'datagram' && from === 1 && to === 2;
    world.open(1);
    world.open(2);
    for (let i = 0; i < 200; i += 1) {
      world.say(2, 'b');
      world.pass(1);
    }
    expect(world.heardBy(1)).toContain('2>b');
  });

  it('meet although one sends with a key that the other has removed, so that it can be told', () => {
    world.open(1, { keys: [KEY_1, KEY_2] });
    world.open(2, { keys: [KEY_2] });
    for (let i = 0; i < 2; i += 1) {
      world.say(2, 'send with key 2');
      world.say(1, 'under key 1');
      world.arrive();
    }
    expect([world.heardBy(1), world.heardBy(2)]).toEqual([['2>send with key 2'], []]);
  });

  it('nothing of a start is handed over before it has met, and nothing is learnt of it', () => {
    world.open(1);
    world.loses = ({ from }) => from === 1;
    world.open(2);
    for (let i = 0; i < 50; i += 1) {
      world.say(2, 'b');
      world.pass(1);
    }
    expect(world.heardBy(1)).toEqual([]);
    expect(world.transport(1).ticksSinceHeard(idOf(2))).toBe(Infinity);
    expect(world.transport(1).statistics.datagramsReceived).toBe(0);
  });

  it('what was on its way under a key that is not sent with any more is lost, and not fetched for ever', () => {
    world.open(1, { keys: [KEY_1, KEY_2] });
    world.open(2, { keys: [KEY_1, KEY_2] });
    world.arrive();
    world.loses = ({ lane }) => lane === 'bulk';
    const large = Buffer.alloc(200_000, 'x');
    world.say(1, large, 2);
    expect(world.transport(1).bytesOnTheirWay(idOf(2))).toBeGreaterThan(large.length);
    for (const number of [1, 2]) world.ring(number).use(2);
    world.ring(2).remove(1);
    world.loses = () => false;
    world.pass(2);
    expect(world.transport(1).bytesOnTheirWay(idOf(2))).toBe(0);
    world.say(1, large, 2);
    world.pass(2);
    expect(world.heardBy(2)).toContain('1>200000');
  });

  it('what was on its way to a process that has not met its sender is sent anew after they have', () => {
    world.open(1);
    world.open(2);
    world.arrive();
    const large = Buffer.alloc(200_000, 'x');
    world.loses = ({ lane }) => lane === 'bulk';
    world.say(1, large, 2);
    expect(world.transport(1).bytesOnTheirWay(idOf(2))).toBeGreaterThan(large.length);
    world.loses = () => false;
    // The same start again, as if the table of the receiver had been full.
    world.open(2);
    world.say(2, 'here');
    world.pass(2);
    expect(world.transport(1).bytesOnTheirWay(idOf(2))).toBe(0);
    world.say(1, large, 2);
    world.arrive();
    expect(world.heardBy(2)).toContain('1>200000');
  });

  it('a large message is not sealed and sent again while it is on its way', () => {
    world.open(1);
    world.open(2);
    world.arrive();
    world.loses = ({ lane }) => lane === 'bulk';
    const large = Buffer.alloc(200_000, 'x');
    for (let i = 0; i < 3; i += 1) world.say(1, large);
    expect(world.sent.filter(({ lane }) => lane === 'bulk')).toHaveLength(1);
    expect(world.transport(1).statistics.notRepeated).toBe(2);
    world.loses = () => false;
    world.pass(300);
    expect(world.heardBy(2)).toEqual(['1>200000']);
  });
});

describe('what was recorded', () => {
  const textsOf = (texts: readonly string[]): string[] => texts.filter((text) => !text.includes('fresh'));
  /** All that two processes have sent that have met, and of which the first has said something. */
  const record = (first: Parameters<KeyedWorld['open']>[1] = {}): KeyedWorld['sent'] => {
    world.open(1, first);
    world.open(2);
    world.arrive();
    for (let i = 0; i < 20; i += 1) world.say(1, `old ${i}`);
    world.arrive();
    return world.sent.slice();
  };

  it('of this start has no effect', () => {
    const recorded = record();
    world.forget();
    world.replay(recorded);
    expect(textsOf(world.heardBy(2))).toEqual([]);
    expect(world.transport(2).statistics.replaysDropped).toBeGreaterThanOrEqual(20);
  });

  it('of an earlier start of the sender has none, with the answer by which it was met among it', async () => {
    const recorded = record({ start: newStart(1) });
    await world.restart(1, { start: newStart(2) });
    world.say(1, 'fresh');
    world.arrive();
    world.forget();
    for (let i = 0; i < 3; i += 1) world.replay(recorded);
    world.pass(200);
    world.replay(recorded);
    expect(textsOf(world.heardBy(2))).toEqual([]);
    world.say(1, 'still heard');
    world.arrive();
    expect(world.heardBy(2)).toContain('1>still heard');
  });

  it('of an earlier start does not stop what is on its way from the present one, whatever address it seems to come from', async () => {
    const recorded = record({ start: newStart(1) }).filter(({ from }) => from === 1);
    await world.restart(1, { start: newStart(2) });
    world.arrive();
    world.loses = ({ lane }) => lane === 'bulk';
    world.say(1, Buffer.alloc(200_000), 2);
    world.pass(5);
    const onTheirWay = world.transport(1).bytesOnTheirWay(idOf(2));
    expect(onTheirWay).toBeGreaterThan(200_000);
    const before = world.sent.length;
    world.replay(recorded, 1);
    expect(world.sent.slice(before).some(({ from, to }) => from === 2 && to === 1)).toBe(true);
    expect(world.transport(1).bytesOnTheirWay(idOf(2))).toBe(onTheirWay);
  });

  it('does not keep the present start from being met, whatever address it seems to come from', async () => {
    world.open(1, { start: newStart(1) });
    world.open(2);
    world.say(1, 'old');
    const old = world.sent.filter(({ from }) => from === 1).slice(-1);
    await world.restart(1, { start: newStart(2) });
    await world.restart(2);
    for (let tick = 0; tick < 300; tick += 1) {
      world.loses = ({ from }) => from === 1 && tick < 100;
      world.pass(1);
      world.replay(old, 1);
      if (tick >= 100) world.say(1, 'present');
      world.arrive();
    }
    expect(world.heardBy(2)).toContain('1>present');
  });

  it('before a restart of the receiver has none, while the sender goes on and after it has stopped', async () => {
    const recorded = record();
    await world.restart(2);
    world.arrive();
    world.forget();
    world.replay(recorded);
    expect(textsOf(world.heardBy(2))).toEqual([]);
    await world.transport(1).close();
    await world.restart(2);
    world.arrive();
    world.forget();
    for (let i = 0; i < 3; i += 1) world.replay(recorded);
    expect(world.heardBy(2)).toEqual([]);
  });

  it('nobody gets more bytes than were sent in its name', async () => {
    const recorded = record().filter(({ lane }) => lane === 'datagram');
    await world.transport(1).close();
    await world.restart(2);
    world.arrive();
    for (const one of recorded) {
      const before = world.sent.length;
      world.pass(3);
      world.replay([one]);
      const back = world.sent.slice(before).filter(({ from }) => from === 2);
      expect(back.reduce((bytes, { bytes: { length } }) => bytes + length, 0)).toBeLessThanOrEqual(one.bytes.length);
    }
  });

  it('has none after others have taken its place in the table either', async () => {
    const recorded = record({ start: newStart(1) });
    world.loses = ({ to }) => to !== 2 && to < 100;
    for (let number = 100; number < 100 + 2 * constants.peersMax; number += 1) {
      world.open(number);
      for (const transport of [2, number]) world.transport(transport).tick();
      world.loses = ({ to }) => to !== 2 && to !== number;
      world.say(number, 'fresh');
      world.arrive();
      await world.transport(number).close();
    }
    world.forget();
    world.replay(recorded);
    expect(textsOf(world.heardBy(2)).filter((text) => text.startsWith('1>'))).toEqual([]);
  });
});

describe('two starts of one process that are both alive', () => {
  it('are heard, each as what it is, so that the layers above can tell', () => {
    for (const incarnation of [5, 3]) {
      world = new KeyedWorld();
      world.open(2);
      const one = world.open(1, { start: newStart(5) });
      world.arrive();
      world.say(1, 'one');
      world.arrive();
      world.open(1, { start: newStart(incarnation) });
      world.pass(5);
      world.say(1, 'other');
      world.pass(5);
      one.send(EVERYONE, Buffer.from('one again'));
      one.flush();
      world.pass(5);
      expect(world.heardBy(2)).toEqual(expect.arrayContaining(['1>one', '1>other', '1>one again']));
    }
  });
});

describe('strangers', () => {
  it('with another key, or none, are not heard and hear nothing', () => {
    world.open(1);
    world.open(2);
    world.open(3, { keys: [KEY_2] });
    world.open(4, { keys: [{ id: KEY_1.id, bytes: KEY_2.bytes }] });
    world.open(5, { keys: null });
    for (let i = 0; i < 20; i += 1) {
      for (const number of [1, 2, 3, 4, 5]) world.say(number, 'x');
      world.pass(1);
    }
    expect(new Set(world.heardBy(1))).toEqual(new Set(['2>x']));
    for (const number of [3, 4, 5]) expect(world.heardBy(number)).toEqual([]);
    const { keyDropped, sealDropped } = world.transport(1).statistics;
    expect(keyDropped).toBeGreaterThanOrEqual(40);
    expect(sealDropped).toBeGreaterThanOrEqual(20);
  });
});
