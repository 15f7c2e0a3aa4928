import { beforeEach, describe, expect, it } from '@jest/globals';

import { type Ballot, ballotOf } from '../../lib/model/ballot.js';
import { constants } from '../../lib/model/constants.js';
import type { Instance } from '../../lib/model/ids.js';
import { Standing } from '../../lib/paxos/standing.js';
import type { QueueEvent } from '../../lib/queue/events.js';
import { ANNA, BERT } from '../support/ids.js';

let events: QueueEvent[];
let core: { watermark: Instance; knownWatermark: Instance; followed: Ballot | null };
let delivery: { handedOver: { next: Instance } | null };
let standing: Standing;

beforeEach(() => {
  events = [];
  core = { watermark: 0 as Instance, knownWatermark: 0 as Instance, followed: null };
  delivery = { handedOver: { next: 0 as Instance } };
  standing = new Standing({ core, delivery, notify: (event) => events.push(event) });
});

/** Others decide `perTick` instances in each tick, and this process delivers all but the last `lag` of them. */
function pass(seconds: number, perTick = 0, lag = 0): void {
  for (let i = 0; i < (seconds * 1000) / constants.tickMs; i += 1) {
    const known = core.knownWatermark + perTick;
    core = Object.assign(core, { knownWatermark: known, watermark: Math.max(core.watermark, known - lag) });
    if (delivery.handedOver !== null) delivery.handedOver.next = core.watermark;
    standing.tick();
  }
}

describe('a process', () => {
  it('that lacks what others decided a second ago is behind, and level once it has it; each is told once', () => {
    core.knownWatermark = 500 as Instance;
    pass(0.8, 0, 500);
    expect(events).toEqual([]);
    pass(5, 0, 500);
    expect(events).toEqual([{ kind: 'behind', instances: 500 }]);
    pass(5);
    expect(events).toEqual([{ kind: 'behind', instances: 500 }, { kind: 'level' }]);
  });

  it('that works hard, always a moment after the others, is not behind', () => {
    pass(10, 100, 5_000);
    expect(events).toEqual([]);
  });

  it('that falls behind again is told of again', () => {
    for (let time = 0; time < 2; time += 1) {
      pass(3, 1, 1_000_000);
      pass(3);
    }
    expect(events.map(({ kind }) => kind)).toEqual(['behind', 'level', 'behind', 'level']);
  });

  it('whose machine does not take what is decided here is behind', () => {
    core.knownWatermark = core.watermark = 7 as Instance;
    for (let i = 0; i < 2_000 / constants.tickMs; i += 1) standing.tick();
    expect(events).toEqual([{ kind: 'behind', instances: 7 }]);
  });

  it('that is read by nobody is as level as what is decided here', () => {
    core.knownWatermark = core.watermark = 7 as Instance;
    delivery.handedOver = null;
    for (let i = 0; i < 2_000 / constants.tickMs; i += 1) standing.tick();
    expect(events).toEqual([]);
  });
});

describe('the way in which order is made', () => {
  it('is told when the first coordinator is followed and when it becomes another, whoever coordinates', () => {
    pass(1);
    expect(events).toEqual([]);
    const ballots = [ballotOf(1, ANNA, 'classic'), ballotOf(2, BERT, 'classic'), ballotOf(3, BERT, 'fast')] as const;
    for (const ballot of ballots) {
      core.followed = ballot;
      pass(1);
    }
    expect(events).toEqual([
      { kind: 'mode', mode: 'classic', ballot: ballots[0] },
      { kind: 'mode', mode: 'fast', ballot: ballots[2] },
    ]);
  });
});
