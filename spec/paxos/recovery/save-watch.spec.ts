import { beforeEach, describe, expect, it } from '@jest/globals';

import { constants } from '../../../lib/model/constants.js';
import { TreplicaError } from '../../../lib/model/errors.js';
import { defaults } from '../../../lib/model/settings.js';
import { SaveWatch } from '../../../lib/paxos/recovery/save-watch.js';
import type { CheckpointEvent } from '../../../lib/queue/events.js';

let events: CheckpointEvent[];
let watch: SaveWatch;
let callOff: AbortController;

beforeEach(() => {
  events = [];
  watch = new SaveWatch({ settings: defaults, notify: (event) => events.push(event), unsaved: () => 7 });
  callOff = new AbortController();
});

function pass(seconds: number): void {
  for (let i = 0; i < (seconds * 1000) / constants.tickMs; i += 1) watch.tick();
}

describe('a process that makes a checkpoint', () => {
  it('may take any time while it gets further', () => {
    watch.begins('starts', callOff);
    for (let i = 0; i < 100; i += 1) {
      pass(4);
      watch.moved('executes the log');
    }
    expect([events, callOff.signal.aborted]).toEqual([[], false]);
  });

  it('that gets no further is told of after 5 seconds and every 10, and ended after a minute', () => {
    watch.begins('starts', callOff);
    watch.moved('executes the log');
    pass(59.9);
    expect(events).toEqual(
      [5, 15, 25, 35, 45, 55].map((seconds) => ({
        kind: 'checkpoint-quiet',
        step: 'executes the log',
        seconds,
        endsAfterSeconds: 60,
      })),
    );
    expect(callOff.signal.aborted).toBe(false);
    pass(0.1);
    expect(callOff.signal.reason).toMatchObject({
      code: 'LEDGER_FAILED',
      message: expect.stringContaining('executes the log'),
    });
  });

  it('is not told of when it has ended', () => {
    watch.begins('starts', callOff);
    watch.ends();
    pass(100);
    expect([events, callOff.signal.aborted]).toEqual([[], false]);
  });
});

describe('a checkpoint that this process makes', () => {
  it('is told of where the disk hangs, and cannot be ended', () => {
    watch.begins('encodes the state', null);
    pass(66);
    expect(events).toHaveLength(7);
  });
});

describe('a checkpoint that could not be made', () => {
  it('is told of every 10 seconds, with the reason, until there is one', () => {
    const error = new TreplicaError('NOT_SERIALIZABLE', 'Basket.owner cannot be saved.');
    watch.failed(error);
    pass(25);
    expect(events).toEqual([
      { kind: 'checkpoint-overdue', error, messages: 7 },
      { kind: 'checkpoint-overdue', error, messages: 7 },
    ]);
    watch.succeeded();
    pass(100);
    expect(events).toHaveLength(2);
  });

  it('because the queue was closed is nothing to tell', () => {
    watch.failed(new TreplicaError('QUEUE_CLOSED', 'closed'));
    pass(100);
    expect(events).toEqual([]);
  });
});
