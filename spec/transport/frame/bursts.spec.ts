import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { IncomingBursts, OutgoingBursts } from '../../../lib/transport/frame/bursts.js';
import type { Fragment, LaneMessage } from '../../../lib/transport/frame/lane-messages.js';
import { idOf } from '../../support/ids.js';
import { LaneWorld } from '../../support/lane-world.js';
import { seededRandom } from '../../support/seeded-random.js';
import { SOME_START } from '../../support/station.js';

const PART_BYTES = 400;

/** What a receiver makes of fragments, and what it asks for. */
class End {
  readonly told: LaneMessage[] = [];
  readonly whole: string[] = [];
  roundTripTicks = 0;
  readonly bursts = new IncomingBursts(
    (_, message) => this.told.push(message),
    () => this.roundTripTicks,
  );

  take(fragments: Iterable<Fragment>, from = 1, start = SOME_START): void {
    for (const fragment of fragments) {
      const message = this.bursts.take(idOf(from), start, { ...fragment, bytes: Buffer.from(fragment.bytes) });
      if (message !== null) this.whole.push(message.toString('latin1'));
    }
  }

  pass(ticks: number): void {
    for (let tick = 0; tick < ticks; tick += 1) this.bursts.tick();
  }
}

const text = (bytes: number, seed = 0): string =>
  Array.from({ length: bytes }, (_, i) => String.fromCharCode(33 + ((i * 7 + seed) % 90))).join('');

describe('a message that leaves in parts', () => {
  it('is whole, once, in whichever order its parts come and however often', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 1_000 }),
        (sizes, seed) => {
          const random = seededRandom(seed);
          const out = new OutgoingBursts(PART_BYTES);
          const messages = sizes.map(text);
          const fragments = messages.flatMap((message) => [...out.fragmentsOf(Buffer.from(message, 'latin1'))]);
          const arriving = [...fragments, ...fragments.filter(() => random() < 0.3)]
            .map((fragment) => ({ fragment, at: random() }))
            .sort((a, b) => a.at - b.at)
            .map(({ fragment }) => fragment);
          const end = new End();
          end.take(arriving);
          expect([...end.whole].sort()).toEqual([...messages].sort());
          end.pass(200);
          expect(end.told).toEqual([]);
        },
      ),
    );
  });

  it('is asked for where parts are missing, part by part, and not for ever', () => {
    const out = new OutgoingBursts(PART_BYTES);
    const fragments = [...out.fragmentsOf(Buffer.from(text(2_000)))];
    const end = new End();
    end.take(fragments.filter(({ part }) => part !== 1 && part !== 3));
    end.pass(3);
    expect(end.told).toEqual([{ kind: 'again', burst: 0, parts: [1, 3] }]);
    end.take(out.again(0, [1]));
    end.pass(4);
    expect(end.told.at(-1)).toEqual({ kind: 'again', burst: 0, parts: [3] });
    end.take(out.again(0, [3, 3, 77]));
    expect(end.whole).toEqual([text(2_000)]);

    const gone = new End();
    gone.take(fragments.slice(1));
    gone.pass(1_000);
    expect(gone.told.length).toBeGreaterThan(1);
    expect(gone.told.length).toBeLessThan(10);
  });

  it('is asked for again only once the answer can have come from far away', () => {
    const out = new OutgoingBursts(PART_BYTES);
    const end = new End();
    end.roundTripTicks = 30;
    end.take([...out.fragmentsOf(Buffer.from(text(2_000)))].slice(1));
    end.pass(3);
    expect(end.told.length).toBe(1);
    end.pass(28);
    expect(end.told.length).toBe(1);
    end.pass(10);
    expect(end.told.length).toBe(2);
  });

  it('is kept by its sender for a while, and never more of them than a few megabytes', () => {
    const out = new OutgoingBursts(PART_BYTES);
    for (let i = 0; i < 60; i += 1)
      for (const { burst } of out.fragmentsOf(Buffer.alloc(50_000))) expect(burst).toBe(i);
    expect([...out.again(0, [0])]).toEqual([]);
    expect([...out.again(59, [0])]).toHaveLength(1);
    for (let tick = 0; tick < 100; tick += 1) out.tick();
    expect([...out.again(59, [0])]).toEqual([]);
  });

  it('holds no more memory at its receiver than its bound, whatever a sender begins', () => {
    const end = new End();
    const out = new OutgoingBursts(PART_BYTES);
    for (let i = 0; i < 500; i += 1) {
      const [first] = out.fragmentsOf(Buffer.alloc(60_000));
      end.take([first!]);
    }
    end.pass(3);
    // Only what is still held is asked for.
    expect(end.told.length).toBeLessThanOrEqual(Math.floor((1024 * 1024) / 60_000));
  });

  it('is whole although many others send such messages, one after the other or all at once', () => {
    const end = new End();
    const fragments = [...new OutgoingBursts(PART_BYTES).fragmentsOf(Buffer.from(text(2_000)))];
    end.take(fragments.slice(0, 2));
    for (let from = 2; from <= 1_000; from += 1) end.take(fragments, from);
    end.take(fragments.slice(2));
    expect(end.whole).toHaveLength(1_000);
    for (const fragment of fragments) for (let from = 2_001; from <= 2_200; from += 1) end.take([fragment], from);
    expect(end.whole).toHaveLength(1_200);
  });

  it('is whole although more others begin one than there is room for, as long as its parts go on coming', () => {
    const end = new End();
    const fragments = [...new OutgoingBursts(PART_BYTES).fragmentsOf(Buffer.from(text(2_000)))];
    let from = 2;
    for (const fragment of fragments) {
      end.take([fragment]);
      for (let i = 0; i < 200; i += 1, from += 1) end.take(fragments.slice(0, 1), from);
    }
    expect(end.whole).toEqual([text(2_000)]);
  });

  it('holds no more memory at its receiver than its bound, whatever many senders begin', () => {
    const end = new End();
    const [first] = new OutgoingBursts(PART_BYTES).fragmentsOf(Buffer.alloc(60_000));
    for (let from = 1; from <= 2_000; from += 1)
      for (let burst = 0; burst < 5; burst += 1) end.take([{ ...first!, burst }], from);
    end.pass(3);
    expect(end.told.length).toBeGreaterThan(0);
    expect(end.told.length).toBeLessThanOrEqual(Math.floor((48 * 1024 * 1024) / 60_000));
  });

  it('is not mixed with one of another start of its sender', () => {
    const end = new End();
    const [before, after] = [new OutgoingBursts(PART_BYTES), new OutgoingBursts(PART_BYTES)].map((out, i) => [
      ...out.fragmentsOf(Buffer.from(text(1_000, i))),
    ]);
    end.take(before!.slice(0, 2));
    const again = { ...SOME_START, incarnation: 2 };
    end.take(after!.slice(2), 1, again);
    end.take(before!.slice(2));
    expect(end.whole).toEqual([]);
    end.take(after!, 1, again);
    expect(end.whole).toEqual([text(1_000, 1)]);
  });

  it('is not changed by parts that do not fit it', () => {
    const [first, ...others] = new OutgoingBursts(PART_BYTES).fragmentsOf(Buffer.from(text(2_000)));
    const wrong = fc.record({
      part: fc.nat(70),
      partBytes: fc.integer({ min: 400, max: 3_000 }),
      messageBytes: fc.nat(60_000),
      length: fc.integer({ min: 1, max: 500 }),
    });
    fc.assert(
      fc.property(fc.array(wrong), (all) => {
        const end = new End();
        end.take([first!]);
        for (const { length, ...rest } of all) {
          fc.pre(rest.partBytes !== PART_BYTES || rest.messageBytes !== 2_000);
          end.take([{ kind: 'fragment', burst: 0, ...rest, bytes: Buffer.alloc(length, 'x') }]);
        }
        end.take(others);
        expect(end.whole).toEqual([text(2_000)]);
      }),
    );
  });
});

describe('between processes of one group', () => {
  it('a message of 50,000 bytes takes datagrams alone, to everyone or to one', () => {
    const world = new LaneWorld(3);
    const before = world.passed.bulk;
    world.send(1, 'everyone', Buffer.alloc(50_000));
    world.until(() => world.has(2, '1>50000') && world.has(3, '1>50000'));
    world.send(2, 1, Buffer.alloc(40_000));
    world.until(() => world.has(1, '2>40000'));
    expect(world.passed.bulk).toBe(before);
  });

  it('messages come whole, each once, although datagrams are lost', () => {
    const world = new LaneWorld(3);
    const random = seededRandom(7);
    world.loses = ({ lane }) => lane === 'datagram' && random() < 0.03;
    const sizes = Array.from({ length: 40 }, (_, i) => 20_000 + i);
    for (const bytes of sizes) {
      world.send(1, 'everyone', Buffer.alloc(bytes));
      world.pass(5);
    }
    world.until(() => [1, 2].every((i) => sizes.every((bytes) => world.heard[i]!.includes(`1>${bytes}`))));
    for (const i of [1, 2]) expect(world.heard[i]!.filter((one) => one.startsWith('1>2'))).toHaveLength(40);
  });

  it('a process that hears no datagrams gets them by the bulk lane', () => {
    const world = new LaneWorld(2);
    world.cut('datagram', 1, 2);
    world.until(() => world.warnings(1).length > 0);
    world.send(1, 'everyone', Buffer.alloc(30_000));
    world.send(1, 2, Buffer.alloc(40_000));
    world.until(() => world.has(2, '1>30000') && world.has(2, '1>40000'));
  });
});
