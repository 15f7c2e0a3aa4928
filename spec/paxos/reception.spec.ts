import { beforeEach, describe, expect, it } from '@jest/globals';

import type { Input } from '../../lib/consensus/effects.js';
import { batchId } from '../../lib/model/batch.js';
import { type GroupId, type Instance, NO_GROUP, type ProcessId } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import type { Start } from '../../lib/model/start.js';
import { type BelowCore, Reception } from '../../lib/paxos/reception.js';
import type { RepairReceiver } from '../../lib/paxos/repair-receiver.js';
import type { Starts } from '../../lib/paxos/starts.js';
import type { WireMessage } from '../../lib/paxos/wire/routes.js';
import { encodeMessage } from '../../lib/paxos/wire/wire.js';
import { idOf } from '../support/ids.js';
import { GROUP_A, GROUP_B } from '../support/station.js';
import { ID_1, ID_2, ID_6, type Members, started } from './starting-members.js';

const ZERO = 0 as Instance;

/** A message of each family. */
const HELLO: WireMessage = { kind: 'hello', replicas: 3, intent: 'found', base: '', borderInstances: 64 };
const PENDING: WireMessage = { kind: 'pending', id: batchId(ID_2, 1, 0) };
const DECIDED: WireMessage = { kind: 'decided', from: ZERO, batches: [], watermark: ZERO };
const REPAIR: WireMessage = { kind: 'want-checkpoint', beyond: ZERO };
const START: WireMessage = { kind: 'start', former: [], peers: [] };
const FACTS: WireMessage = { kind: 'facts', edition: 1, facts: {} };
const OBSERVING: WireMessage = { kind: 'observing', durable: ZERO };
const KEYS: WireMessage = { kind: 'keys', edition: 1, number: 0, sendingId: 1, ids: [1] };
const ALL = [HELLO, PENDING, DECIDED, REPAIR, START, FACTS, OBSERVING, KEYS];

/** The process, member 1 of three, to which everything is said; whom it hears is a matter of its real `Starts`. */
let members: Members;
/** Of the process, as its core says. */
let group: GroupId | null;
/** Which parts of the process were told of something, in order. */
let told: string[];
/** What its listeners were told. */
let events: unknown[];
let reception: Reception;

beforeEach(() => {
  members = started(3);
  group = GROUP_A;
  told = [];
  events = [];
  reception = receptionOf(members.member(1).starts!);
});

function receptionOf(starts: Starts): Reception {
  return new Reception({
    settings: defaults,
    core: {
      get group() {
        return group;
      },
      step: (input: Input) => void told.push(`core: ${input.kind === 'message' ? input.message.kind : input.kind}`),
    },
    peers: {
      starts: {
        hears: (...what) => starts.hears(...what),
        receive: (...what) => {
          told.push('starts');
          starts.receive(...what);
        },
      },
      facts: { met: () => told.push('facts: met'), receive: () => told.push('facts') },
      observers: { receive: () => told.push('observers') },
    },
    self: ID_1,
    heard: () => told.push('heard'),
    notify: (event) => events.push(event),
  });
}

/** The parts beside consensus. */
const repair: RepairReceiver = {
  receive: () => void told.push('repair'),
  offer: () => undefined,
  damaged: () => undefined,
  isHelpless: false,
  arriving: () => undefined,
  tick: () => undefined,
};
const keys: BelowCore['keys'] = {
  receive: () => void told.push('keys'),
  overhear: () => void told.push('keys: overheard'),
};

/** Says it in a frame of that group. Returns whether it is read. */
const isRead = (from: GroupId, message: WireMessage): boolean =>
  reception.read(ID_2, from, Buffer.from(encodeMessage(message))) !== null;

const kindsRead = (from: GroupId): string[] => ALL.filter((message) => isRead(from, message)).map(({ kind }) => kind);

/** Which parts are told of a message. */
function toldOf(
  message: WireMessage,
  from: ProcessId = ID_2,
  start: Start = members.member(2).start,
  below: BelowCore = { repair, keys },
): string[] {
  told = [];
  reception.route(from, start, message, below);
  return told;
}

describe('a frame', () => {
  it('of the own group may say everything', () => {
    expect(kindsRead(GROUP_A)).toEqual(ALL.map(({ kind }) => kind));
    expect(events).toEqual([]);
  });

  it('is read as what was said in it', () => {
    expect(reception.read(ID_2, GROUP_A, Buffer.from(encodeMessage(PENDING)))).toEqual(PENDING);
  });

  it('of another group, or of none, may only serve to found groups', () => {
    expect(kindsRead(GROUP_B)).toEqual(['hello']);
    expect(kindsRead(NO_GROUP)).toEqual(['hello']);
  });

  it('of a group may say to a process without one which keys are used there besides', () => {
    group = null;
    expect(kindsRead(GROUP_B)).toEqual(['hello', 'keys']);
    expect(events).toEqual([]);
  });

  it('of a process without a group says who it is and which keys it has to another one without', () => {
    group = null;
    expect(kindsRead(NO_GROUP)).toEqual(['hello', 'keys']);
  });

  it('is of the own group from the moment on at which the core knows that one', () => {
    group = null;
    expect(isRead(GROUP_A, PENDING)).toBe(false);
    group = GROUP_A;
    expect(isRead(GROUP_A, PENDING)).toBe(true);
  });
});

describe('what is dropped', () => {
  it('is told once for each other group, and of no process without one', () => {
    for (const from of [GROUP_B, NO_GROUP, GROUP_B, NO_GROUP]) isRead(from, PENDING);
    isRead(GROUP_B, HELLO);
    expect(events).toEqual([{ kind: 'foreign-group', group: GROUP_B }]);
  });

  it('is told of a number of groups, and no more of them', () => {
    for (let i = 1; i <= 20; i += 1) isRead(idOf(i) as string as GroupId, PENDING);
    expect(events).toHaveLength(16);
  });

  it('is counted where it is malformed, and told at the next tick: of whose message it was', () => {
    for (const bytes of [[], [255], [...encodeMessage(PENDING), 0]])
      expect(reception.read(ID_2, GROUP_A, Buffer.from(bytes))).toBeNull();
    expect(reception.read(ID_6, NO_GROUP, Buffer.from(encodeMessage(KEYS).subarray(1)))).toBeNull();
    expect([reception.malformed, events]).toEqual([4, []]);
    reception.tick();
    reception.tick();
    expect(events).toEqual([{ kind: 'malformed', count: 4, latest: ID_6 }]);
  });

  it('does not count as malformed where it is of another group', () => {
    isRead(GROUP_B, PENDING);
    expect(reception.malformed).toBe(0);
  });
});

describe('a message of a start that is met', () => {
  it.each([
    ['founds groups', HELLO, ['heard', 'core: hello']],
    ['is between cores', PENDING, ['heard', 'core: pending']],
    ['tells decisions: they may mend the log before consensus looks', DECIDED, ['heard', 'repair', 'core: decided']],
    ['is about checkpoints', REPAIR, ['heard', 'repair']],
    ['publishes facts', FACTS, ['heard', 'facts']],
    ['is of an observer', OBSERVING, ['heard', 'observers']],
    ['is about keys', KEYS, ['keys', 'heard']],
    ['is about starts', START, ['starts', 'facts: met']],
  ])('comes to the part that it is for: one that %s', (_, message, parts) => {
    expect(toldOf(message)).toEqual(parts);
  });

  it('about keys is heard by a process that has none, and tells it nothing', () => {
    expect(toldOf(KEYS, ID_2, members.member(2).start, { repair, keys: null })).toEqual(['heard']);
  });

  it('about keys is overheard by a process without a group', () => {
    group = null;
    expect(toldOf(KEYS)).toEqual(['keys: overheard']);
  });
});

describe('a message of a member that has started again and is not met yet', () => {
  beforeEach(() => {
    members.crash(2);
    members.begin(2);
  });

  it.each([PENDING, DECIDED, REPAIR, FACTS, OBSERVING])('is dropped: $kind', (message) => {
    expect(toldOf(message)).toEqual([]);
  });

  it('is taken where it is about starts, and the start is met by it', () => {
    expect(toldOf(START)).toEqual(['starts', 'facts: met']);
    expect(toldOf(PENDING)).toEqual(['heard', 'core: pending']);
  });

  it('is taken where it is about keys, and does not count as heard', () => {
    expect(toldOf(KEYS)).toEqual(['keys']);
    group = null;
    expect(toldOf(KEYS)).toEqual(['keys: overheard']);
  });

  it('is taken where it serves to found groups', () => {
    expect(toldOf(HELLO)).toEqual(['heard', 'core: hello']);
  });
});

it('a message of this process itself, as it may come back from the network, is dropped', () => {
  const { start } = members.member(1);
  for (const message of [HELLO, PENDING, FACTS]) expect(toldOf(message, ID_1, start)).toEqual([]);
});
