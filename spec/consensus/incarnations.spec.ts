import { describe, expect, it } from '@jest/globals';

import { CoreGroup } from '../support/core-group.js';
import { both, either, from, isolating, none, of, to } from '../support/losses.js';

// A message may be late by any length of time, and then it meets the next incarnation of whom it was meant for.

describe('answers to a former incarnation', () => {
  it('do not make a coordinator forget what it has decided', () => {
    const group = new CoreGroup(3).found();
    const first = group.propose(3, 'first');
    group.runUntil(() => group.everyoneHasDecided([first]));
    group.settle();

    // All three vote for the second batch, and only 3 hears of the votes.
    group.loss = both(of('accepted', 'heard', 'heartbeat'), to(1, 2));
    const second = group.propose(3, 'second');
    group.runUntil(() => group.hasDecided(3, second));

    // 3 begins a reign and crashes before its own promise is durable; the others' promises are late.
    group.crash(1);
    group.restart(1);
    group.loss = either(of('catch-up', 'promise'), both(of('canvass'), from(1, 2)));
    group.commitDelays = (process) => (process === 3 ? 100 : 0);
    const prepared = () => group.sentOf('prepare').filter((m) => m.from === 3).length > 0;
    group.runUntil(prepared);
    group.run(1);
    const late = group.sentOf('promise').filter((m) => m.to === 3);
    group.crash(3);
    group.sent.length = 0;

    // They come when it has begun another.
    group.restart(3);
    const third = group.propose(2, 'third');
    group.runUntil(prepared, 2_000);
    for (const m of late) group.forge(m.from, 3, m.message);
    group.loss = of('catch-up');
    group.run(200);
    group.loss = none;
    group.commitDelays = () => 0;
    group.runUntil(() => group.everyoneHasDecided([first, second, third]));
    expect(group.delivered(1)).toEqual(['first', 'second', 'third']);
  });

  it('do not count for a read', () => {
    const group = new CoreGroup(3).found();
    group.loss = either(of('answer'), both(of('ask'), to(1)));
    group.read(3, 1);
    group.run(1);
    const late = group.sentOf('answer').at(-1)!; // 2 has voted for nothing yet.
    group.crash(3);
    const id = group.propose(1, 'acknowledged');
    group.runUntil(() => group.hasDecided(1, id));
    group.restart(3);
    group.loss = isolating(3);
    group.read(3, 2);
    group.forge(2, 3, late.message);
    expect(group.process(3).readable).toEqual([]);
    group.loss = none;
    group.runUntil(() => group.process(3).readable.length > 0);
    expect(group.process(3).readable).toEqual([{ ticket: 2, decided: 1 }]);
  });
});
