import { beforeEach, describe, expect, it } from '@jest/globals';

import { Views } from '../../lib/consensus/membership/views.js';
import { constants } from '../../lib/model/constants.js';
import { after, type Instance, type ProcessId } from '../../lib/model/ids.js';
import { groupIdOf, View } from '../../lib/model/view.js';
import { Observers } from '../../lib/paxos/observers.js';
import type { ObserverMessage } from '../../lib/paxos/wire/observer-messages.js';
import { ANNA, BERT, CARL, DORA, idOf } from '../support/ids.js';

const MS = 10;
const view = new View(0, [ANNA, BERT]);

let watermark: Instance;
let views: Views;
let nowMs: number;
let told: ObserverMessage[];
let events: unknown[];

beforeEach(() => {
  [watermark, nowMs, told, events] = [1_000 as Instance, 5_000, [], []];
  views = new Views(
    {
      group: groupIdOf(view.members, 0),
      views: [{ view, from: 0 as Instance }],
      borderInstances: constants.borderInstances,
    },
    {
      get first() {
        return watermark;
      },
    },
  );
});

function observersOf(self: ProcessId): Observers {
  return new Observers({
    self,
    core: {
      views,
      get watermark() {
        return watermark;
      },
      get knownWatermark() {
        return watermark;
      },
      get durableWatermark() {
        return after(watermark, -3);
      },
    },
    transport: { addressOf: (process) => (process === CARL ? '10.0.0.3:7400' : null), place: 'here' },
    now: () => nowMs,
    tell: (message) => told.push(message),
    notify: (event) => events.push(event),
  });
}

function observing(durable: number): ObserverMessage {
  return { kind: 'observing', durable: durable as Instance };
}

function pass(observers: Observers, seconds: number, each: () => void = () => undefined): void {
  for (let tick = 1; tick <= (seconds * 1000) / MS; tick += 1) {
    nowMs += MS;
    observers.tick();
    if (tick % 50 === 0) each();
  }
}

describe('the observers that a member knows', () => {
  it('have their address, what they lacked when they were last heard, and since when they are known', () => {
    const observers = observersOf(ANNA);
    observers.receive(CARL, observing(700));
    pass(observers, 1);
    observers.receive(DORA, observing(1_000));
    observers.receive(CARL, observing(990));
    watermark = after(watermark, 50);
    expect(observers.list()).toEqual([
      { process: CARL, address: '10.0.0.3:7400', lagInstances: 10, sinceMs: 5_000 },
      { process: DORA, address: null, lagInstances: 0, sinceMs: 6_000 },
    ]);
    expect([observers.lagOf(CARL), observers.lagOf(BERT)]).toEqual([10, null]);
    expect(events).toEqual([
      { kind: 'observer', process: CARL, address: '10.0.0.3:7400', lagInstances: 300 },
      { kind: 'observer', process: DORA, address: null, lagInstances: 0 },
    ]);
  });

  it('are those that have been heard within the last 5 s', () => {
    const observers = observersOf(ANNA);
    observers.receive(CARL, observing(1_000));
    pass(observers, 20, () => observers.receive(CARL, observing(1_000)));
    expect(observers.lagOf(CARL)).toBe(0);
    pass(observers, 5.02);
    expect(observers.list()).toEqual([]);
    expect(events.at(-1)).toEqual({ kind: 'observer-gone', process: CARL });
  });

  it('are no members, whatever these say', () => {
    const observers = observersOf(ANNA);
    observers.receive(BERT, observing(1_000));
    observers.receive(CARL, observing(1_000));
    views.add({ view: new View(1, [ANNA, BERT, CARL]), from: 1_200 as Instance });
    expect(observers.list()).toEqual([]);
    pass(observers, 0.1);
    observers.receive(CARL, observing(1_000));
    views.add({ view: new View(2, [ANNA, BERT]), from: 1_800 as Instance });
    expect(observers.list()).toEqual([]);
    expect(events).toHaveLength(1);
  });

  it('are not displaced by any number of others', () => {
    const observers = observersOf(ANNA);
    observers.receive(CARL, observing(1_000));
    for (let i = 0; i < 10_000; i += 1) observers.receive(idOf(i), observing(1_000));
    expect(observers.list()).toHaveLength(64);
    expect(observers.lagOf(CARL)).toBe(0);
  });
});

describe('an observer', () => {
  it('makes itself known at once and then twice a second, and is one of those that it knows', () => {
    const observers = observersOf(DORA);
    pass(observers, 0.01);
    expect(told).toEqual([observing(997)]);
    pass(observers, 9);
    expect(told.length).toBeGreaterThanOrEqual(18);
    expect(told.length).toBeLessThanOrEqual(21);
    expect(observers.list()).toEqual([{ process: DORA, address: 'here', lagInstances: 3, sinceMs: 5_010 }]);
    expect(observers.lagOf(DORA)).toBe(3);
  });

  it('is one no more when it has become a member', () => {
    const observers = observersOf(DORA);
    pass(observers, 1);
    views.add({ view: new View(1, [ANNA, DORA]), from: 1_200 as Instance });
    const before = told.length;
    pass(observers, 1);
    expect([told.length, observers.list()]).toEqual([before, []]);
  });

  it('says nothing before it belongs to a group', () => {
    views = new Views({ group: null, views: [], borderInstances: null }, { first: 0 as Instance });
    const observers = observersOf(DORA);
    pass(observers, 1);
    observers.receive(CARL, observing(0));
    expect([told, observers.list()]).toEqual([[], []]);
  });
});
