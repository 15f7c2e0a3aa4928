import { describe, expect, it } from '@jest/globals';

import { CoreGroup } from '../support/core-group.js';
import { both, either, from, isolating, none, of } from '../support/losses.js';

// What a coordinator needs may be with somebody who is gone. A majority that is alive must get on without.

describe('a coordinator', () => {
  it('that is bound to a batch which only a dead process had is not bound for ever', () => {
    const group = new CoreGroup(3).found();
    group.loss = isolating(1);
    group.runUntil(() => group.coordinator !== null && group.coordinator !== 1);
    const dying = group.coordinator!;

    // It alone votes for `lost`, and tells of it in the promise that makes another one coordinator.
    group.loss = both(from(dying), of('batch', 'accept', 'accepted', 'heartbeat'));
    const lost = group.propose(dying, 'lost');
    group.run(3);
    const silent = both(from(dying), of('batch', 'accept', 'accepted', 'heartbeat', 'decided'));
    group.loss = either(silent, both(from(1), of('promise', 'canvass')));
    group.runUntil(() => group.coordinator !== null && group.coordinator !== dying, 20_000);
    group.crash(dying);
    group.loss = none;

    const next = group.propose(group.coordinator!, 'next');
    group.runUntil(() => group.everyoneHasDecided([next]), 5_000);
    expect(group.live.map(({ number }) => group.hasDecided(number, lost))).toEqual([false, false]);
  });
});
