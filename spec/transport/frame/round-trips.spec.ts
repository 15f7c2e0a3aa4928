import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { NO_GROUP } from '../../../lib/model/ids.js';
import type { LaneMessage } from '../../../lib/transport/frame/lane-messages.js';
import { Peers } from '../../../lib/transport/frame/peers.js';
import { RoundTrip } from '../../../lib/transport/frame/round-trip.js';
import { ROUND_TRIP_TICKS_MAX, RoundTrips } from '../../../lib/transport/frame/round-trips.js';
import { idOf } from '../../support/ids.js';
import { SOME_START } from '../../support/station.js';

const ANNA = idOf(1);
const BERT = idOf(2);

function after(...measured: readonly number[]): number {
  const roundTrip = new RoundTrip();
  for (const ticks of measured) roundTrip.measured(ticks);
  return roundTrip.ticks;
}

describe('a round trip', () => {
  it('is not known before it has been measured', () => {
    expect(after()).toBe(0);
  });

  it('of a LAN is none, however busy the machines are now and then', () => {
    expect(after(0)).toBe(0);
    expect(after(0, 3, 7, 2)).toBe(0);
    expect(after(5, 0, 9)).toBe(0);
  });

  it('that is always the same is that, after a few measurements', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), (ticks) => {
        expect(after(ticks)).toBeGreaterThanOrEqual(ticks);
        expect(after(ticks)).toBeLessThanOrEqual(1.25 * ticks + 1);
        expect(after(...Array.from({ length: 20 }, () => ticks))).toBeLessThanOrEqual(ticks + 1);
      }),
    );
  });

  it('that varies has a margin: most measurements are below it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 30 }),
        fc.integer({ min: 1, max: 10 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 100, maxLength: 100 }),
        (least, more, shares) => {
          const roundTrip = new RoundTrip();
          let above = 0;
          shares.forEach((share, i) => {
            const ticks = Math.round(least + share * more);
            if (i >= 10 && ticks > roundTrip.ticks) above += 1;
            roundTrip.measured(ticks);
          });
          expect(above).toBeLessThanOrEqual(9);
          expect(roundTrip.ticks).toBeLessThanOrEqual(least + 5 * more + 2);
        },
      ),
    );
  });

  it('that becomes longer is measured anew within a few measurements', () => {
    expect(after(2, 2, 2, 2, 2, 2, 30, 30, 30)).toBeGreaterThanOrEqual(30);
  });
});

describe('the measurement', () => {
  let peers: Peers;
  let roundTrips: RoundTrips;
  let probes: number[];
  let told: (readonly [string, LaneMessage])[];

  beforeEach(() => {
    peers = new Peers();
    for (const id of [ANNA, BERT]) peers.learn(id, NO_GROUP, { address: '127.0.0.1', port: 1 }, SOME_START);
    probes = [];
    told = [];
    roundTrips = new RoundTrips({
      peers,
      tell: (to, message) => told.push([to, message]),
      multicast: (message) => {
        if (message.kind === 'probe') probes.push(message.tick);
      },
    });
  });

  function pass(ticks: number): void {
    for (let i = 0; i < ticks; i += 1) {
      peers.nowTick += 1;
      roundTrips.tick();
    }
  }

  it('asks often at first, and then once in five seconds', () => {
    pass(100);
    expect(probes.length).toBeGreaterThanOrEqual(4);
    pass(1_000);
    const before = probes.length;
    pass(5_000);
    expect(probes.length - before).toBeLessThanOrEqual(11);
    expect(probes.length - before).toBeGreaterThanOrEqual(10);
  });

  it('answers each probe with its tick, and asks a process soon that is new', () => {
    pass(1_000);
    const before = probes.length;
    roundTrips.onProbe(ANNA, 77);
    expect(told).toEqual([[ANNA, { kind: 'echo', tick: 77 }]]);
    pass(5);
    expect(probes.length - before).toBe(1);
    pass(1_000);
    const after = probes.length;
    roundTrips.onProbe(ANNA, 78);
    pass(20);
    expect(probes.length - after).toBeLessThanOrEqual(1);
  });

  it('tells what has changed, once', () => {
    pass(1);
    roundTrips.onEcho(BERT, 1);
    expect(roundTrips.take()).toEqual([]); // Less than a tick is what was taken for known.
    pass(16);
    roundTrips.onEcho(ANNA, 1);
    const [first, ...others] = roundTrips.take();
    expect(first?.process).toBe(ANNA);
    expect(first?.ticks).toBeGreaterThanOrEqual(16);
    expect(others).toEqual([]);
    expect(roundTrips.take()).toEqual([]);
    expect(roundTrips.to(ANNA)).toBe(first?.ticks);
    expect(roundTrips.to(BERT)).toBe(0);
  });

  it('counts an echo once, none of the future, and none that has been kept for long', () => {
    pass(30);
    roundTrips.onEcho(ANNA, 20);
    const known = roundTrips.to(ANNA);
    expect(known).toBeGreaterThanOrEqual(10);
    pass(60);
    roundTrips.onEcho(ANNA, 20); // It comes twice,
    roundTrips.onEcho(ANNA, 10); // and an earlier one comes late.
    expect(roundTrips.to(ANNA)).toBe(known);
    for (const tick of [91, 1_000, 2 ** 32 - 1]) roundTrips.onEcho(BERT, tick);
    pass(ROUND_TRIP_TICKS_MAX);
    roundTrips.onEcho(BERT, 1);
    expect(roundTrips.to(BERT)).toBe(0);
  });

  it('is bounded, whatever the echoes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2 ** 32 - 1)), (ticks) => {
        for (const tick of ticks) roundTrips.onEcho(ANNA, tick);
        pass(7);
        expect(roundTrips.to(ANNA)).toBeLessThanOrEqual(ROUND_TRIP_TICKS_MAX);
      }),
    );
  });
});
