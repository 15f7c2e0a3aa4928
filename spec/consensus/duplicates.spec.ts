import { describe, expect, it } from '@jest/globals';

import type { BatchId } from '../../lib/model/batch.js';
import type { Instance } from '../../lib/model/ids.js';
import { CoreGroup } from '../support/core-group.js';
import { both, either, isolating, none, of, to } from '../support/losses.js';

// A batch may be decided at several instances: a proposer that has not heard of the decision proposes it again in the next
// fast reign. It is stored with its body wherever it is voted for or decided; the group's checker looks at every record.

interface Repeated {
  readonly group: CoreGroup;
  readonly id: BatchId;
}

/** 1 and 3 have decided a batch of 2 at instance 0, of which 2 has heard nothing. 1 is gone, and 3 coordinates. */
function decidedOnce(): Repeated {
  const group = new CoreGroup(3, { mode: 'fast' }).found();
  const deaf = both(of('accepted', 'decided'), to(2));
  group.loss = deaf;
  const id = group.propose(2, 'twice');
  group.runUntil(() => group.hasDecided(1, id) && group.hasDecided(3, id));
  group.crash(1);
  group.loss = either(
    deaf,
    both(of('canvass'), (m) => m.from === 2),
  );
  return { group, id };
}

/** The same, and 2 has proposed it again, so that it is decided at instance 1 as well. */
function decidedTwice(): Repeated {
  const repeated = decidedOnce();
  const { group, id } = repeated;
  group.runUntil(() => group.process(3).decided.get(1 as Instance) === id);
  return repeated;
}

describe('a batch that is decided twice', () => {
  it('is delivered once', () => {
    const { group, id } = decidedTwice();
    group.loss = none;
    group.runUntil(() => group.live.every((p) => p.decided.size === 2));
    expect([...group.process(2).decided.values()]).toEqual([id, id]);
    expect(group.delivered(2)).toEqual(['twice']);
  });

  it('is not ordered twice by a coordinator that hears of it twice', () => {
    const group = new CoreGroup(3).found();
    group.copies = () => [1, 2, 3];
    const id = group.propose(2, 'a');
    group.runUntil(() => group.everyoneHasDecided([id]));
    group.runTicks(20);
    expect(group.process(3).decided.size).toBe(1);
  });

  it('is not ordered twice by a coordinator that has been started again and knows what was delivered', () => {
    const group = new CoreGroup(3).found();
    const id = group.propose(2, 'a');
    const late = group.sentOf('batch').find((m) => m.to === 1)!;
    const next = group.propose(2, 'b');
    group.runUntil(() => group.everyoneHasDecided([id, next]));
    group.cut(1);
    group.crash(1);
    group.restart(1);
    group.runUntil(() => group.coordinator !== null);
    group.forge(2, group.coordinator!, late.message);
    group.runTicks(20);
    expect(group.process(3).decided.size).toBe(2);
  });

  it('is decided and delivered whole by a process that comes back afterwards', () => {
    const { group } = decidedTwice();
    group.loss = none;
    group.restart(1);
    group.runUntil(() => group.live.every((p) => p.decided.size === 2));
    expect(group.delivered(1)).toEqual(['twice']);
  });

  it('is fetched for the second instance by a process that has delivered it at the first', () => {
    const { group } = decidedTwice();
    group.loss = both(of('catch-up', 'decided', 'propose'), isolating(1));
    group.restart(1);
    const ballot = group.process(3).core!.reign!;
    const [id] = group.process(3).decidedIds;
    group.forge(3, 1, {
      kind: 'accept',
      ballot: { ...ballot, step: 1 },
      items: [{ instance: 1 as Instance, id: id! }],
    });
    group.runTicks(10);
    group.loss = none;
    group.runUntil(() => group.live.every((p) => p.decided.size === 2));
    expect(group.delivered(1)).toEqual(['twice']);
  });

  it('does not hold up a group of which nobody remembers that it was decided before', () => {
    const group = new CoreGroup(3).found();
    group.tellsDelivered = () => false;
    const twice = group.propose(2, 'twice');
    const late = group.sentOf('batch').find((m) => m.to === 1)!;
    group.runUntil(() => group.everyoneHasDecided([twice]));
    const between = group.propose(2, 'between');
    group.runUntil(() => group.everyoneHasDecided([between]));
    group.cut(1);
    group.crash(1);
    group.restart(1);
    group.runUntil(() => group.coordinator !== null);

    // The late batch is ordered once more by a coordinator that dies of it; the others have delivered it and forgotten it.
    const coordinator = group.coordinator!;
    group.forge(2, coordinator, late.message);
    group.run(2);
    group.crash(coordinator);
    group.restart(coordinator);
    const next = group.propose(3, 'next');
    group.runUntil(() => group.everyoneHasDecided([next]), 5_000);
    expect(group.delivered(3)).toEqual(['twice', 'between', 'next']);
  });
});
