import { beforeEach, describe, expect, it } from '@jest/globals';

import { constants } from '../../lib/model/constants.js';
import type { Instance } from '../../lib/model/ids.js';
import { defaults } from '../../lib/model/settings.js';
import { Batcher } from '../../lib/paxos/batcher.js';
import { Waits } from '../../lib/paxos/waits.js';
import type { Missing, WaitEvent } from '../../lib/queue/events.js';
import { ANNA, BERT } from '../support/ids.js';
import { loggedLines } from '../support/logged-lines.js';

const NOW_MS = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

let events: WaitEvent[];
let core: { watermark: Instance; knownWatermark: Instance };
let recovery: { awaited: { progress: unknown; what: Missing } | null; isRecovering: boolean; arrivals: number };
let decidedTimeMs: number | undefined;
let now: number;
let batcher: Batcher;
let waits: Waits;

beforeEach(() => {
  events = [];
  core = { watermark: 5 as Instance, knownWatermark: 5 as Instance };
  recovery = { awaited: null, isRecovering: false, arrivals: 0 };
  decidedTimeMs = undefined;
  now = NOW_MS;
  batcher = new Batcher({
    ...{ process: ANNA, startNumber: 1, since: 0 as Instance, now: () => now },
    limits: {
      ...{ pendingMessagesMax: 1, pendingBytesMax: 100, batchBytesMax: 100 },
      ...{ batchesInFlightMax: 1, bytesInFlightMax: () => 100 },
    },
  });
  waits = new Waits({
    settings: defaults,
    ...{ core, batcher, recovery, decidedTimeMs: () => decidedTimeMs, now: () => now },
    notify: (event) => events.push(event),
  });
});

function pass(seconds: number): void {
  for (let i = 0; i < (seconds * 1000) / constants.tickMs; i += 1) {
    now += constants.tickMs;
    waits.tick();
  }
}

/** After how many seconds it was told. */
function toldAt(): number[] {
  return events.flatMap((event) => ('seconds' in event ? [event.seconds] : []));
}

/** What the log says of them, each text once. */
function texts(): string[] {
  return [...new Set(loggedLines(events).map(({ level, text }) => `${level}: ${text}`))];
}

describe('decided time', () => {
  it('that is ahead of the clock here is told after 2 seconds and every 10, until the clock has reached it', () => {
    decidedTimeMs = NOW_MS + 33_000;
    pass(31);
    expect(events.map((event) => event.kind)).toEqual(Array(3).fill('time-ahead'));
    expect(loggedLines(events)[0]).toMatchObject({
      level: 'warn',
      text: expect.stringMatching(/31 s ahead of the clock.* stands still at 2026-01-01T00:00:33.000Z .*NTP.*backup/),
    });
    pass(100);
    expect(events).toHaveLength(3);
  });

  it('is told, too, where it is further ahead than a date can be', () => {
    decidedTimeMs = Number.MAX_SAFE_INTEGER;
    pass(3);
    expect(texts()).toEqual([expect.stringContaining('+275760-09-13')]);
  });

  it('that is ahead by what a stamp may be, or behind, is nothing to tell', () => {
    for (const aheadMs of [constants.clockBoundMs, 0, -DAY_MS]) {
      decidedTimeMs = now + aheadMs;
      pass(30);
    }
    expect(events).toEqual([]);
  });
});

describe('callers that wait for room', () => {
  it('are told of after 2 seconds and every 10, and as soon as one gets in no longer', () => {
    void batcher.submit(Buffer.from('on its way'), 1);
    batcher.nextBatch();
    void batcher.submit(Buffer.from('pending'), 2);
    pass(30);
    expect(events).toEqual([]);
    void batcher.submit(Buffer.from('waits'), 3);
    pass(23);
    expect(toldAt()).toEqual([2, 12, 22]);
    expect(texts()[0]).toMatch(/^warn: callers wait for room .* 1 messages \(7 bytes\).*timeoutMs/);
    batcher.delivered(batcher.idsInFlight[0]!);
    batcher.nextBatch();
    pass(30);
    expect(events).toHaveLength(3);
  });
});

describe('decisions that this process lacks', () => {
  it('are told of while nobody sends them', () => {
    core.knownWatermark = 9 as Instance;
    pass(13);
    expect(toldAt()).toEqual([2, 12]);
    expect(texts()[0]).toMatch(/^warn: 4 instances that others have decided, from 5 on, .* UDP and TCP/);
  });

  it('are not told of while they come, or something large does, or a checkpoint that holds them', () => {
    core.knownWatermark = 1_000 as Instance;
    for (let i = 0; i < 20; i += 1) {
      core.watermark = (core.watermark + 1) as Instance;
      pass(1.5);
      recovery.arrivals += 1;
      pass(1.5);
    }
    recovery.isRecovering = true;
    pass(30);
    expect(events).toEqual([]);
  });
});

describe('a thing that is damaged here or fetched', () => {
  it.each<[Missing, RegExp]>([
    [
      { kind: 'entries', from: 3 as Instance, end: 6 as Instance, asked: [ANNA, BERT] },
      /^warn: the log is damaged here at instances 3 to 5, .*asked were a+, b+.*restore a backup/,
    ],
    [{ kind: 'checkpoint', asked: [] }, /^warn: the checkpoint .* is lost here, .*nobody to ask/],
    [{ kind: 'chunks', stored: 2, chunks: 7, sources: [BERT] }, /^warn: .*2 of 7 chunks are here.* offered by b+: /],
  ])('is told of while nobody sends it: %j', (what, text) => {
    recovery.awaited = { progress: 0, what };
    recovery.isRecovering = true;
    pass(13);
    expect(toldAt()).toEqual([2, 12]);
    expect(texts()).toHaveLength(2);
    expect(texts()[0]).toMatch(text);
    recovery.awaited.progress = 1;
    pass(1.9);
    recovery.awaited.progress = 2;
    pass(1.9);
    expect(events).toHaveLength(2);
  });
});
