import { beforeEach, describe, expect, it } from '@jest/globals';

import type { ProcessId } from '../../lib/model/ids.js';
import { KeyTrials } from '../../lib/paxos/key-trials.js';
import { KeyRing } from '../../lib/transport/frame/key-ring.js';
import { ANNA, BERT, CARL } from '../support/ids.js';
import { KEY_1, KEY_2 } from '../support/station.js';

/** A process that hears nobody for so many ticks tries its next key. */
const SILENCE = 100;

let ring: KeyRing;
let members: readonly ProcessId[];
let others: readonly ProcessId[];
/** How long each of the others has been silent; for ever by default. */
let silentTicks: Map<ProcessId, number>;
let statistics: { datagramsReceived: number; bulkMessagesReceived: number };
let trials: KeyTrials;

/** A process with three keys, which sends with the first, and has no group. */
beforeEach(() => {
  ring = new KeyRing([KEY_1, KEY_2, { id: 7, bytes: Buffer.alloc(32, 'seven') }]);
  members = others = [];
  silentTicks = new Map();
  statistics = { datagramsReceived: 0, bulkMessagesReceived: 0 };
  trials = new KeyTrials({
    ring,
    members: () => members,
    others: () => others,
    transport: {
      ticksSinceHeard: (process) => silentTicks.get(process) ?? Infinity,
      get statistics() {
        return statistics as never;
      },
    },
  });
});

function pass(ticks: number): void {
  for (let i = 0; i < ticks; i += 1) trials.tick();
}

/** The keys that it sends with in turn, from the first on. */
function tried(): number[] {
  const ids = [ring.sendingId];
  for (let i = 0; i < 3; i += 1) {
    pass(SILENCE);
    ids.push(ring.sendingId);
  }
  return ids;
}

describe('a process of a group', () => {
  beforeEach(() => {
    members = [ANNA, BERT];
    others = [BERT, CARL];
  });

  it('that hears none of the others tries its keys, each for the same time and again and again', () => {
    pass(SILENCE - 1);
    expect(ring.sendingId).toBe(1);
    pass(1);
    expect(ring.sendingId).toBe(2);
    expect(tried()).toEqual([2, 7, 1, 2]);
  });

  it('that hears any of them stays with its key, observers included', () => {
    silentTicks.set(CARL, SILENCE);
    expect(tried()).toEqual([1, 1, 1, 1]);
    silentTicks.set(CARL, SILENCE + 1);
    expect(tried()).toEqual([1, 2, 7, 1]);
  });

  it('that hears one of them stays with the key that it tries, and later begins to wait anew', () => {
    pass(SILENCE + SILENCE / 2);
    silentTicks.set(BERT, 0);
    pass(10);
    silentTicks.clear();
    pass(SILENCE - 10);
    expect(ring.sendingId).toBe(2);
    pass(10);
    expect(ring.sendingId).toBe(7);
  });

  it('tries its keys though it takes frames, if they are of none of them', () => {
    for (let i = 0; i < SILENCE; i += 1) {
      statistics.datagramsReceived += 1;
      pass(1);
    }
    expect(ring.sendingId).toBe(2);
  });

  it('that is alone in it has nobody to hear', () => {
    members = [ANNA];
    others = [];
    expect(tried()).toEqual([1, 1, 1, 1]);
  });
});

describe('a process without a group that knows nobody', () => {
  it('tries its keys', () => {
    expect(tried()).toEqual([1, 2, 7, 1]);
  });

  it.each(['datagramsReceived', 'bulkMessagesReceived'] as const)(
    'stays with its key as it takes frames: %s',
    (lane) => {
      for (let i = 0; i < 2; i += 1) {
        pass(SILENCE - 1);
        statistics[lane] += 1;
        pass(1);
        expect(ring.sendingId).toBe(1);
      }
      pass(SILENCE);
      expect(ring.sendingId).toBe(2);
    },
  );

  it('stays with the only key that it has', () => {
    ring.remove(2);
    ring.remove(7);
    expect(tried()).toEqual([1, 1, 1, 1]);
  });
});
