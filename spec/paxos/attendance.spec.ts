import { beforeEach, describe, expect, it } from '@jest/globals';

import { NO_BALLOT } from '../../lib/model/ballot.js';
import { constants } from '../../lib/model/constants.js';
import type { ProcessId } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import { Attendance } from '../../lib/paxos/attendance.js';
import type { WireMessage } from '../../lib/paxos/wire/routes.js';
import type { QueueEvent } from '../../lib/queue/events.js';
import { heartbeatOf } from '../support/heartbeat.js';
import { ANNA, BERT, CARL } from '../support/ids.js';
import { loggedLines } from '../support/logged-lines.js';

const HELLO: WireMessage = {
  kind: 'hello',
  replicas: 3,
  intent: 'found',
  base: '',
  borderInstances: constants.borderInstances,
};
const HEARTBEAT: WireMessage = heartbeatOf(NO_BALLOT);
const CANVASS: WireMessage = { kind: 'canvass', ballot: NO_BALLOT };

let events: QueueEvent[];
let members: ProcessId[] | null;
let coordinates: boolean;
let attendance: Attendance;

beforeEach(() => {
  events = [];
  members = null;
  coordinates = false;
  attendance = attendanceOf(true);
});

function attendanceOf(founds: boolean): Attendance {
  return new Attendance({
    settings: defaults,
    self: ANNA,
    replicas: 3,
    founds,
    members: () => members,
    coordinates: () => coordinates,
    notify: (event) => events.push(event),
  });
}

/** Lets time pass while these are heard five times a second. */
function pass(seconds: number, heard: readonly (readonly [ProcessId, WireMessage])[] = []): void {
  for (let tick = 0; tick < (seconds * 1000) / constants.tickMs; tick += 1) {
    if (tick % 20 === 0) for (const [from, message] of heard) attendance.heard(from, message);
    attendance.tick();
  }
}

function texts(): string[] {
  return loggedLines(events).map(({ text }) => text);
}

describe('founders that wait', () => {
  it('are told after 2 seconds, and then every 10, how many they are and where', () => {
    pass(25, [[BERT, HELLO]]);
    expect(events).toEqual(Array(3).fill({ kind: 'awaiting-founders', found: 2, replicas: 3 }));
    expect(texts()[0]).toMatch(/^2 of 3 processes found on 239\.255\.0\.1:7400 via lo \(127\.0\.0\.1, port 7401\): /);
    expect(loggedLines(events)[0]?.level).toBe('warn');
  });

  it('do not count who only wants to join, nor who is gone', () => {
    pass(1, [[BERT, HELLO]]);
    pass(12, [[CARL, { ...HELLO, intent: 'join' }]]);
    expect(events.at(-1)).toMatchObject({ found: 1 });
  });

  it('are told what to do where the group is complete without them', () => {
    attendance.cameTooLate();
    pass(3);
    expect(texts()).toEqual([expect.stringContaining('recover: true')]);
  });

  it('that may not found a group have nobody to wait for', () => {
    attendance = attendanceOf(false);
    pass(30);
    expect(events).toEqual([]);
  });
});

describe('a member', () => {
  beforeEach(() => {
    members = [ANNA, BERT, CARL];
  });

  it('says nothing while somebody coordinates, be it this process', () => {
    pass(30, [[BERT, HEARTBEAT]]);
    coordinates = true;
    pass(30);
    expect(events).toEqual([]);
    expect(attendance.hasQuorum).toBe(true);
  });

  it('says after 2 seconds, and then every 10, that the majority is missing, and who', () => {
    pass(5, [[BERT, HEARTBEAT]]);
    pass(23);
    const event = { kind: 'no-quorum', members: 3, heard: 1, needed: 2, missing: [BERT, CARL] };
    expect(events).toEqual([event, event, event]);
    expect(texts()[0]).toContain('no majority: 1 of 3 members are heard');
    expect(attendance.hasQuorum).toBe(false);
  });

  it('does not miss those who want to be elected', () => {
    pass(3, [[CARL, CANVASS]]);
    expect(events).toEqual([{ kind: 'no-quorum', members: 3, heard: 2, needed: 2, missing: [BERT] }]);
    expect(texts()[0]).toContain('no coordinator');
  });

  it('says once that there is a coordinator again', () => {
    pass(3);
    pass(30, [[BERT, HEARTBEAT]]);
    expect(events.map(({ kind }) => kind)).toEqual(['no-quorum', 'quorum']);
  });

  it('that has no vote is not among those that are heard', () => {
    members = [BERT, CARL];
    pass(3);
    expect(events).toMatchObject([{ heard: 0, members: 2 }]);
  });
});
