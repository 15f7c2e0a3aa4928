import { describe, expect, it } from '@jest/globals';

import type { Message } from '../../lib/consensus/messages.js';
import { ballotOf } from '../../lib/model/ballot.js';
import { type BatchId, NO_OP_ID } from '../../lib/model/batch.js';
import type { Instance } from '../../lib/model/ids.js';
import { CoreGroup } from '../support/core-group.js';
import { both, either, isolating, none, of, to } from '../support/losses.js';
import { seededRandom } from '../support/seeded-random.js';

const FIRST = 0 as Instance;

describe('a batch that is chosen (The Part-Time Parliament, section 2.2)', () => {
  it('stays chosen when coordinators change, though nobody knew of it', () => {
    const group = new CoreGroup(5).found();
    group.loss = either(of('accepted'), to(4, 5));
    const chosen = group.propose(1, 'chosen'); // Voted for by 1, 2 and 3, and heard of by nobody.
    group.run(5);
    group.crash(1);
    group.loss = isolating(3, 4, 5);
    group.runUntil(() => group.coordinator !== null);
    group.loss = none;
    const next = group.propose(5, 'next');
    group.runUntil(() => group.everyoneHasDecided([chosen, next]));
    expect(group.delivered(5)).toEqual(['chosen', 'next']);
  });

  it('stays chosen through ten coordinators, of whom each dies in the midst of phase 2', () => {
    const group = new CoreGroup(5).found();
    group.loss = of('accepted');
    const chosen = group.propose(group.coordinator!, 'chosen');
    group.run(3);
    const random = seededRandom(1);
    for (let i = 0; i < 10; i += 1) {
      const last = group.coordinator!;
      group.crash(last);
      group.loss = (m) => m.message.kind === 'accepted' || (m.message.kind === 'accept' && random() < 0.5);
      group.runUntil(() => group.coordinator !== null);
      group.propose(group.coordinator!, `other ${String(i)}`);
      group.run(3);
      group.restart(last);
    }
    group.loss = none;
    group.runUntil(() => group.everyoneHasDecided([chosen]));
    expect(group.delivered(1)[0]).toBe('chosen');
  });

  it('is decided by a majority', () => {
    const group = new CoreGroup(5).found();
    group.crash(4, 5);
    const id = group.propose(2, 'a');
    group.runUntil(() => group.everyoneHasDecided([id]), 5);
  });

  it.each([
    [2, [2]],
    [3, [2, 3]],
    [4, [3, 4]],
    [5, [3, 4, 5]],
  ])('is never decided by a minority of %i', (n, dead) => {
    const group = new CoreGroup(n).found();
    group.crash(...dead);
    const id = group.propose(1, 'a');
    group.run(5_000);
    expect(group.hasDecided(1, id)).toBe(false);
    group.restart(...dead);
    group.runUntil(() => group.everyoneHasDecided([id]));
  });

  it('is never decided by the smaller side of a partition, and both sides agree afterwards', () => {
    const group = new CoreGroup(5).found();
    group.loss = isolating(1, 2);
    const ours = group.propose(1, 'of the smaller side');
    const theirs = group.propose(4, 'of the larger side');
    group.runUntil(() => [3, 4, 5].every((number) => group.hasDecided(number, theirs)));
    group.run(1_000);
    expect([1, 2].some((number) => group.hasDecided(number, ours))).toBe(false);
    group.loss = none;
    group.runUntil(() => group.everyoneHasDecided([ours, theirs]));
  });
});

describe('votes', () => {
  function voted(group: CoreGroup): Message {
    const ballot = ballotOf(1, group.process(1).id, 'classic');
    return { kind: 'accepted', ballot, watermark: FIRST, items: [{ instance: FIRST, id: NO_OP_ID }] };
  }

  it('of one member are counted once, however often they are heard', () => {
    const group = new CoreGroup(5).found();
    for (let i = 0; i < 10; i += 1) group.forge(2, 5, voted(group));
    group.forge(3, 5, voted(group));
    expect(group.process(5).decided.size).toBe(0);
    group.forge(4, 5, voted(group));
    expect(group.process(5).decided.size).toBe(1);
  });

  it('of processes that are no members are not counted', () => {
    const group = new CoreGroup(3, { extra: 2 }).found();
    for (const stranger of [4, 5]) group.forge(stranger, 3, voted(group));
    group.forge(2, 3, voted(group));
    expect(group.process(3).decided.size).toBe(0);
    group.forge(1, 3, voted(group));
    expect(group.process(3).decided.size).toBe(1);
  });

  it('nor are their promises', () => {
    const group = new CoreGroup(3, { extra: 2 }).found();
    group.crash(1);
    group.loss = of('promise');
    group.runUntil(() => group.sentOf('prepare').some((m) => m.from !== 1));
    const { from: candidate, message } = group.sentOf('prepare').at(-1)!;
    const promise: Message = {
      kind: 'promise',
      ballot: message.ballot,
      watermark: FIRST,
      from: FIRST,
      until: null,
      votes: [],
    };
    for (const stranger of [4, 5]) group.forge(stranger, candidate, promise);
    expect(group.process(candidate).core!.reign).toBeNull();
    group.forge(candidate === 2 ? 3 : 2, candidate, promise);
    expect(group.process(candidate).core!.reign).toEqual(message.ballot);
  });

  it('in different ballots are not added up', () => {
    const group = new CoreGroup(3).found();
    group.forge(1, 3, voted(group));
    const items = [{ instance: FIRST, id: NO_OP_ID }];
    const ballot = ballotOf(2, group.process(2).id, 'classic');
    group.forge(2, 3, { kind: 'accepted', ballot, watermark: FIRST, items });
    expect(group.process(3).decided.size).toBe(0);
  });

  it('for different values are not added up', () => {
    const group = new CoreGroup(3).found();
    group.forge(1, 3, voted(group));
    const items = [{ instance: FIRST, id: group.propose(2, 'a') }];
    const ballot = ballotOf(1, group.process(1).id, 'classic');
    group.forge(2, 3, { kind: 'accepted', ballot, watermark: FIRST, items });
    expect(group.process(3).decided.size).toBe(0);
  });
});

describe('two coordinators at once (The Part-Time Parliament, section 2.4)', () => {
  /** The `rival` begins a reign although the coordinator is well, and the coordinator does not hear of it. */
  function duel(group: CoreGroup, rival: number): void {
    const champion = group.coordinator!;
    group.loss = both(to(rival), of('heartbeat'));
    const before = group.sentOf('canvass').length;
    group.runUntil(() => group.sentOf('canvass').length > before);
    const { ballot } = group.sentOf('canvass').at(-1)!.message;
    group.loss = both(to(champion), of('refusal', 'prepare', 'heartbeat', 'accept', 'promise'));
    for (const p of group.live) group.forge(p.number, rival, { kind: 'concur', ballot });
    group.runUntil(() => group.coordinator === rival);
    expect(group.process(champion).core!.reign).not.toBeNull();
  }

  it.each([3, 4, 5])('among %i never decide differently, and end', (n) => {
    const group = new CoreGroup(n).found();
    const ids: BatchId[] = [];
    for (let round = 0; round < 6; round += 1) {
      duel(group, (group.coordinator! % n) + 1);
      for (let i = 0; i < 10; i += 1) {
        for (const p of group.live)
          ids.push(group.propose(p.number, `${String(round)}.${String(i)} of ${String(p.number)}`));
        group.run(3);
      }
    }
    group.loss = none;
    group.runUntil(() => group.everyoneHasDecided(ids));
    group.runTicks(30);
    expect(group.live.filter((p) => p.core!.reign !== null).length).toBe(1);
  });

  it('the lower one gives way as soon as it is refused', () => {
    const group = new CoreGroup(3).found();
    duel(group, 2);
    group.loss = both(to(1), of('prepare', 'heartbeat', 'accept'));
    group.propose(1, 'a');
    group.run(2);
    expect(group.process(1).core!.reign).toBeNull();
    expect(group.process(1).noticed('resigned')).toMatchObject([{ why: 'a member has promised a higher reign' }]);
  });
});
