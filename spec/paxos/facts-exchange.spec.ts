import { beforeEach, describe, expect, it } from '@jest/globals';

import { constants } from '../../lib/model/constants.js';
import type { Facts } from '../../lib/model/facts.js';
import type { ProcessId } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import type { Nonce, Start } from '../../lib/model/start.js';
import { FactsExchange } from '../../lib/paxos/facts-exchange.js';
import type { FactsMessage } from '../../lib/paxos/wire/facts-messages.js';

const [SELF, ANNA, BERT] = ['1', '2', '3'].map((digit) => digit.repeat(16) as ProcessId) as [
  ProcessId,
  ProcessId,
  ProcessId,
];

let told: FactsMessage[];
let changes: [ProcessId, Facts | null][];
let exchange: FactsExchange;

beforeEach(() => {
  told = [];
  changes = [];
  exchange = new FactsExchange({
    settings: defaults,
    self: SELF,
    members: () => [SELF, ANNA],
    tell: (message) => told.push(message),
    changed: (process, facts) => changes.push([process, facts]),
  });
});

function start(incarnation: number, nonce = 'a'): Start {
  return { incarnation, nonce: nonce.repeat(32) as Nonce };
}

function says(from: ProcessId, incarnation: number, edition: number, facts: Facts): void {
  exchange.receive(from, start(incarnation), { kind: 'facts', edition, facts });
}

function tick(ticks: number): void {
  for (let i = 0; i < ticks; i += 1) exchange.tick();
}

function stranger(number: number): ProcessId {
  return number.toString(16).padStart(16, 'f') as ProcessId;
}

describe('the record that a process publishes of itself', () => {
  it('is told at once, and again at intervals that double', () => {
    exchange.publish({ name: 'self' });
    const at: number[] = [];
    for (let now = 1; now <= 15 * defaults.factsTicks; now += 1) {
      const before = told.length;
      exchange.tick();
      if (told.length > before) at.push(now);
    }
    expect(at).toEqual([1, 3, 7, 15].map((intervals) => intervals * defaults.factsTicks));
    expect(new Set(told.map(({ edition }) => edition))).toEqual(new Set([1]));
    told.length = 0;
    tick(100 * defaults.factsTicksMax);
    told.length = 0;
    tick(10 * defaults.factsTicksMax);
    expect(told).toHaveLength(10);
  });

  it('is not told where it is nothing, nor once it is closed', () => {
    tick(10 * defaults.factsTicksMax);
    exchange.publish({ name: 'self' });
    exchange.close();
    tick(10 * defaults.factsTicksMax);
    says(ANNA, 1, 1, { name: 'anna' });
    expect([told.length, exchange.of(ANNA)]).toEqual([1, undefined]);
  });

  it('is told soon to a process that is new or started anew, however often others come', () => {
    exchange.publish({ name: 'self' });
    tick(100 * defaults.factsTicksMax);
    for (const [process, incarnation] of [
      [ANNA, 1],
      [ANNA, 2],
      [BERT, 1],
    ] as const) {
      exchange.met(process, start(incarnation));
      exchange.met(process, start(incarnation));
      told.length = 0;
      tick(defaults.factsTicks);
      expect(told.length).toBeGreaterThanOrEqual(1);
      tick(10 * defaults.factsTicksMax);
    }
    told.length = 0;
    const ticks = 10 * defaults.factsTicks;
    for (let i = 0; i < ticks; i += 1) {
      exchange.met(stranger(i), start(1));
      exchange.tick();
    }
    expect(told.length).toBeGreaterThanOrEqual(5);
    expect(told.length).toBeLessThanOrEqual(10);
  });

  it('tells each change once', () => {
    exchange.publish({ name: 'self' });
    says(ANNA, 1, 1, { name: 'anna' });
    says(ANNA, 1, 1, { name: 'anna' });
    says(ANNA, 1, 2, { name: 'anna', schema: 2 });
    exchange.met(ANNA, start(2));
    expect(changes).toEqual([
      [SELF, { name: 'self' }],
      [ANNA, { name: 'anna' }],
      [ANNA, { name: 'anna', schema: 2 }],
      [ANNA, null],
    ]);
  });
});

describe('the record that is known of another process', () => {
  it('is the latest that its latest start has published, whatever comes late', () => {
    says(ANNA, 2, 2, { said: 'second' });
    says(ANNA, 2, 1, { said: 'first' });
    says(ANNA, 1, 9, { said: 'before' });
    exchange.met(ANNA, start(1));
    expect([...exchange]).toEqual([[ANNA, { said: 'second' }]]);
    says(ANNA, 3, 1, { said: 'after' });
    expect(exchange.of(ANNA)).toEqual({ said: 'after' });
  });

  it('is not what somebody else says under the id of this process', () => {
    exchange.publish({ name: 'self' });
    says(SELF, 9, 9, { name: 'forged' });
    exchange.met(SELF, start(9));
    expect([...exchange]).toEqual([[SELF, { name: 'self' }]]);
  });

  it('is kept of members, and of a bounded number of others those that were heard last', () => {
    says(ANNA, 1, 1, { name: 'anna' });
    for (let i = 0; i < constants.factsOthersMax + 50; i += 1) {
      says(stranger(0), 1, 1, { number: 0 });
      says(stranger(i), 1, 1, { number: i });
    }
    expect(exchange.of(ANNA)).toEqual({ name: 'anna' });
    expect(exchange.of(stranger(0))).toEqual({ number: 0 });
    expect(exchange.of(stranger(20))).toBeUndefined();
    expect([...exchange]).toHaveLength(constants.factsOthersMax + 1);
  });
});
