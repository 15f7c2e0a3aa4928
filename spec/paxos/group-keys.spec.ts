import { beforeEach, describe, expect, it } from '@jest/globals';

import type { ProcessId } from '../../lib/model/ids.js';
import { FIRST_KEY_STATE, type KeyState } from '../../lib/model/keys.js';
import { defaults } from '../../lib/model/settings.js';
import { GroupKeys } from '../../lib/paxos/group-keys.js';
import type { KeysMessage } from '../../lib/paxos/wire/key-messages.js';
import { KeyRing } from '../../lib/transport/frame/key-ring.js';
import { keyCore } from '../support/key-core.js';
import { KEY_1, KEY_2, newStart } from '../support/station.js';

const SELF = '0000000000000001' as ProcessId;
const OTHER = '0000000000000002' as ProcessId;
const START = newStart();
const SECOND = 100;

let ring: KeyRing;
let members: readonly ProcessId[];
let silentTicks: number;
let statistics: { keyDropped: number; datagramsReceived: number; bulkMessagesReceived: number };
let told: KeysMessage[];
let latest: KeyState;
let keys: GroupKeys;
beforeEach(() => {
  ring = new KeyRing([KEY_1, KEY_2]);
  members = [];
  silentTicks = Infinity;
  statistics = { keyDropped: 0, datagramsReceived: 0, bulkMessagesReceived: 0 };
  told = [];
  latest = FIRST_KEY_STATE;
  keys = new GroupKeys({
    core: keyCore(() => latest),
    self: SELF,
    startNumber: 1,
    settings: defaults,
    source: { ring, reread: null },
    members: () => members,
    observers: () => [],
    transport: {
      ticksSinceHeard: () => silentTicks,
      get statistics() {
        return statistics as never;
      },
    },
    propose: () => undefined,
    read: () => () => undefined,
    tell: (message) => told.push(message),
    notify: () => undefined,
    fail: (error) => {
      throw error;
    },
  });
});

let edition = 0;

/** Another member says this of its keys. */
function hear(held: Pick<KeysMessage, 'number' | 'sendingId' | 'ids'>): void {
  members = [SELF, OTHER];
  silentTicks = 0;
  edition += 1;
  keys.receive(OTHER, START, { kind: 'keys', edition, ...held });
}

function pass(ticks: number): void {
  for (let i = 0; i < ticks; i += 1) keys.tick();
}

describe('the keys of a process', () => {
  it('are sent with in turn where it has no group and hears nobody', () => {
    pass(SECOND);
    expect(ring.sendingId).toBe(2);
    pass(SECOND);
    expect(ring.sendingId).toBe(1);
  });

  it('are sent with in turn where it hears none of the others', () => {
    members = [SELF, OTHER];
    pass(SECOND);
    expect(ring.sendingId).toBe(2);
  });

  it('are not tried where it has no group and takes frames; it sends with what a group sends with', () => {
    for (let i = 0; i < 3 * SECOND; i += 1) {
      if (i % 10 === 0) statistics.datagramsReceived += 1;
      pass(1);
    }
    expect(ring.sendingId).toBe(1);
    for (const [sendingId, ids] of [
      [1, [1, 2]],
      [2, [1, 2]],
    ] as const) {
      keys.overhear({ kind: 'keys', edition: 1, number: 4, sendingId, ids });
      expect(ring.sendingId).toBe(1);
    }
    for (const sendingId of [2, 7]) {
      keys.overhear({ kind: 'keys', edition: 1, number: 4, sendingId, ids: [sendingId] });
      expect(ring.sendingId).toBe(2);
    }
    hear({ number: 0, sendingId: 2, ids: [1, 2] });
    expect(ring.sendingId).toBe(2);
  });

  it('are not tried where it hears another, or is the only member', () => {
    members = [SELF, OTHER];
    silentTicks = 0;
    pass(3 * SECOND);
    expect(ring.sendingId).toBe(1);
    members = [SELF];
    silentTicks = Infinity;
    pass(3 * SECOND);
    expect(ring.sendingId).toBe(1);
  });

  it('are sent with as another can open them, where nothing is decided yet', () => {
    hear({ number: 0, sendingId: 1, ids: [1] });
    expect(ring.sendingId).toBe(1);
    hear({ number: 0, sendingId: 2, ids: [1, 2] });
    expect(ring.sendingId).toBe(1);
    hear({ number: 0, sendingId: 2, ids: [2] });
    expect(ring.sendingId).toBe(2);
    hear({ number: 0, sendingId: 7, ids: [1, 7] });
    expect(ring.sendingId).toBe(1);
    hear({ number: 0, sendingId: 7, ids: [7] });
    expect(ring.sendingId).toBe(1);
  });

  it('are sent with as told of a state ahead, for as long as that is told now and then', () => {
    hear({ number: 3, sendingId: 2, ids: [1, 2] });
    for (let seconds = 0; seconds < 30; seconds += 1) {
      pass(SECOND);
      if (seconds % 9 === 8) hear({ number: 3, sendingId: 2, ids: [1, 2] });
      expect(ring.sendingId).toBe(2);
    }
    pass(9 * SECOND);
    expect(ring.sendingId).toBe(1);
    hear({ number: 3, sendingId: 2, ids: [1, 2] });
    expect(ring.sendingId).toBe(2);
  });

  it('are not sent with as told of a state that sends with a removed key', () => {
    hear({ number: 9, sendingId: 1, ids: [1, 2] });
    latest = { number: 2, sendingId: 2, removedUpTo: 1 };
    keys.noticed({ kind: 'keys', state: latest });
    expect([ring.sendingId, ring.ids]).toEqual([2, [2]]);
  });

  it('are said again, at most once a second, where frames come under a key that is not here', () => {
    members = [SELF, OTHER];
    silentTicks = 0;
    pass(60 * SECOND);
    const before = told.length;
    statistics.keyDropped += 1;
    pass(1);
    expect(told).toHaveLength(before + 1);
    told = [];
    for (let i = 0; i < SECOND; i += 1) {
      statistics.keyDropped += 1;
      pass(1);
    }
    expect(told).toHaveLength(1);
  });
});
